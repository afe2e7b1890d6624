import fc from "fast-check";
import { expect, it } from "vitest";
import { flow, GW07, inside, KEYS, padded, sealed, topicOf } from "../../scripts/contract/vectors/forge.ts";
import type { Vector } from "../../scripts/contract/vectors/vector.ts";
import { makeRegistry } from "../../src/city/keys.ts";
import { openSealed } from "../../src/city/open.ts";
import { describeWith } from "../kit/programs.ts";
import { pythonOpens } from "../kit/python-check.ts";

const registry = makeRegistry([{ gateway: GW07, keys: [KEYS.gw07] }], [KEYS.city]);
const genuine = sealed();

/** A text with a few characters exchanged, taken away or put in: anywhere, or where a part ends. */
function damaged(text: string, characters: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const ends = [...text.matchAll(/.(?=\.|$)/g)].map(({ index }) => index);
  const at = fc.oneof(fc.nat(text.length - 1), fc.constantFrom(...ends));
  const edit = fc.record({ at, put: fc.string({ unit: characters, maxLength: 2 }), cut: fc.nat(2) });
  return fc
    .array(edit, { minLength: 1, maxLength: 3 })
    .map((edits) =>
      edits.reduce((now, { at, put, cut }) => now.slice(0, at) + put + now.slice(at + cut), text),
    );
}

const near = [
  ...[0, -1, 7, 60, 59.95, 60.1, 300, 86_400, 1e15, 7.0, true, null, "", {}, []],
  ...[["lab"], ["lab", "lab"], ["lab", "calibration"], ["catch_up"], ["Lab"], ["lab\n"]],
  ...[
    "2026-07-18T14:05:30Z",
    "2026-02-30T14:05:00Z",
    "not_measured",
    "partial",
    "occupancy",
    "gate-3\n",
    "1/3",
  ],
];

/** The inside with a part or two exchanged for anything that JSON can say, or for what is nearly right. */
const exchanged = fc
  .array(
    fc.tuple(
      fc.constantFrom(...pathsOf(whole())),
      fc.oneof(fc.jsonValue(), { weight: 4, arbitrary: fc.constantFrom(...near) }),
    ),
    {
      minLength: 1,
      maxLength: 2,
    },
  )
  .map((changes) => changes.reduce<unknown>((now, [path, value]) => exchange(now, path, value), whole()));

function whole() {
  return inside({
    records: [
      { ...flow, sensor: "gate-3" },
      { ...flow, flags: ["lab"] },
    ],
  });
}

function pathsOf(value: unknown, above: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, one]) => [[...above, key], ...pathsOf(one, [...above, key])]);
}

function exchange(value: unknown, [key, ...rest]: readonly string[], by: unknown): unknown {
  if (key === undefined) return by;
  if (typeof value !== "object" || value === null) return value;
  const inner = exchange((value as Record<string, unknown>)[key], rest, by);
  return Array.isArray(value) ? Object.assign([...value], { [key]: inner }) : { ...value, [key]: inner };
}

const json = fc.constantFrom(...'{}[]":,.-+ 0123456789eEtrufalsn\\ \n');
const alphabet = fc.constantFrom(..."ABCDwxyz0189-_=+/. \n");
const message = fc.oneof(
  damaged(genuine, alphabet),
  damaged(JSON.stringify(inside()), json).map((text) => sealed({ plaintext: padded(text) })),
  {
    weight: 4,
    arbitrary: exchanged.map((content) => sealed({ plaintext: padded(JSON.stringify(content)) })),
  },
);

describeWith(["python3/cryptography"], "both readers", () => {
  it("say the same about any message, damaged on the way or made wrong", async () => {
    const messages = fc.sample(message, 600);
    const vectors = await Promise.all(messages.map(judged));
    const outcomes = new Set(vectors.map(({ refusal }) => refusal));
    for (const outcome of [null, "not_jws", "signature", "schema"]) expect(outcomes).toContain(outcome);
    const { wrong, stderr } = pythonOpens({
      gateways: [{ id: GW07, keys: [KEYS.gw07.publicJwk] }],
      cityKeys: [KEYS.city.privateJwk],
      vectors,
    });
    expect(stderr).toBe("");
    const told = wrong.map(({ name, ...rest }) => ({ ...rest, ...vectors[Number(name)] }));
    expect(told).toEqual([{ type: "checked", wrong: 0 }]);
  });
});

/** What our own reader says, as a vector. */
async function judged(payload: string, index: number): Promise<Vector> {
  const opened = await openSealed(Buffer.from(payload).toString("latin1"), GW07, registry);
  const opens = opened.ok ? { ...opened.windows } : null;
  return {
    name: String(index),
    topic: topicOf(GW07),
    payload,
    opens,
    refusal: opened.ok ? null : opened.refusal,
  };
}
