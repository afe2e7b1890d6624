import { CompactSign } from "jose";
import { describe, expect, it } from "vitest";
import type { KeySetPayload } from "../../../src/contract/key-set.ts";
import {
  keySetEntry,
  makeCityKey,
  makeCityRoot,
  makeGatewayKey,
  signKeySet,
} from "../../../src/keys/make.ts";
import {
  acceptNewer,
  EXPIRED_GRACE_MS,
  type KeySet,
  usableKey,
  verifyKeySet,
} from "../../../src/sense/guard/city-keys.ts";

const DAY = 86_400_000;
const NOW = Date.parse("2026-07-18T12:00:00Z");
const root = makeCityRoot();

/** A key valid for these days from NOW, as an entry of a key set. */
function entry(fromDays: number, untilDays: number, lab = false) {
  const key = makeCityKey();
  return keySetEntry(key, { fromMs: NOW + fromDays * DAY, untilMs: NOW + untilDays * DAY, lab });
}

async function setOf(keys: KeySetPayload["keys"], more: Partial<KeySetPayload> = {}): Promise<KeySet> {
  return verifyKeySet(await signKeySet({ version: 1, keys, ...more }, root), root.publicJwk);
}

const street = { nowMs: NOW, synced: true, profile: "street" as const };

describe("a signed key set", () => {
  it("gives its keys when the pinned root signed it", async () => {
    const [a, lab] = [entry(0, 1), entry(0, 1, true)];
    const set = await setOf([a, lab], { version: 3, revoked: [lab.kid ?? ""] });
    expect(set.version).toBe(3);
    expect(set.revoked).toEqual([lab.kid]);
    expect(set.keys.map(({ kid, lab: isLab }) => [kid, isLab])).toEqual([
      [a.kid, false],
      [lab.kid, true],
    ]);
    expect(set.keys[0]).toMatchObject({ nbfMs: NOW, expMs: NOW + DAY });
  });

  it("may leave kid out: it is the thumbprint", async () => {
    const { kid, ...rest } = entry(0, 1);
    expect((await setOf([rest])).keys[0]?.kid).toBe(kid);
  });

  it("is refused when another key signed it", async () => {
    const jws = await signKeySet({ version: 1, keys: [entry(0, 1)] }, makeCityRoot());
    await expect(verifyKeySet(jws, root.publicJwk)).rejects.toMatchObject({ code: "key.signature" });
  });

  it("is refused when one byte of it changed", async () => {
    const [header, , signature] = (await signKeySet({ version: 1, keys: [entry(0, 1)] }, root)).split(".");
    const other = (await signKeySet({ version: 2, keys: [entry(0, 1)] }, root)).split(".")[1];
    const forged = `${header}.${other}.${signature}`;
    await expect(verifyKeySet(forged, root.publicJwk)).rejects.toMatchObject({ code: "key.signature" });
  });

  it.each(["", "no.jws.here", "{}", "a.b.c.d", "x".repeat(70_000)])("is not %.20j", async (text) => {
    await expect(verifyKeySet(text, root.publicJwk)).rejects.toMatchObject({ code: "key.invalid" });
  });

  it("is refused when the root signed something else", async () => {
    const payload = { schema: "telpost/city-keys/1", version: 1, keys: [] };
    const signed = (typ: string, what: object) =>
      new CompactSign(Buffer.from(JSON.stringify(what)))
        .setProtectedHeader({ alg: "EdDSA", typ })
        .sign(root.privateKey);
    expect((await verifyKeySet(await signed("telpost+keys", payload), root.publicJwk)).version).toBe(1);
    const { d } = makeCityKey().privateJwk;
    const wrong = [
      await signed("telpost+jws", payload),
      await signed("telpost+keys", { ...payload, version: 0 }),
      await signed("telpost+keys", { ...payload, more: 1 }),
      await signed("telpost+keys", { ...payload, keys: [{ ...entry(0, 1), d }] }),
      await signed("telpost+keys", { ...payload, keys: [{ ...entry(0, 1), kid: entry(0, 1).kid }] }),
      await signed("telpost+keys", { ...payload, keys: [entry(1, 0)] }),
    ];
    for (const jws of wrong) {
      await expect(verifyKeySet(jws, root.publicJwk)).rejects.toMatchObject({ code: "key.invalid" });
    }
  });

  it("cannot be made unfit", async () => {
    await expect(signKeySet({ version: 0, keys: [] }, root)).rejects.toMatchObject({ code: "key.invalid" });
  });
});

describe("versions", () => {
  it("must rise", async () => {
    const [one, two] = [await setOf([], { version: 1 }), await setOf([], { version: 2 })];
    expect(acceptNewer(one, two)).toBe(two);
    expect(() => acceptNewer(two, one)).toThrow(expect.objectContaining({ code: "key.older" }));
  });

  it("stand for one set each: the same again is no news, another one of that version is refused", async () => {
    const jws = await signKeySet({ version: 2, keys: [entry(0, 1)] }, root);
    const first = await verifyKeySet(jws, root.publicJwk);
    expect(acceptNewer(first, await verifyKeySet(`${jws}\n`, root.publicJwk))).toBe(first);
    const other = await setOf([entry(0, 1)], { version: 2 });
    expect(() => acceptNewer(first, other)).toThrow(expect.objectContaining({ code: "key.conflict" }));
  });
});

describe("the key to use", () => {
  it("is the newest valid one", async () => {
    const [old, current, future] = [entry(-30, 30), entry(-1, 60), entry(1, 90)];
    const set = await setOf([old, future, current]);
    expect(usableKey(set, street)).toMatchObject({ kid: current.kid, expired: false });
    expect(usableKey(set, { ...street, nowMs: NOW + 2 * DAY })).toMatchObject({ kid: future.kid });
  });

  it("is valid from nbf until just before exp", async () => {
    const only = entry(0, 1);
    const set = await setOf([only]);
    expect(usableKey(set, { ...street, nowMs: NOW - 1 })).toBeNull();
    expect(usableKey(set, street)).toMatchObject({ kid: only.kid, expired: false });
    expect(usableKey(set, { ...street, nowMs: NOW + DAY - 1 })).toMatchObject({ expired: false });
    expect(usableKey(set, { ...street, nowMs: NOW + DAY })).toMatchObject({ expired: true });
  });

  it("is the last one that expired, for 90 days more and no longer", async () => {
    const [older, last, future] = [entry(-9, -2), entry(-10, -1), entry(200, 300)];
    const set = await setOf([older, last, future]);
    const end = NOW - DAY + EXPIRED_GRACE_MS;
    expect(usableKey(set, { ...street, nowMs: end - 1 })).toMatchObject({ kid: last.kid, expired: true });
    expect(usableKey(set, { ...street, nowMs: end })).toBeNull();
  });

  it("is never judged by a clock that is not set", async () => {
    const [old, newer] = [entry(-900, -800), entry(-700, -600)];
    const set = await setOf([old, newer]);
    expect(usableKey(set, { ...street, synced: false })).toMatchObject({ kid: newer.kid, expired: false });
    expect(usableKey(set, { ...street, synced: false, nowMs: 0 })).toMatchObject({ kid: newer.kid });
  });

  it("is never a revoked one, not even without another", async () => {
    const [old, newer] = [entry(-9, 9), entry(-1, 9)];
    expect(usableKey(await setOf([old, newer], { revoked: [newer.kid ?? ""] }), street)).toMatchObject({
      kid: old.kid,
    });
    const all = await setOf([newer], { revoked: [newer.kid ?? ""] });
    for (const synced of [true, false]) expect(usableKey(all, { ...street, synced })).toBeNull();
    expect(usableKey(all, { ...street, nowMs: NOW + 10 * DAY })).toBeNull();
  });

  it("is a lab key for profile lab and for no other", async () => {
    const [real, lab] = [entry(-9, 9), entry(-1, 9, true)];
    const both = await setOf([real, lab]);
    for (const synced of [true, false]) {
      expect(usableKey(both, { ...street, synced })?.kid).toBe(real.kid);
      expect(usableKey(both, { ...street, synced, profile: "lab" })?.kid).toBe(lab.kid);
      expect(usableKey(await setOf([lab]), { ...street, synced })).toBeNull();
      expect(usableKey(await setOf([real]), { ...street, synced, profile: "lab" })).toBeNull();
    }
    const expired = await setOf([entry(-9, -8, true)]);
    expect(usableKey(expired, street)).toBeNull();
  });
});

it("a root that is no Ed25519 key is refused", async () => {
  const jws = await signKeySet({ version: 1, keys: [] }, root);
  await expect(verifyKeySet(jws, { kty: "OKP", crv: "Ed25519", x: "AAAA" })).rejects.toMatchObject({
    code: "key.invalid",
  });
  await expect(verifyKeySet(jws, makeGatewayKey().publicJwk)).rejects.toMatchObject({
    code: "key.signature",
  });
});
