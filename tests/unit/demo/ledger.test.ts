import { describe, expect, it } from "vitest";
import { isQuiet, Ledger, QUIET_AFTER_MS, QUIET_BEFORE_MS } from "../../../src/demo/ledger.ts";

const seconds = { flow: 5, occupancy: 10 };
const T = Date.parse("2026-07-18T12:00:00Z");

describe("the ledger of the simulation", () => {
  it("puts a passage into the window that contains it; the end of a window belongs to the next", () => {
    const ledger = new Ledger(seconds);
    ledger.passed("gate", T + 4_999, { in: 1, out: 2 });
    ledger.passed("gate", T + 5_000, { in: 10, out: 0 });
    ledger.passed("gate", T + 9_000, { in: 5, out: 1 });
    expect(ledger.truth("gate", "flow", T + 5_000)).toEqual({ in: 1, out: 2 });
    expect(ledger.truth("gate", "flow", T + 10_000)).toEqual({ in: 15, out: 1 });
  });

  it("knows that nobody passed, and that it does not know who is in view", () => {
    const ledger = new Ledger(seconds);
    expect(ledger.truth("gate", "flow", T + 5_000)).toEqual({ in: 0, out: 0 });
    expect(ledger.truth("terrace", "occupancy", T + 10_000)).toBeNull();
  });

  it("takes the most people in view, also those who were there when the window began", () => {
    const ledger = new Ledger(seconds);
    ledger.present("terrace", T + 1_000, 4);
    ledger.present("terrace", T + 8_000, 9);
    ledger.present("terrace", T + 9_000, 7);
    ledger.present("terrace", T + 11_000, 2);
    expect(ledger.truth("terrace", "occupancy", T + 10_000)).toEqual({ present: 9 });
    expect(ledger.truth("terrace", "occupancy", T + 20_000)).toEqual({ present: 7 });
  });

  it("forgets what is older than ten minutes", () => {
    const ledger = new Ledger(seconds);
    ledger.passed("gate", T, { in: 3, out: 0 });
    ledger.tidy(T + 600_000);
    expect(ledger.truth("gate", "flow", T + 5_000)).toEqual({ in: 3, out: 0 });
    ledger.tidy(T + 605_001);
    expect(ledger.truth("gate", "flow", T + 5_000)).toEqual({ in: 0, out: 0 });
  });

  it("asks for quiet around the edge of a window only", () => {
    expect(isQuiet(T, 5)).toBe(true);
    expect(isQuiet(T + QUIET_AFTER_MS, 5)).toBe(false);
    expect(isQuiet(T + 5_000 - QUIET_BEFORE_MS - 1, 5)).toBe(false);
    expect(isQuiet(T + 5_000 - QUIET_BEFORE_MS, 5)).toBe(true);
  });
});
