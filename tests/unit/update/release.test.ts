import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CompactSign } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TelpostError } from "../../../src/base/errors.ts";
import { type MadeKey, makeReleaseKey } from "../../../src/keys/make.ts";
import { writePublicKey } from "../../../src/keys/write.ts";
import { fileHash, signRelease, verifyRelease } from "../../../src/update/release.ts";

let folder: string;
let key: MadeKey;
const at = (name: string) => join(folder, name);
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "telpost-release-"));
  key = makeReleaseKey();
  writePublicKey(at("release-key.jwk"), key.publicJwk);
  writeFileSync(at("a.deb"), "what root will install");
  writeFileSync(at("a.deb.sig"), `${await signRelease(await fileHash(at("a.deb")), key)}\n`);
});
afterAll(() => rmSync(folder, { recursive: true }));

async function verify(sha256: string, { signature = "a.deb.sig", publicKey = "release-key.jwk" } = {}) {
  return verifyRelease(sha256, { signature: at(signature), key: at(publicKey) }).then(
    () => "good",
    (failure: unknown) => (failure instanceof TelpostError ? failure.code : String(failure)),
  );
}
const hash = () => fileHash(at("a.deb"));
const written = (name: string, text: string) => {
  writeFileSync(at(name), text);
  return name;
};
const jws = (payload: string, typ: string) =>
  new CompactSign(Buffer.from(payload)).setProtectedHeader({ alg: "EdDSA", typ }).sign(key.privateKey);

// The release key must belong to root, which only root can make.
describe.skipIf(process.getuid?.() !== 0)("the signature of a release (as root)", () => {
  it("fits the package that was signed and no other", async () => {
    expect(await verify(await hash())).toBe("good");
    expect(await verify("0".repeat(64))).toBe("update.bad_signature");
  });

  it("is missed where there is none", async () => {
    expect(await verify(await hash(), { signature: "b.deb.sig" })).toBe("update.unsigned");
    expect(await verify(await hash(), { signature: written("huge.sig", "x".repeat(5000)) })).toBe(
      "update.unsigned",
    );
  });

  it("is refused when another key made it, when it is none, or when it was made for something else", async () => {
    const other = await signRelease(await hash(), makeReleaseKey());
    expect(await verify(await hash(), { signature: written("other.sig", other) })).toBe(
      "update.bad_signature",
    );
    for (const text of ["", "not a signature", "a.b.c"])
      expect(await verify(await hash(), { signature: written("none.sig", text) })).toBe(
        "update.bad_signature",
      );
    const payload = JSON.stringify({ schema: "telpost/release/1", sha256: await hash() });
    expect(
      await verify(await hash(), { signature: written("x.sig", await jws(payload, "telpost+release")) }),
    ).toBe("good");
    expect(
      await verify(await hash(), { signature: written("x.sig", await jws(payload, "telpost+keys")) }),
    ).toBe("update.bad_signature");
    for (const wrong of ["not JSON", "{}", payload.replace("release/1", "release/2")])
      expect(
        await verify(await hash(), { signature: written("x.sig", await jws(wrong, "telpost+release")) }),
      ).toBe("update.bad_signature");
  });

  it("is checked only with a key that nobody but root can change", async () => {
    expect(await verify(await hash(), { publicKey: "no.jwk" })).toBe("update.no_key");
    writePublicKey(at("open.jwk"), key.publicJwk);
    chmodSync(at("open.jwk"), 0o664);
    expect(await verify(await hash(), { publicKey: "open.jwk" })).toBe("update.no_key");
    expect(await verify(await hash(), { publicKey: written("bad.jwk", "{}") })).toBe("key.invalid");
  });
});
