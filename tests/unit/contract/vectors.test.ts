import { describe, expect, it } from "vitest";
import { BIT_CLASSES } from "../../../scripts/contract/vectors/fields.ts";
import type { GapSequence } from "../../../scripts/contract/vectors/gaps.ts";
import type { KeySetVector } from "../../../scripts/contract/vectors/key-sets.ts";
import type { Sequence } from "../../../scripts/contract/vectors/sequences.ts";
import type { Vector } from "../../../scripts/contract/vectors/vector.ts";
import { makeRegistry } from "../../../src/city/keys.ts";
import { gapLine, recordLines } from "../../../src/city/ndjson.ts";
import { openSealed, REFUSALS } from "../../../src/city/open.ts";
import { openWalkRecord } from "../../../src/city/walk-record.ts";
import type { ReadEventMessage } from "../../../src/contract/event.ts";
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
const { sequences: gapSequences } = contractJson<{ sequences: GapSequence[] }>("vectors/gaps.json");
const { vectors: walkRecords } = contractJson<{ vectors: Vector[] }>("vectors/walk-records.json");
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

  it("touch every field of both headers, every class of bits, the gateway and replay", () => {
    const fieldsOf = (name: string) =>
      Object.entries(contractJson<Header>(`schemas/${name}-header.schema.json`).properties).flatMap(
        ([field, { properties = {} }]) =>
          [field, ...Object.keys(properties).map((below) => `${field}.${below}`)].map((one) =>
            name === "jws" ? `jws.${one}` : `jwe.${one}`,
          ),
      );
    const wanted = [...fieldsOf("jws"), ...fieldsOf("jwe"), ...BIT_CLASSES];
    expect(wanted.length).toBe(24);
    const refused = Map.groupBy(
      all.filter(({ refusal }) => refusal !== null),
      ({ touches }) => touches ?? "",
    );
    // Each is changed on the way, by who can sign but not encrypt, and, where it is a field, by the gateway itself.
    const few = wanted.filter((one) => (refused.get(one)?.length ?? 0) < (one.includes(".") ? 4 : 1));
    expect(few).toEqual([]);
    const wrongGateway = all.filter(({ refusal }) => /_gateway$|^unknown_signer$/.test(refusal ?? ""));
    expect(wrongGateway.length).toBeGreaterThan(6);
    expect(sequences.filter(({ touches }) => touches === "replay").length).toBe(3);
  });

  it("have totals and crowd levels among those that open", () => {
    const open = all.flatMap(({ opens }) => (opens?.records ?? []) as { kind: string; of?: string[] }[]);
    expect(open.some(({ kind, of }) => kind === "flow" && of?.length === 2)).toBe(true);
    expect(open.some(({ kind, of }) => kind === "level" && of?.length === 1)).toBe(true);
  });
});

/** As much of a schema of a header as names its fields. */
interface Header {
  readonly properties: { readonly [field: string]: { readonly properties?: object } };
}

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

describe("a reader that knows what is missing", () => {
  it.each(gapSequences)("$name", async ({ steps }) => {
    const told: string[] = [];
    const reader = testReader(registry, { onGap: (gap) => void told.push(gapLine(gap)) });
    let nowSeconds = 0;
    for (const { atSeconds, topic, payload, lines } of steps) {
      await reader.clock.advance((atSeconds - nowSeconds) * 1000);
      nowSeconds = atSeconds;
      told.length = 0;
      if (topic && payload) await reader.receive(topic, Buffer.from(payload));
      await reader.tick();
      const sorted = (some: readonly object[]) => some.map((one) => JSON.stringify(one)).sort();
      expect(told.toSorted()).toEqual(sorted(lines));
    }
  });
});

describe("an event with the signed record of a walk test", () => {
  it.each(walkRecords)("$name", async ({ topic, payload, opens, refusal }) => {
    const events: ReadEventMessage[] = [];
    const reader = testReader(registry, { onEvent: (event) => void events.push(event) });
    const result = await reader.receive(topic, Buffer.from(payload));
    expect(result).toEqual(refusal ? { result: "rejected", reason: refusal } : { result: "handled" });
    const [event] = events;
    const record = event?.kind === "commissioning" ? await openWalkRecord(event, registry) : null;
    expect(record).toEqual(opens);
  });

  it("is refused in every way that there is, and shows whether bytes were shown", () => {
    const names = walkRecords.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(new Set(walkRecords.map(({ refusal }) => refusal))).toEqual(
      new Set([null, "not_walk_record", "not_event"]),
    );
    const shown = walkRecords.flatMap(({ opens }) => (opens ? [opens.bytes] : []));
    expect(new Set(shown)).toEqual(new Set([true, false, undefined]));
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
