import { describe, expect, it } from "vitest";
import { systemRandom } from "../../../src/base/random.ts";
import type { Flag } from "../../../src/model.ts";
import {
  COVERAGE_TOLERANCE_MS,
  flagged,
  LARGEST_WINDOW_VALUE,
  release,
} from "../../../src/sense/guard/release.ts";
import { flowOutput, gaugeOutput, privacyOf, windowOf } from "./fixtures.ts";

const exact = privacyOf({ mechanism: "none", reason: "trial" });

function released(window: Parameters<typeof release>[0], privacy = exact) {
  return release(window, privacy, systemRandom);
}

describe("the value", () => {
  it("is published as it is only with mechanism none", () => {
    expect(released(windowOf(flowOutput, { in: 41, out: 2 })).value).toEqual({ in: 41, out: 2 });
    expect(released(windowOf(gaugeOutput, { present: 7 })).value).toEqual({ present: 7 });
  });

  it("is null, never 0, when nothing was measured, with and without noise", () => {
    for (const privacy of [exact, privacyOf()]) {
      const flow = released(windowOf(flowOutput, null, { coveredMs: 0 }), privacy);
      expect(flow).toMatchObject({ value: { in: null, out: null }, quality: "not_measured", covered: 0 });
      const gauge = released(windowOf(gaugeOutput, null, { coveredMs: 0 }), privacy);
      expect(gauge).toMatchObject({ value: { present: null }, quality: "not_measured", stat: "max" });
    }
  });

  it("has each class of the output, exact only without noise, and all null together", () => {
    const classes = ["bicycle", "person"];
    const flow = { ...flowOutput, classes };
    const counted = { bicycle: { in: 3, out: 0 }, person: { in: 41, out: 2 } };
    expect(released(windowOf(flow, counted)).value).toEqual(counted);
    const present = { bicycle: { present: 2 }, person: { present: 9 } };
    expect(released(windowOf({ ...gaugeOutput, classes }, present)).value).toEqual(present);
    const nothing = { in: null, out: null };
    for (const privacy of [exact, privacyOf()])
      expect(released(windowOf(flow, null, { coveredMs: 0 }), privacy)).toMatchObject({
        value: { bicycle: nothing, person: nothing },
        quality: "not_measured",
      });
  });

  it("of another set of classes than the output's is a defect", () => {
    const flow = { ...flowOutput, classes: ["bicycle", "person"] };
    const one = { in: 1, out: 1 };
    for (const wrong of [
      { in: 1, out: 1 },
      { bicycle: one },
      { person: one, bicycle: one },
      { bicycle: one, car: one },
      { bicycle: one, car: one, person: one },
    ])
      expect(() => released(windowOf(flow, wrong))).toThrow("every class of its output");
    expect(() => released(windowOf(flowOutput, { person: one }))).toThrow("every class of its output");
  });

  it("never leaves as minus zero, which JSON cannot carry", () => {
    const { value } = released(windowOf(flowOutput, { in: -0, out: 0 }));
    expect(Object.is("in" in value && value.in, 0)).toBe(true);
  });

  it.each([1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, LARGEST_WINDOW_VALUE + 1])(
    "%d is a defect",
    (bad) => {
      expect(() => released(windowOf(flowOutput, { in: bad, out: 0 }))).toThrow(
        /whole numbers|out of bounds/,
      );
    },
  );

  it("is not told by the error that refuses it", () => {
    expect(() => released(windowOf(flowOutput, { in: 98_765.5, out: 0 }))).toThrow(/^[^0-9]*$/);
  });

  it("of another kind than the output's is a defect", () => {
    expect(() => released(windowOf(flowOutput, { present: 1 }))).toThrow("a flow window holds in and out");
    expect(() => released(windowOf(gaugeOutput, { in: 1, out: 1 }))).toThrow(
      "an occupancy window holds present",
    );
  });

  it("takes a largest window whole", () => {
    const value = { in: LARGEST_WINDOW_VALUE, out: -LARGEST_WINDOW_VALUE };
    expect(released(windowOf(flowOutput, value)).value).toEqual(value);
  });
});

describe("the quality", () => {
  const value = { in: 1, out: 1 };

  it("is ok when the window was watched, timers allowed to be a little late", () => {
    expect(released(windowOf(flowOutput, value)).quality).toBe("ok");
    const late = windowOf(flowOutput, value, { coveredMs: 60_000 - COVERAGE_TOLERANCE_MS });
    expect(released(late).quality).toBe("ok");
  });

  it("is partial when more is missing", () => {
    const short = windowOf(flowOutput, value, { coveredMs: 60_000 - COVERAGE_TOLERANCE_MS - 1 });
    expect(released(short).quality).toBe("partial");
  });

  it.each<Flag>(["catch_up", "edges_lost", "spike_discarded", "sensor_fault"])(
    "is partial with %s",
    (flag) => {
      expect(released(windowOf(flowOutput, value, { flags: [flag] })).quality).toBe("partial");
    },
  );

  it.each<Flag>(["calibration", "clock_unsynced"])("is not touched by %s", (flag) => {
    expect(released(windowOf(flowOutput, value, { flags: [flag] })).quality).toBe("ok");
  });
});

describe("covered", () => {
  it.each([
    [60_000, 60],
    [59_999, 59.9],
    [29_149, 29.1],
    [99, 0],
    [60_150, 60],
  ])("%i ms are %d s: rounded down, never more than the window", (coveredMs, seconds) => {
    expect(released(windowOf(flowOutput, { in: 0, out: 0 }, { coveredMs })).covered).toBe(seconds);
  });
});

describe("flags and since", () => {
  const value = { in: 1, out: 1 };

  it("are absent when there is nothing to say", () => {
    expect(Object.keys(released(windowOf(flowOutput, value)))).not.toContain("flags");
    expect(Object.keys(released(windowOf(flowOutput, value)))).not.toContain("since");
  });

  it("are a sorted set", () => {
    const flags: Flag[] = ["sensor_fault", "calibration", "sensor_fault"];
    expect(released(windowOf(flowOutput, value, { flags })).flags).toEqual(["calibration", "sensor_fault"]);
  });

  it("mark every record of profile lab", () => {
    const lab = privacyOf({ profile: "lab" });
    expect(released(windowOf(flowOutput, value), lab).flags).toEqual(["lab"]);
    expect(released(windowOf(gaugeOutput, null), lab).flags).toEqual(["lab"]);
  });

  it("tell since when a total was caught up, or null when that is unknown", () => {
    const sinceMs = Date.parse("2026-07-18T13:59:59.999Z");
    const flags: Flag[] = ["catch_up"];
    expect(released(windowOf(flowOutput, value, { flags, sinceMs })).since).toBe("2026-07-18T13:59:59Z");
    expect(released(windowOf(flowOutput, value, { flags, sinceMs: null })).since).toBeNull();
    expect(released(windowOf(flowOutput, value, { flags })).since).toBeNull();
    expect(released(windowOf(flowOutput, value, { sinceMs }))).not.toHaveProperty("since");
  });

  it("may gain clock_unsynced when it is sealed, once and in order, and nothing else changes", () => {
    const record = released(windowOf(flowOutput, value, { flags: ["sensor_fault"] }));
    const late = flagged(flagged(record, "clock_unsynced"), "clock_unsynced");
    expect(late).toEqual({ ...record, flags: ["clock_unsynced", "sensor_fault"] });
  });
});
