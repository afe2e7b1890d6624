import { existsSync } from "node:fs";
import { assert } from "../base/assert.ts";
import { readKeyRing } from "../keys/files.ts";
import type { KeyPair, PrivateJwk } from "../keys/jwk.ts";
import { type MadeKey, makeCityKey, makeCityRoot, makeGatewayKey, makeReleaseKey } from "../keys/make.ts";
import { writeKeyRing, writePrivateKey, writePublicKey } from "../keys/write.ts";
import { signNext } from "./keys-set.ts";
import { type Arguments, EXIT, type ExitCode, type Io, textFlag } from "./verb.ts";

/** `telpost keys gateway`. */
export function gateway(args: Arguments, io: Io): ExitCode {
  const file = textFlag(args, "out") ?? "gateway-key.jwk";
  const key = makeGatewayKey();
  writePrivateKey(file, key.privateJwk);
  io.err(`${file} written. Register this at the city, under the gateway's name:`);
  io.out(JSON.stringify(key.publicJwk));
  return EXIT.ok;
}

/** `telpost keys root`. */
export function root(args: Arguments, io: Io): ExitCode {
  return pair(args, io, { key: makeCityRoot(), name: "city-root", publicName: "city-root.jwk" });
}

/** `telpost keys release`. */
export function release(args: Arguments, io: Io): ExitCode {
  return pair(args, io, { key: makeReleaseKey(), name: "release", publicName: "release-key.jwk" });
}

/** A key whose public half every gateway holds. */
function pair(
  args: Arguments,
  io: Io,
  { key, name, publicName }: { key: MadeKey; name: string; publicName: string },
): ExitCode {
  const file = textFlag(args, "out") ?? `${name}-private.jwk`;
  const publicFile = textFlag(args, "public") ?? publicName;
  writePrivateKey(file, key.privateJwk);
  writePublicKey(publicFile, key.publicJwk, { replace: true });
  io.err(`${file} (keep it offline) and ${publicFile} (for every gateway) written.`);
  return EXIT.ok;
}

/**
 * `telpost keys city`. The ring is written first: a reader that has a key too many is harmless, a set with a key that
 * nobody can open is not.
 */
export async function city(args: Arguments, io: Io): Promise<ExitCode> {
  const ringFile = textFlag(args, "ring") ?? "city-private.jwks";
  const publicFile = textFlag(args, "public");
  const made = makeCityKey();
  const old = existsSync(ringFile) ? readKeyRing(ringFile) : [];
  const addToRing = () => {
    writeKeyRing(ringFile, [...old.map(privateJwkOf), made.privateJwk], { replace: true });
    io.err(`${ringFile} holds ${old.length + 1} key(s) for the reader; start the reader again.`);
  };
  if (publicFile === undefined) await signNext(args, io, { add: made, before: addToRing });
  else {
    addToRing();
    writePublicKey(publicFile, made.publicJwk);
    io.err(`${publicFile} written. Sign it where the root key lies: telpost keys sign --add ${publicFile}`);
  }
  io.out(made.kid);
  return EXIT.ok;
}

function privateJwkOf({ publicJwk, privateKey }: KeyPair): PrivateJwk {
  const { d } = privateKey.export({ format: "jwk" });
  assert(d, "a private key has its private half");
  return { ...publicJwk, d };
}
