import { describe, expect, it } from "vitest";
import { pulseEngine } from "../../../src/sense/sensor/pulse-engine.ts";

const OPTIONS = { debounceMs: 10, maxPerSecond: 10, counts: "in" } as const;
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
    expect(engine.dueMs).toBeNull();
    expect(engine.edge("pulse", 0, 1100)).toMatchObject({ readings: [], discarded: [] });
  });

  it("counts with the next edge when nobody looked in time, and only once", () => {
    const engine = pulseEngine(OPTIONS);
    engine.edge("pulse", 1, 1000);
    expect(engine.edge("pulse", 0, 1100).readings).toEqual(ONE);
    expect(engine.tick(5000).readings).toEqual([]);
  });

  it("works as long as it is open, whatever comes: a pulse is a passage, and silence says nothing", () => {
    const engine = pulseEngine(OPTIONS);
    expect(engine.bytes("main", new Uint8Array(100), 5)).toEqual({ readings: [], discarded: [], send: [] });
    engine.edge("pulse", 1, 10);
    engine.tick(86_400_000);
    expect(engine.condition).toBe("working");
  });
});
