import { beforeAll, describe, expect, it } from "vitest";
import { walk } from "../../../scripts/contract/examples.ts";
import {
  bytesOf,
  flipped,
  GW07,
  KEYS,
  padded,
  resigned,
  sealed,
  topicOf,
  withPart,
} from "../../../scripts/contract/vectors/forge.ts";
import { LEVELS, opens, refused, type Vector } from "../../../scripts/contract/vectors/vector.ts";
import { opensRecord, refusedRecord } from "../../../scripts/contract/vectors/walk-records.ts";
import { makeRegistry } from "../../../src/city/keys.ts";
import { openSealed } from "../../../src/city/open.ts";
import { walkRecord } from "../../../src/contract/walk-test.ts";
import { signRecord } from "../../../src/sense/walk-record.ts";
import { describeWith } from "../../kit/programs.ts";
import { pythonOpens } from "../../kit/python-check.ts";
import { testReader } from "../city/fixtures.ts";

/**
 * Every bit of the outer header, the signature, the iv and the tag, and one bit of every byte of the inner header and of the
 * ciphertext with its padding, flipped by somebody on the way and by a gateway that signs what it changed. The same of the
 * signed record of a walk test in its event, with one bit of every byte of what it says. No reader may open one of them.
 */

// As a gateway signs it.
const RECORD = await signRecord(walkRecord.parse(walk), KEYS.gw07);
const GENUINE = sealed({ plaintext: padded(LEVELS) });
const RIGHT_RECORD = opensRecord("the record itself", walk, { record: RECORD });
const JWE = bytesOf(GENUINE.split(".")[1] ?? "").toString("latin1");
const registry = makeRegistry([{ gateway: GW07, keys: [KEYS.gw07] }], [KEYS.city]);

/** Places of bits in a part: all of them, or one in each byte, another in each. */
function places(part: string, every: boolean): [at: number, bit: number][] {
  const bytes = bytesOf(part).length;
  return Array.from({ length: bytes }, (_, at) =>
    every
      ? Array.from({ length: 8 }, (_, bit): [number, number] => [at, bit])
      : [[at, at % 8] as [number, number]],
  ).flat();
}

function* changed(): Generator<[name: string, payload: string]> {
  const inner = JWE.split(".");
  for (const [index, part] of GENUINE.split(".").entries()) {
    for (const [at, bit] of places(part, index !== 1))
      yield [
        `JWS part ${index}, byte ${at}, bit ${bit}`,
        withPart(GENUINE, index, () => flipped(part, at, bit)),
      ];
  }
  for (const [index, part] of inner.entries()) {
    for (const [at, bit] of places(part, index === 2 || index === 4))
      yield [
        `JWE part ${index}, byte ${at}, bit ${bit}, signed again`,
        resigned(GENUINE, (jwe) => withPart(jwe, index, () => flipped(part, at, bit))),
      ];
  }
}

function* changedRecords(): Generator<Vector> {
  for (const [index, part] of RECORD.split(".").entries()) {
    for (const [at, bit] of places(part, index !== 1)) {
      const record = withPart(RECORD, index, () => flipped(part, at, bit));
      yield refusedRecord(`record part ${index}, byte ${at}, bit ${bit}`, record);
    }
  }
}

const vectors: Vector[] = [];
const walkRecords = [...changedRecords()];

beforeAll(async () => {
  for (const [name, payload] of changed()) {
    const opened = await openSealed(payload, GW07, registry);
    vectors.push(refused(opened.ok ? "opened" : opened.refusal, name, payload));
  }
});

describe("our own reader", () => {
  it("opens the message itself, and none of those with one bit changed", async () => {
    expect((await openSealed(GENUINE, GW07, registry)).ok).toBe(true);
    expect(vectors.length).toBeGreaterThan(3_500);
    expect(vectors.filter(({ refusal }) => refusal === "opened").map(({ name }) => name)).toEqual([]);
  });

  it("opens the record of a walk test itself, and none of those with one bit changed", async () => {
    const reader = testReader(registry, { onAlarm: () => {} });
    const outcomes = new Map<string, string[]>();
    for (const { name, topic, payload } of walkRecords) {
      const result = await reader.receive(topic, Buffer.from(payload));
      const word = result.result === "rejected" ? result.reason : result.result;
      outcomes.set(word, [...(outcomes.get(word) ?? []), name]);
    }
    expect([...outcomes.keys()]).toEqual(["not_walk_record"]);
    expect(walkRecords.length).toBeGreaterThan(1_500);
    const { topic, payload } = RIGHT_RECORD;
    expect(await reader.receive(topic, Buffer.from(payload))).toEqual({ result: "handled" });
  });
});

describeWith(["python3/cryptography"], "the reader in Python", () => {
  it("opens the message and the record themselves, and refuses every one with one bit changed for the same reason as ours", () => {
    const genuine = { ...opens("itself", LEVELS), topic: topicOf(GW07), payload: GENUINE };
    const checked = pythonOpens({
      gateways: [{ id: GW07, keys: [KEYS.gw07.publicJwk] }],
      cityKeys: [KEYS.city.privateJwk],
      vectors: [genuine, ...vectors],
      walkRecords: [RIGHT_RECORD, ...walkRecords],
    });
    expect(checked).toEqual({ status: 0, stderr: "", wrong: [{ type: "checked", wrong: 0 }] });
  });
});
