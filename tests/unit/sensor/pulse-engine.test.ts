import { describe, expect, it } from "vitest";
import { pulseEngine } from "../../../src/sense/sensor/pulse-engine.ts";

const OPTIONS = { debounceMs: 10, maxPerSecond: 10, stuckAfterMs: 60_000, counts: "in" } as const;
const ONE = [{ type: "passages", in: 1, out: 0 }];

describe("the engine of a pulse counter", () => {
  it("wants to be looked at when a pulse will have held, and counts it then", () => {
    const engine = pulseEngine(OPTIONS);
    engine.opened(0);
    expect(engine.dueMs).toBeNull();
    expect(engine.edge("pulse", 1, 1000).readings).toEqual([]);
    expect(engine.dueMs).toBe(1010);
    expect(engine.tick(1009).readings).toEqual([]);
    expect(engine.tick(1010).readings).toEqual(ONE);
    expect(engine.edge("pulse", 0, 1100)).toMatchObject({ readings: [], discarded: [] });
    engine.tick(1110);
    expect(engine.dueMs).toBeNull();
  });

  it("counts with the next edge when nobody looked in time, and only once", () => {
    const engine = pulseEngine(OPTIONS);
    engine.edge("pulse", 1, 1000);
    expect(engine.edge("pulse", 0, 1100).readings).toEqual(ONE);
    expect(engine.tick(5000).readings).toEqual([]);
  });

  it("works while its line is inactive, whatever comes: a pulse is a passage, and silence says nothing", () => {
    const engine = pulseEngine(OPTIONS);
    expect(engine.bytes("main", new Uint8Array(100), 5)).toEqual({ readings: [], discarded: [], send: [] });
    engine.edge("pulse", 1, 10);
    engine.edge("pulse", 0, 100);
    engine.tick(86_400_000);
    expect(engine.condition).toBe("working");
  });

  it("is blocked by a line that stays active, from the moment it is looked for, until the line is inactive", () => {
    const engine = pulseEngine(OPTIONS);
    engine.edge("pulse", 1, 1000);
    engine.tick(1010);
    expect(engine.dueMs).toBe(61_000);
    engine.tick(60_999);
    expect(engine.condition).toBe("working");
    engine.tick(61_000);
    expect([engine.condition, engine.dueMs]).toEqual(["blocked", null]);
    engine.edge("pulse", 0, 70_000);
    expect([engine.condition, engine.dueMs]).toEqual(["blocked", 70_010]);
    engine.tick(70_010);
    expect([engine.condition, engine.dueMs]).toEqual(["working", null]);
  });

  it.each([0, 10])(
    "takes a line that is active at the opening for no pulse, and for stuck in time (%i ms)",
    (debounceMs) => {
      const engine = pulseEngine({ ...OPTIONS, debounceMs });
      engine.opened(1000, { pulse: 1 });
      expect(engine.dueMs).toBe(61_000);
      expect(engine.tick(61_000).readings).toEqual([]);
      expect(engine.condition).toBe("blocked");
      const steps = [
        engine.edge("pulse", 0, 70_000),
        engine.edge("pulse", 1, 71_000),
        engine.edge("pulse", 0, 71_100),
        engine.tick(80_000),
      ];
      expect(steps.flatMap(({ readings }) => readings)).toEqual(ONE);
      expect(engine.condition).toBe("working");
    },
  );
});
