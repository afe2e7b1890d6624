import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  applied,
  judged,
  newTrial,
  resumed,
  type Trial,
  trialSchema,
  trying,
} from "../../../src/update/trial.ts";

const BOOT = "boot-1";
const package_ = newTrial({
  what: "package",
  from: "1.0",
  to: "1.1",
  limitSeconds: 180,
  proof: "kept",
  before: ["a"],
  sha256: null,
  bootId: BOOT,
  startedAt: "2026-07-18T14:00:00Z",
});
const without = { ...package_, what: "configuration", from: null } as const;
const watched = (trial: Trial) => applied(trying(trial), null, 5);

describe("a trial", () => {
  it("is kept when it was proven, and taken back when not", () => {
    expect(judged(watched(package_), { is: "proven" })).toMatchObject({ step: "done", outcome: "kept" });
    const back = judged(watched(package_), { is: "failed", why: "no window" });
    expect(back).toMatchObject({ stage: "old", step: "apply", tries: 0, why: "no window", outcome: null });
    expect(judged(watched(back), { is: "proven" })).toMatchObject({
      step: "done",
      outcome: "returned",
      why: "no window",
    });
  });

  it("goes back once and no more", () => {
    const back = judged(watched(package_), { is: "failed", why: "no window" });
    const stuck = judged(watched(back), { is: "failed", why: "none either" });
    expect(stuck).toMatchObject({
      step: "done",
      outcome: "stuck",
      why: "no window; and after going back: none either",
    });
    expect(applied(trying(back), "dpkg failed", 0)).toMatchObject({ step: "done", outcome: "stuck" });
  });

  it("goes back when it could not be applied, and only where there is something to go back to", () => {
    expect(applied(trying(package_), "dpkg failed", 0)).toMatchObject({
      stage: "old",
      step: "apply",
      why: "dpkg failed",
    });
    expect(judged(watched(without), { is: "failed", why: "no window" })).toMatchObject({
      step: "done",
      outcome: "unproven",
    });
  });

  it("ends where somebody else changed the package", () => {
    expect(judged(watched(package_), { is: "overtaken", why: "1.2" })).toMatchObject({
      step: "done",
      outcome: "overtaken",
    });
  });

  it("watches anew after a boot, but not for ever", () => {
    const first = resumed(watched(package_), "boot-2", 1);
    expect(first).toMatchObject({ step: "watch", boots: 1, sinceMs: 1, bootId: "boot-2" });
    expect(resumed(first, "boot-2", 9)).toBe(first);
    const second = resumed(first, "boot-3", 1);
    expect(second).toMatchObject({ step: "watch", boots: 2 });
    expect(resumed(second, "boot-4", 1)).toMatchObject({
      stage: "old",
      step: "apply",
      why: "the machine started 3 times without a window",
    });
  });

  it("is applied three times at most when it is interrupted each time", () => {
    const third = trying(trying(trying(package_)));
    expect(third).toMatchObject({ stage: "new", step: "apply", tries: 3 });
    expect(trying(third)).toMatchObject({ stage: "old", step: "apply", tries: 0 });
  });

  it("is decided after few steps, whatever happens, and then stays as it is", () => {
    const event = fc.oneof(
      fc.constantFrom("boot", "proven", "failed", "overtaken").map((is) => ({ is })),
      fc.constantFrom(null, "dpkg failed").map((failure) => ({ is: "applied", failure })),
    );
    fc.assert(
      fc.property(
        fc.constantFrom<Trial>(package_, without),
        fc.array(event, { minLength: 40, maxLength: 40 }),
        (start, events) => {
          let trial = start;
          let returns = 0;
          events.forEach((one, index) => {
            const before = trial;
            if (trial.step === "done") return;
            if (one.is === "boot") trial = resumed(trial, `boot ${index}`, index);
            else if (trial.step === "apply") {
              trial = trying(trial);
              if (trial.stage === before.stage && trial.step === "apply" && "failure" in one)
                trial = applied(trial, one.failure, index);
            } else
              trial = judged(trial, {
                is: "failed",
                why: "x",
                ...("failure" in one ? {} : { is: one.is as "proven" }),
              });
            if (before.stage === "new" && trial.stage === "old") returns++;
            expect(trialSchema.parse(trial)).toEqual(trial);
          });
          const boots = events.filter(({ is }) => is === "boot").length;
          if (events.length - boots > 12) expect(trial.step).toBe("done");
          expect(returns).toBeLessThanOrEqual(start.from === null ? 0 : 1);
        },
      ),
    );
  });
});
