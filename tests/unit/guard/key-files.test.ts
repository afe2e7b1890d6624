import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { calculateJwkThumbprint } from "jose";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { errorLine } from "../../../src/base/errors.ts";
import { readKeyPair, readKeyRing, readPublicKey, readSignedKeySet } from "../../../src/keys/files.ts";
import { thumbprint } from "../../../src/keys/jwk.ts";
import { makeCityKey, makeCityRoot, makeGatewayKey, signKeySet } from "../../../src/keys/make.ts";
import { writeKeyRing, writePrivateKey, writePublicKey, writeSignedKeySet } from "../../../src/keys/write.ts";
import { verifyKeySet } from "../../../src/sense/guard/city-keys.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "telpost-keys-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function thrown(work: () => unknown): unknown {
  try {
    work();
  } catch (failure) {
    return failure;
  }
  return undefined;
}

describe("a private key file", () => {
  it("is readable by its owner only, and gives the key back", () => {
    const path = join(folder, "gateway-key.jwk");
    const made = makeGatewayKey();
    writePrivateKey(path, made.privateJwk);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const read = readKeyPair(path, "Ed25519");
    expect(read.kid).toBe(made.kid);
    expect(read.privateKey.equals(made.privateKey)).toBe(true);
    expect(readdirSync(folder)).toEqual(["gateway-key.jwk"]);
  });

  it.each([0o640, 0o604, 0o660, 0o644, 0o620])("with mode %o is refused", (mode) => {
    const path = join(folder, "gateway-key.jwk");
    writePrivateKey(path, makeGatewayKey().privateJwk);
    chmodSync(path, mode);
    expect(thrown(() => readKeyPair(path, "Ed25519"))).toMatchObject({ code: "key.too_open" });
  });

  it("may show group bits in the credentials directory of systemd, and nowhere else", () => {
    const credentialsDirectory = join(folder, "credentials");
    mkdirSync(credentialsDirectory);
    const [inside, beside, link] = ["credentials/key", "credentials-not/key", "credentials/link"].map(
      (name) => join(folder, name),
    ) as [string, string, string];
    mkdirSync(join(folder, "credentials-not"));
    for (const path of [inside, beside]) {
      writePrivateKey(path, makeGatewayKey().privateJwk);
      chmodSync(path, 0o440);
    }
    symlinkSync(beside, link);
    const options = { credentialsDirectory };
    expect(readKeyPair(inside, "Ed25519", options).kid).toHaveLength(43);
    for (const path of [beside, link, join(credentialsDirectory, "../credentials-not/key")]) {
      expect(thrown(() => readKeyPair(path, "Ed25519", options))).toMatchObject({ code: "key.too_open" });
    }
    expect(thrown(() => readKeyPair(inside, "Ed25519"))).toMatchObject({ code: "key.too_open" });
  });

  it("is never overwritten unless asked", () => {
    const path = join(folder, "city-root.jwk");
    const [first, second] = [makeCityRoot(), makeCityRoot()];
    writePrivateKey(path, first.privateJwk);
    expect(thrown(() => writePrivateKey(path, second.privateJwk))).toMatchObject({ code: "key.unwritable" });
    expect(readKeyPair(path, "Ed25519").kid).toBe(first.kid);
    writePrivateKey(path, second.privateJwk, { replace: true });
    expect(readKeyPair(path, "Ed25519").kid).toBe(second.kid);
    expect(readdirSync(folder)).toEqual(["city-root.jwk"]);
  });

  it("that is absent, a folder or too large is refused", () => {
    expect(thrown(() => readKeyPair(join(folder, "none"), "Ed25519"))).toMatchObject({
      code: "key.unreadable",
    });
    expect(thrown(() => readKeyPair(folder, "Ed25519"))).toMatchObject({ code: "key.unreadable" });
    const large = join(folder, "large");
    writeFileSync(large, "x".repeat(70_000), { mode: 0o600 });
    expect(thrown(() => readKeyPair(large, "Ed25519"))).toMatchObject({ code: "key.invalid" });
  });

  it("that holds something else is refused, and the error does not tell what", () => {
    const path = join(folder, "key.jwk");
    const { privateJwk } = makeGatewayKey();
    const secret = privateJwk.d;
    const wrong = [
      `${secret} is no JSON`,
      JSON.stringify(secret),
      JSON.stringify({ ...privateJwk, d: `${secret}AA` }),
      JSON.stringify({ ...privateJwk, crv: "X25519" }),
      JSON.stringify({ ...privateJwk, kid: makeGatewayKey().kid }),
      JSON.stringify({ ...privateJwk, x: makeGatewayKey().publicJwk.x }),
      JSON.stringify({ keys: [privateJwk] }),
    ];
    for (const text of wrong) {
      writeFileSync(path, text, { mode: 0o600 });
      const failure = thrown(() => readKeyPair(path, "Ed25519"));
      expect(failure).toMatchObject({ code: "key.invalid" });
      expect(errorLine(failure)).toContain(path);
      expect(`${errorLine(failure)} ${(failure as Error).cause} ${(failure as Error).stack}`).not.toContain(
        secret.slice(0, 8),
      );
    }
  });
});

describe("the city's files", () => {
  it("hold a ring of private keys", () => {
    const path = join(folder, "city-ring.jwks");
    const keys = [makeCityKey(), makeCityKey()];
    writeKeyRing(
      path,
      keys.map(({ privateJwk }) => privateJwk),
    );
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readKeyRing(path).map(({ kid }) => kid)).toEqual(keys.map(({ kid }) => kid));
    writeFileSync(path, "{}");
    expect(thrown(() => readKeyRing(path))).toMatchObject({ code: "key.invalid" });
    chmodSync(path, 0o644);
    expect(thrown(() => readKeyRing(path))).toMatchObject({ code: "key.too_open" });
  });

  it("hold public keys, which anyone may read, and never a private one in their place", () => {
    const path = join(folder, "city-root.jwk");
    const root = makeCityRoot();
    writePublicKey(path, root.publicJwk);
    chmodSync(path, 0o644);
    expect(readPublicKey(path, "Ed25519").kid).toBe(root.kid);
    expect(thrown(() => readPublicKey(path, "X25519"))).toMatchObject({ code: "key.invalid" });
    writeFileSync(path, JSON.stringify(root.privateJwk));
    expect(thrown(() => readPublicKey(path, "Ed25519"))).toMatchObject({ code: "key.invalid" });
  });

  it("hold a signed key set", async () => {
    const path = join(folder, "city-keys.jws");
    const root = makeCityRoot();
    writeSignedKeySet(path, await signKeySet({ version: 4, keys: [] }, root));
    expect((await verifyKeySet(readSignedKeySet(path), root.publicJwk)).version).toBe(4);
  });
});

it("a thumbprint is that of RFC 7638, as in RFC 8037, appendix A.3", async () => {
  const x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
  expect(thumbprint({ kty: "OKP", crv: "Ed25519", x })).toBe("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
  const { publicJwk, kid } = makeCityKey();
  expect(kid).toBe(await calculateJwkThumbprint({ ...publicJwk }));
});
