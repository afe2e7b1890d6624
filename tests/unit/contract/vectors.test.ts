import { describe, expect, it } from "vitest";
import type { KeySetVector } from "../../../scripts/contract/vectors/key-sets.ts";
import type { Sequence } from "../../../scripts/contract/vectors/sequences.ts";
import type { Vector } from "../../../scripts/contract/vectors/vector.ts";
import { makeRegistry } from "../../../src/city/keys.ts";
import { recordLines } from "../../../src/city/ndjson.ts";
import { openSealed, REFUSALS } from "../../../src/city/open.ts";
import { jweHeader, jwsHeader } from "../../../src/contract/sealed.ts";
import { parseTopic } from "../../../src/contract/topics.ts";
import { importKeyPair, importPublicKey, type PrivateJwk, type PublicJwk } from "../../../src/keys/jwk.ts";
import { acceptNewer, verifyKeySet } from "../../../src/sense/guard/city-keys.ts";
import { contractJson } from "../../kit/contract.ts";
import { testReader } from "../city/fixtures.ts";

interface Keys {
  readonly gateways: readonly { readonly id: string; readonly keys: readonly PublicJwk[] }[];
  readonly cityKeys: readonly PrivateJwk[];
  readonly root: PublicJwk;
}

const keys = contractJson<Keys>("vectors/keys.json");
const registry = makeRegistry(
  keys.gateways.map(({ id, keys }) => ({
    gateway: id,
    keys: keys.map((key) => importPublicKey(key, "Ed25519", id)),
  })),
  keys.cityKeys.map((key) => importKeyPair(key, "X25519", "vectors")),
);
const { groups } = contractJson<{ groups: { group: string; vectors: Vector[] }[] }>("vectors/sealed.json");
const all = groups.flatMap(({ vectors }) => vectors);
const { sequences } = contractJson<{ sequences: Sequence[] }>("vectors/sequences.json");
const { vectors: keySets } = contractJson<{ vectors: KeySetVector[] }>("vectors/key-sets.json");

describe.each(groups)("a sealed message: $group", ({ vectors }) => {
  it.each(vectors)("$name", async ({ topic, payload, opens, refusal }) => {
    const { tenant, site, gateway } = parseTopic(topic) ?? {};
    // As the reader does it: bytes, one character each.
    const text = Buffer.from(payload).toString("latin1");
    const opened = await openSealed(text, `${tenant}/${site}/${gateway}`, registry);
    expect(opened.ok ? null : opened.refusal).toBe(refusal);
    expect(opened.ok ? opened.windows : null).toEqual(opens);
  });
});

describe("the sealed vectors", () => {
  it("have names of their own and show every reason to refuse but the length and what a city revoked", () => {
    const names = all.map(({ name, refusal }) => `${refusal} ${name}`);
    expect(new Set(names).size).toBe(names.length);
    const shown = new Set(all.map(({ refusal }) => refusal).filter((one) => one !== null));
    expect([...shown].sort()).toEqual(
      REFUSALS.filter((one) => one !== "too_large" && !one.startsWith("revoked")).sort(),
    );
  });

  it("touch every field of both headers", () => {
    const refused = all.filter(({ refusal }) => refusal !== null).map(({ name }) => name);
    const fields = [...Object.keys(jwsHeader.shape), ...Object.keys(jweHeader.shape)];
    const words: Record<string, RegExp> = { gw: /name of another gateway/, epk: /ephemeral key/ };
    const untouched = fields.filter((field) => {
      const word = words[field] ?? new RegExp(`\\b${field}\\b`);
      return !refused.some((name) => word.test(name));
    });
    expect(untouched).toEqual([]);
  });
});

describe("a reader that remembers", () => {
  it.each(sequences)("$name", async ({ steps }) => {
    const printed: string[] = [];
    const reader = testReader(registry, {
      onWindow: (windows, meta) => void printed.push(...recordLines(windows, meta)),
    });
    for (const { topic, payload, outcome, lines } of steps) {
      printed.length = 0;
      const result = await reader.receive(topic, Buffer.from(payload));
      expect(result.result === "rejected" ? result.reason : result.result).toBe(outcome);
      expect(printed.map((line) => JSON.parse(line))).toEqual(lines);
    }
  });
});

describe("a gateway takes a key set", () => {
  it.each(keySets)("$name", async ({ jws, current, refusal }) => {
    const take = async () => {
      const set = await verifyKeySet(jws, keys.root);
      const before = { jws: "another.set.signed", keys: [], revoked: [] };
      return current === null ? set : acceptNewer({ version: current, ...before }, set);
    };
    if (refusal === null) expect((await take()).version).toBe(4);
    else await expect(take()).rejects.toMatchObject({ code: refusal });
  });
});
