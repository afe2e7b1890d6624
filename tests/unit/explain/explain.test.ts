import { describe, expect, it } from "vitest";
import { ERRORS } from "../../../src/base/error-table.ts";
import type { ErrorCode } from "../../../src/base/errors.ts";
import type { SensorFacts } from "../../../src/config/facts.ts";
import { explainCode } from "../../../src/explain/code.ts";
import { readInstant } from "../../../src/explain/query.ts";
import { explainSensor } from "../../../src/explain/sensor.ts";
import { explainWindow, type WindowKnowledge } from "../../../src/explain/window.ts";
import type { ForwardStatus } from "../../../src/forward/compose.ts";
import type { ToldWindows } from "../../../src/forward/diary.ts";
import type { SenseStatus } from "../../../src/sense/compose.ts";
import type { SealedWindows } from "../../../src/sense/diary.ts";

const NOON = Date.parse("2026-07-18T12:00:00Z");
const EPOCH = "k3k3k3k3k3k3k3k3";

const gate: SensorFacts = {
  id: "gate",
  profile: "generic-jsonl",
  ports: ["/dev/serial/by-id/gate"],
  liveness: "none",
  silentAfterMs: null,
  nominalHz: null,
  outputs: [{ id: "gate", kind: "flow", seconds: 60 }],
};
const plaza: SensorFacts = {
  id: "plaza",
  profile: "ti-iwr6843",
  ports: ["/dev/a", "/dev/b"],
  liveness: "frames",
  silentAfterMs: 2_000,
  nominalHz: 18,
  outputs: [
    { id: "north", kind: "flow", seconds: 60 },
    { id: "plaza", kind: "occupancy", seconds: 300 },
  ],
};

const senseOf = (changes: Partial<SenseStatus> = {}) =>
  ({
    epoch: EPOCH,
    uptimeSeconds: 3_600,
    waiting: 0,
    heldFor: null,
    facts: [gate, plaza],
    sealedLast: [],
    ...changes,
  }) as unknown as SenseStatus;
const forwardOf = (changes: object = {}) =>
  ({
    uptimeSeconds: 7_200,
    sense: "connected",
    storage: null,
    uplink: { state: "connected", code: null },
    drainSeconds: 90,
    ...changes,
  }) as unknown as ForwardStatus;
const sealed: SealedWindows = {
  epoch: EPOCH,
  seq: 17,
  endMs: NOON,
  lengths: [60, 300],
  sealedAtMs: NOON,
  clockSynced: true,
  short: [
    ["north", 60, 41],
    ["plaza", 300, 0],
  ],
};
const passed: ToldWindows = {
  epoch: EPOCH,
  seq: 17,
  endMs: NOON,
  lengths: [60, 300],
  keptAtMs: NOON,
  sentAtMs: NOON + 1_000,
  provenAtMs: NOON + 2_000,
  waits: false,
};
const known = (one: Partial<ToldWindows> = {}, forward: object = {}): WindowKnowledge => ({
  sense: { status: senseOf(), sealed: [sealed] },
  forward: { status: forwardOf(forward), passed: [{ ...passed, ...one }] },
  nowMs: NOON + 30_000,
});
const explain = (knowledge: WindowKnowledge, endMs = NOON) => explainWindow({ endMs }, knowledge).join("\n");

describe("a window", () => {
  it("is told from the watching to the proof", () => {
    expect(explain(known())).toBe(
      `
window       until 2026-07-18 12:00:00Z, of 60 s and 300 s: number 17 of epoch
             ${EPOCH}
readings     watched all 60 s: gate
             watched 41 of 60 s: north
             not watched in 300 s: plaza
clock        was set
quality      ok: gate
             partial: north
             not_measured: plaza
             That is the best it can be, by the time watched. Flags that lower
             it lie with the values inside the sealed record: only the city
             opens it.
made         2026-07-18 12:00:00Z: noised and sealed by telpost-sense
kept         2026-07-18 12:00:00Z in the outbox
sent         2026-07-18 12:00:01Z
proven       2026-07-18 12:00:02Z
next         Nothing: it is delivered.`.slice(1),
    );
    expect(explainWindow({ seq: 17, epoch: undefined }, known())).toEqual(
      explainWindow({ endMs: NOON }, known()),
    );
  });

  it("that waits says by when it will be proven, or what is in the way", () => {
    const waiting = { sentAtMs: null, provenAtMs: null, waits: true };
    expect(explain(known(waiting))).toContain("expected to be proven by 2026-07-18 12:02:00Z");
    const away = { uplink: { state: "waiting", code: "broker.unresolved" }, drainSeconds: null };
    expect(explain(known(waiting, away))).toMatch(
      /sent +not yet\nproven +not yet\nnext +It waits\. broker\.unresolved/,
    );
  });

  it("that neither waits nor was proven was dropped, and declared", () => {
    expect(explain(known({ provenAtMs: null, waits: false }))).toMatch(/dropped by age or\s+size/);
  });

  it("of a clock that was not set says so", () => {
    const before = known();
    const unset = { ...before, sense: { status: senseOf(), sealed: [{ ...sealed, clockSynced: false }] } };
    expect(explain(unset)).toContain("clock_unsynced");
  });

  it("that is open, held or forgotten says which", () => {
    const nobody = { sense: { status: senseOf(), sealed: [] }, forward: null, nowMs: NOON + 30_000 };
    expect(explain(nobody, NOON + 60_000)).toMatch(/made +not yet: it ends in 30 s/);
    const held = {
      ...nobody,
      sense: { status: senseOf({ waiting: 2, heldFor: "no_city_key" }), sealed: [] },
    };
    expect(explain(held)).toContain("key.none_usable");
    expect(explain(nobody)).toMatch(/not known +telpost-sense has run since 2026-07-18 11:00:30Z/);
  });

  it("that cannot be is refused, with the nearest", () => {
    expect(() => explain(known(), NOON + 31_000)).toThrow(
      "no window ends at 2026-07-18 12:00:31Z, they are of 60 s and 300 s; did you mean 2026-07-18T12:01:00Z?",
    );
    expect(() => explainWindow({ seq: 23, epoch: undefined }, known())).toThrow("did you mean --seq 17?");
    expect(() => explain({ sense: null, forward: null, nowMs: NOON })).toThrow("control socket");
  });

  it("is told by the process that runs, when one does not", () => {
    expect(explain({ ...known(), sense: null })).toMatch(/made +not known: telpost-sense does not answer/);
    expect(explain({ ...known(), forward: null })).toMatch(
      /kept +not known: telpost-forward does not answer/,
    );
  });
});

describe("a sensor", () => {
  const up = { id: "gate", profile: "generic-jsonl", link: "up", errors: "none" } as const;

  it("whose frames are passages shows neither rate nor timing, and its silence says nothing", () => {
    const text = explainSensor({ facts: gate, state: up, sealedLast: [sealed] }).join("\n");
    expect(text).toMatch(/liveness +none: /);
    expect(text).toContain("no rate, no timing, no progress");
    expect(text).toMatch(/silence +says nothing/);
    expect(text).toContain("until 2026-07-18 12:00:00Z: gate watched all 60 s");
  });

  it("that always sends has a silence that means something, and a fault with its cure", () => {
    const state = { ...up, id: "plaza", link: "fault", errors: "some", code: "device.silent" } as const;
    const text = explainSensor({ facts: plaza, state, sealedLast: [sealed] }).join("\n");
    expect(text).toMatch(/silence +for 2 s means/);
    expect(text).toMatch(/port +\/dev\/a\n +\/dev\/b\n/);
    expect(text).toContain(ERRORS["device.silent"].hint);
  });

  it("is told without telpost-sense too, as far as the configuration goes", () => {
    const text = explainSensor({ facts: gate, state: null, sealedLast: [] }).join("\n");
    expect(text).toMatch(/link +not known/);
    expect(text).not.toContain("last window");
  });
});

it.each(Object.keys(ERRORS) as ErrorCode[])("%s has a cause, a consequence and a cure", (code) => {
  const lines = explainCode(code);
  for (const label of ["cause", "consequence", "telpost", "cure"])
    expect(lines.filter((line) => line.startsWith(`${label} `))).toHaveLength(1);
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(80);
});

describe("an instant", () => {
  it.each([
    ["2026-07-18T14:05Z", "2026-07-18T14:05:00.000Z"],
    ["2026-07-18 14:05:30", "2026-07-18T14:05:30.000Z"],
    ["2026-07-18T14:05:30.000Z", "2026-07-18T14:05:30.000Z"],
    // A time alone is the last such time.
    ["11:59", "2026-07-18T11:59:00.000Z"],
    ["12:01Z", "2026-07-17T12:01:00.000Z"],
  ])("%s is %s", (text, iso) => {
    expect(new Date(readInstant(text, NOON) ?? 0).toISOString()).toBe(iso);
  });

  it.each(["gate", "2026-02-30T10:00Z", "25:00", "2026-07-18", "1784376300"])("%s is none", (text) => {
    expect(readInstant(text, NOON)).toBeUndefined();
  });
});
