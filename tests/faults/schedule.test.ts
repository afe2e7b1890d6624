import { describe, expect, it } from "vitest";
import { endOf, type Schedule, scheduleFor, sweepOf } from "./schedule.ts";
import { shrink } from "./shrink.ts";

const WINDOW_MS = 3000;
const options = { faults: 25, everyMs: 1000 };
const seeds = Array.from({ length: 300 }, (_, seed) => seed);

describe("a schedule", () => {
  it("follows from its seed alone, and another seed makes another", () => {
    expect(scheduleFor(7, options)).toEqual(scheduleFor(7, options));
    expect(scheduleFor(8, options)).not.toEqual(scheduleFor(7, options));
  });

  it("has as many faults as asked for, in the order of their times", () => {
    for (const seed of seeds) {
      const times = scheduleFor(seed, options).map(({ atMs }) => atMs);
      expect(times).toHaveLength(25);
      expect(times).toEqual([...times].sort((a, b) => a - b));
    }
  });

  it("never puts the wall clock before the true time", () => {
    for (const seed of seeds) {
      let aheadMs = 0;
      for (const { fault } of scheduleFor(seed, options)) {
        if (fault.kind === "clock_step") aheadMs += fault.ms;
        expect(aheadMs).toBeGreaterThanOrEqual(0);
      }
    }
  });

  it("uses every kind of fault within a few histories", () => {
    const kinds = new Set(seeds.flatMap((seed) => scheduleFor(seed, options).map(({ fault }) => fault.kind)));
    expect(kinds.size).toBe(16);
  });

  it("ends when its longest fault ends", () => {
    const schedule: Schedule = [
      { atMs: 0, fault: { kind: "net_drop", ms: 5000 } },
      { atMs: 1000, fault: { kind: "kill", who: "sense", downMs: 100 } },
    ];
    expect(endOf(schedule)).toBe(5000);
  });
});

describe("a sweep of kills", () => {
  it("meets every fifty milliseconds of a window, with both processes", () => {
    const kills = sweepOf(120, WINDOW_MS);
    for (const who of ["sense", "forward"]) {
      const own = kills.filter(({ fault }) => fault.kind === "kill" && fault.who === who);
      const places = own.map(({ atMs }) => atMs % WINDOW_MS).sort((a, b) => a - b);
      expect(places).toEqual(Array.from({ length: 60 }, (_, step) => step * 50));
    }
  });

  it("is in the order of its times", () => {
    const times = sweepOf(528, WINDOW_MS, { part: 1, parts: 12 }).map(({ atMs }) => atMs);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  it("is the same in pieces", () => {
    const place = ({ atMs, fault }: Schedule[number]) => `${atMs % WINDOW_MS} ${JSON.stringify(fault)}`;
    const pieces = [0, 1, 2].flatMap((part) => sweepOf(40, WINDOW_MS, { part, parts: 3 }));
    expect(pieces.map(place).sort()).toEqual(sweepOf(40, WINDOW_MS).map(place).sort());
  });
});

describe("shrinking", () => {
  const at = (atMs: number): Schedule[number] => ({ atMs, fault: { kind: "net_cut" } });
  const times = (schedule: Schedule) => schedule.map(({ atMs }) => atMs);
  const long = Array.from({ length: 20 }, (_, index) => at(index));

  it("finds the faults that matter", async () => {
    const fails = async (schedule: Schedule) => times(schedule).includes(3) && times(schedule).includes(17);
    expect(times(await shrink(long, fails, 1000))).toEqual([3, 17]);
  });

  it("ends after so many tries with what it has", async () => {
    let tries = 0;
    const fails = async (schedule: Schedule) => {
      tries++;
      return times(schedule).includes(3);
    };
    const shortest = await shrink(long, fails, 3);
    expect(tries).toBe(3);
    expect(times(shortest)).toContain(3);
  });
});
