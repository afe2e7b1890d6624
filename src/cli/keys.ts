import { existsSync } from "node:fs";
import { assert } from "../base/assert.ts";
import { SystemClock } from "../base/clock.ts";
import { TelpostError } from "../base/errors.ts";
import { readKeyPair, readKeyRing, readPublicKey, readSignedKeySet } from "../keys/files.ts";
import type { KeyPair, PrivateJwk } from "../keys/jwk.ts";
import {
  keySetEntry,
  type MadeKey,
  makeCityKey,
  makeCityRoot,
  makeGatewayKey,
  makeReleaseKey,
  signKeySet,
} from "../keys/make.ts";
import { writeKeyRing, writePrivateKey, writePublicKey, writeSignedKeySet } from "../keys/write.ts";
import { verifyKeySet } from "../sense/guard/city-keys.ts";
import { type Arguments, EXIT, type ExitCode, type Io, textFlag, type Verb } from "./verb.ts";

const DAY_MS = 86_400_000;

export const keys: Verb = {
  usage: "gateway|root|city|release|show [OPTIONS]",
  options: {
    out: {
      type: "string",
      value: "FILE",
      help: "gateway, root, release: the private key to write (default NAME.jwk)",
    },
    public: {
      type: "string",
      value: "FILE",
      help: "root, release: the public half, which every gateway pins",
    },
    root: {
      type: "string",
      value: "FILE",
      help: "city: the private root key that signs; show: the public one",
    },
    ring: {
      type: "string",
      value: "FILE",
      help: "city: the private keys of the city's reader; the new one is added",
    },
    set: { type: "string", value: "FILE", help: "city, show: the signed key set for the gateways" },
    version: {
      type: "string",
      value: "N",
      help: "city: version of the set; must rise (default: seconds since 1970)",
    },
    days: { type: "string", value: "N", help: "city: how long the new key is valid (default 730)" },
    lab: { type: "boolean", help: "city: a lab key; only gateways with profile: lab seal to it" },
  },
  details: [
    "gateway  makes the key of one gateway and prints what the city registers",
    "root     makes the city's root key; keep the private half offline, give the public half to every gateway",
    "city     makes a city key, adds it to the reader's ring and signs the key set",
    "release  makes the key that signs packages (npm run package -- --sign FILE), and its public half for the gateways",
    "show     prints who signed a key set and until when its keys are valid",
    "An existing private key is never overwritten; no private key is ever printed.",
  ].join("\n"),
  words: 1,
  examples: [
    "telpost keys gateway --out gateway-key.jwk",
    "telpost keys root --out city-root-private.jwk --public city-root.jwk",
    "telpost keys city --root city-root-private.jwk --ring city-private.jwks --set city-keys.jws",
    "telpost keys show --root city-root.jwk --set city-keys.jws",
  ],
  async run(args, io) {
    const [what] = args.positionals;
    switch (what) {
      case "gateway":
        return gateway(args, io);
      case "root":
        return pair(args, io, { key: makeCityRoot(), name: "city-root" });
      case "city":
        return city(args, io);
      case "release":
        return pair(args, io, { key: makeReleaseKey(), name: "release" });
      case "show":
        return show(args, io);
      default:
        throw new TelpostError("usage.bad_arguments", "say gateway, root, city, release or show");
    }
  },
};

function gateway(args: Arguments, io: Io): ExitCode {
  const file = textFlag(args, "out") ?? "gateway-key.jwk";
  const key = makeGatewayKey();
  writePrivateKey(file, key.privateJwk);
  io.err(`${file} written. Register this at the city, under the gateway's name:`);
  io.out(JSON.stringify(key.publicJwk));
  return EXIT.ok;
}

/** A key whose public half every gateway holds. */
function pair(
  args: Arguments,
  io: Io,
  { key, name }: { key: MadeKey; name: "city-root" | "release" },
): ExitCode {
  const file = textFlag(args, "out") ?? `${name}-private.jwk`;
  const publicFile = textFlag(args, "public") ?? (name === "release" ? "release-key.jwk" : "city-root.jwk");
  writePrivateKey(file, key.privateJwk);
  writePublicKey(publicFile, key.publicJwk, { replace: true });
  io.err(`${file} (keep it offline) and ${publicFile} (for every gateway) written.`);
  return EXIT.ok;
}

async function city(args: Arguments, io: Io): Promise<ExitCode> {
  const rootKey = readKeyPair(textFlag(args, "root") ?? "city-root-private.jwk", "Ed25519");
  const ringFile = textFlag(args, "ring") ?? "city-private.jwks";
  const setFile = textFlag(args, "set") ?? "city-keys.jws";
  const now = new SystemClock().realtime();
  const days = wholeNumber(args, "days", 730);
  const version = wholeNumber(args, "version", Math.floor(now / 1000));
  const made = makeCityKey();
  const old = readRing(ringFile);
  const validity = { fromMs: now, untilMs: now + days * DAY_MS, lab: args.flags.lab === true };
  const jws = await signKeySet({ version, keys: [keySetEntry(made, validity)] }, rootKey);
  writeKeyRing(ringFile, [...old.map(privateJwkOf), made.privateJwk], { replace: true });
  writeSignedKeySet(setFile, jws, { replace: true });
  io.err(
    `${ringFile} holds ${old.length + 1} key(s) for the reader; ${setFile} version ${version} is for the gateways.`,
  );
  io.out(made.kid);
  return EXIT.ok;
}

async function show(args: Arguments, io: Io): Promise<ExitCode> {
  const rootFile = textFlag(args, "root") ?? "city-root.jwk";
  const set = await verifyKeySet(
    readSignedKeySet(textFlag(args, "set") ?? "city-keys.jws"),
    readPublicKey(rootFile, "Ed25519").publicJwk,
  );
  io.out(`version ${set.version}, signed by the root key in ${rootFile}`);
  for (const { kid, nbfMs, expMs, lab } of set.keys) {
    const revoked = set.revoked.includes(kid) ? ", revoked" : "";
    io.out(
      `${kid} ${new Date(nbfMs).toISOString()} to ${new Date(expMs).toISOString()}${lab ? ", lab" : ""}${revoked}`,
    );
  }
  return EXIT.ok;
}

function readRing(file: string): KeyPair[] {
  return existsSync(file) ? readKeyRing(file) : [];
}

function privateJwkOf({ publicJwk, privateKey }: KeyPair): PrivateJwk {
  const { d } = privateKey.export({ format: "jwk" });
  assert(d, "a private key has its private half");
  return { ...publicJwk, d };
}

function wholeNumber(args: Arguments, name: string, otherwise: number): number {
  const text = textFlag(args, name);
  if (text === undefined) return otherwise;
  if (!/^[1-9]\d{0,9}$/.test(text))
    throw new TelpostError("usage.bad_arguments", `--${name} takes a whole number above 0`);
  return Number(text);
}
