import { describe, expect, it } from "vitest";
import type { BothStatus } from "../../../src/ops/first-window.ts";
import { judge, type Seen, type UnitState } from "../../../src/update/judge.ts";
import { newTrial, type Trial } from "../../../src/update/trial.ts";

const trial: Trial = {
  ...newTrial({
    what: "package",
    from: "1.0",
    to: "1.1",
    limitSeconds: 180,
    proof: "kept",
    before: ["old-f", "old-s"],
    sha256: null,
    bootId: "b",
    startedAt: "2026-07-18T14:00:00Z",
  }),
  step: "watch",
  sinceMs: 1_000,
};
const unit = (name: string, more: Partial<UnitState> = {}): UnitState => ({
  name,
  active: true,
  restarts: 0,
  run: `new-${name}`,
  ...more,
});
const both = (sealed: number, more: { unkept?: number; proof?: number | null } = {}): BothStatus =>
  ({
    sense: { epoch: "e", sealed, unkept: more.unkept ?? 0, waiting: 0, handover: "connected" },
    forward: { sense: "connected", uplink: { lastProofMs: more.proof ?? null } },
  }) as unknown as BothStatus;
const seen = (more: Partial<Seen> = {}): Seen => ({
  installed: "1.1",
  units: [unit("f"), unit("s")],
  first: both(4).sense,
  ...both(4),
  nowMs: 2_000,
  ...more,
});

describe("what is seen of a gateway on trial", () => {
  it("proves nothing until a window was made and kept since the first look", () => {
    expect(judge(trial, seen())).toBeNull();
    expect(judge(trial, seen(both(5, { unkept: 1 })))).toBeNull();
    expect(judge(trial, seen(both(5)))).toEqual({ is: "proven" });
  });

  it("proves a delivery only when the window went out, where it went out before", () => {
    const strict = { ...trial, proof: "delivered" } as const;
    expect(judge(strict, seen(both(5)))).toBeNull();
    expect(judge(strict, seen(both(5, { proof: 7 })))).toEqual({ is: "proven" });
    expect(judge({ ...strict, stage: "old" }, seen({ ...both(5), installed: "1.0" }))).toEqual({
      is: "proven",
    });
  });

  it("needs no proof where nothing ran before", () => {
    expect(judge({ ...trial, proof: "none" }, seen({ units: [], sense: null, forward: null }))).toEqual({
      is: "proven",
    });
  });

  it("proves nothing while a unit does not run", () => {
    expect(judge(trial, seen({ ...both(5), units: [unit("f"), unit("s", { active: false })] }))).toBeNull();
  });

  it("fails at once when the old program runs on, or a unit ends again and again", () => {
    expect(judge(trial, seen({ units: [unit("f", { run: "old-f" }), unit("s")] }))).toEqual({
      is: "failed",
      why: "f was not started anew; journalctl says why",
    });
    expect(judge(trial, seen({ units: [unit("f"), unit("s", { restarts: 4 })] }))).toBeNull();
    expect(judge(trial, seen({ units: [unit("f"), unit("s", { restarts: 5 })] }))).toEqual({
      is: "failed",
      why: "s ended 5 times by itself",
    });
  });

  it("fails when the time is over, to the second, and says what was missing", () => {
    expect(judge(trial, seen({ nowMs: 181_000 }))).toBeNull();
    expect(judge(trial, seen({ nowMs: 181_001 }))).toEqual({
      is: "failed",
      why: "no proof within 180 s: the window is still open",
    });
    expect(judge(trial, seen({ nowMs: 181_001, sense: null }))).toMatchObject({
      why: "no proof within 180 s: telpost-sense does not answer",
    });
    const strict = { ...trial, proof: "delivered" } as const;
    expect(judge(strict, seen({ ...both(5), nowMs: 181_001 }))).toMatchObject({
      why: "no proof within 180 s: no window was delivered",
    });
  });

  it("waits longer while closed windows wait for a clock that was never set", () => {
    const waits = (waiting: number, clockSynced: boolean, nowMs: number) =>
      judge(trial, seen({ sense: { ...both(4).sense, waiting, clockSynced } as Seen["sense"], nowMs }));
    expect(waits(1, false, 181_001)).toBeNull();
    expect(waits(0, false, 181_001)).toMatchObject({ is: "failed" });
    expect(waits(1, true, 181_001)).toMatchObject({ is: "failed" });
    expect(waits(1, false, 181_001 + 65 * 60_000)).toMatchObject({ is: "failed" });
  });

  it("ends when somebody else installs or removes the package", () => {
    expect(judge(trial, seen({ installed: "1.2" }))).toEqual({
      is: "overtaken",
      why: "somebody else installed 1.2",
    });
    expect(judge(trial, seen({ installed: null }))).toMatchObject({ is: "overtaken" });
    expect(judge({ ...trial, what: "configuration" }, seen({ installed: "1.2" }))).toBeNull();
  });
});
