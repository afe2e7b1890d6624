import { describe, expect, it } from "vitest";
import { keySetEntry, makeCityKey, makeCityRoot, signKeySet } from "../../src/keys/make.ts";
import { contentOf, nextSet } from "../../src/keys/next-set.ts";

const DAY = 86_400_000;
const NOW = Date.parse("2026-07-18T12:00:00Z");

function entry(fromDays: number, untilDays: number) {
  return keySetEntry(makeCityKey(), { fromMs: NOW + fromDays * DAY, untilMs: NOW + untilDays * DAY });
}

describe("the next key set", () => {
  it("carries keys on until nobody can use them any more, and adds the new one", () => {
    const [gone, grace, valid, fresh] = [entry(-900, -91), entry(-800, -89), entry(-1, 9), entry(0, 730)];
    const next = nextSet({ version: 3, keys: [gone, grace, valid] }, { add: fresh }, NOW);
    expect(next).toEqual({ version: NOW / 1000, keys: [grace, valid, fresh] });
  });

  it("never forgets what was revoked, and drops its key", () => {
    const [bad, good] = [entry(-1, 9), entry(-1, 9)];
    const first = nextSet({ version: 1, keys: [bad, good] }, { revoke: bad.kid ?? "" }, NOW);
    expect(first).toMatchObject({ keys: [good], revoked: [bad.kid] });
    const second = nextSet(first, { add: entry(0, 1), revoke: good.kid ?? "" }, NOW);
    expect(second).toMatchObject({ keys: [{ nbf: NOW / 1000 }], revoked: [bad.kid, good.kid] });
    expect(nextSet(second, {}, NOW).revoked).toEqual([bad.kid, good.kid]);
  });

  it("rises in version, also within a second and when the clock went back", () => {
    const high = { version: NOW / 1000 + 500, keys: [] };
    expect(nextSet(high, {}, NOW).version).toBe(high.version + 1);
    expect(nextSet(null, {}, NOW).version).toBe(NOW / 1000);
    expect(nextSet(null, { version: 1 }, NOW).version).toBe(1);
    expect(() => nextSet(high, { version: 5 }, NOW)).toThrow(expect.objectContaining({ code: "key.older" }));
  });

  it("is read back as it was signed", async () => {
    const content = { version: 7, keys: [entry(-1, 9)] };
    expect(contentOf(await signKeySet(content, makeCityRoot()))).toEqual(content);
    for (const text of ["", "a.b.c", "{}"])
      expect(() => contentOf(text)).toThrow(expect.objectContaining({ code: "key.invalid" }));
  });
});
