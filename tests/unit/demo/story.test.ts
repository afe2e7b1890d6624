import { describe, expect, it } from "vitest";
import type { ReadRecord, ReadWindowsMessage } from "../../../src/city/index.ts";
import { FLOW_SD, Story } from "../../../src/demo/story.ts";
import { missingOf } from "../../../src/demo/words.ts";

const end = "2026-07-18T12:00:05Z";
const endMs = Date.parse(end);
const common = { seconds: 5, covered: 5, quality: "ok", method: "counted" } as const;

function flow(sensor: string, value: { in: number | null; out: number | null }): ReadRecord {
  return { ...common, sensor, kind: "flow", value };
}

function story(): Story {
  return new Story({ truth: (_output, kind) => (kind === "flow" ? { in: 3, out: 1 } : { present: 9 }) });
}

function message(records: ReadRecord[], seq: number): ReadWindowsMessage {
  const identity = { tenant: "demo", site: "boulevard", gateway: "gw01", epoch: "a".repeat(16), seq, end };
  return { schema: "telpost/windows/1", ...identity, privacy: {}, records };
}

function meta(seq: number, epoch = "a") {
  return { gateway: "demo/boulevard/gw01", epoch, seq, endMs, receivedLate: false };
}

const noStatus = { sense: null, forward: null };

describe("the story of the demo", () => {
  it("puts what was published beside what truly happened, newest first", () => {
    const told = story();
    told.add(message([flow("gate", { in: 4, out: -1 })], 0), meta(0));
    told.add(message([flow("turnstile", { in: null, out: null })], 1), meta(1));
    expect(told.records.map(({ sensor, published, truth }) => [sensor, published, truth])).toEqual([
      ["turnstile", null, { in: 3, out: 1 }],
      ["gate", { in: 4, out: -1 }, { in: 3, out: 1 }],
    ]);
  });

  it("sums passages only, and only where there is a value", () => {
    const told = story();
    const occupancy: ReadRecord = {
      ...common,
      sensor: "terrace",
      kind: "occupancy",
      stat: "max",
      value: { present: 12 },
    };
    told.add(
      message([flow("gate", { in: 4, out: -1 }), flow("turnstile", { in: null, out: null }), occupancy], 0),
      meta(0),
    );
    const { passages, records } = told.totals();
    expect(records).toBe(3);
    expect(passages).toEqual({ truth: 4, published: 3, values: 2, expectedSd: FLOW_SD * Math.SQRT2 });
    expect(FLOW_SD).toBeCloseTo(1.357, 3);
  });

  it("finds a number that the city never saw, in every epoch", () => {
    const told = story();
    const one = message([flow("gate", { in: 0, out: 0 })], 0);
    for (const seq of [0, 1, 3]) told.add(one, meta(seq));
    told.add(one, meta(1, "b"));
    expect(told.messages()).toEqual({ sealed: 6, opened: 4 });
    expect(missingOf(told.messages(), noStatus)).toEqual({ lost: 2, waiting: 0 });
  });
});
