import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseProfile } from "../../../src/config/profile.ts";
import {
  type DistanceBeamOptions,
  type DistanceBeamState,
  distanceBeam,
  isBeamBlocked,
  startOfDistanceBeam,
} from "../../../src/sense/sensor/distance-beam.ts";
import { distanceBeamEngine, distanceBeamOptions } from "../../../src/sense/sensor/distance-beam-engine.ts";
import { settingsOf } from "../../kit/devices.ts";

const OPTIONS: DistanceBeamOptions = {
  nearerThanMetres: 2,
  hysteresisMetres: 0.2,
  holdMs: 30,
  maxPerSecond: 5,
  counts: "in",
};

/** So many measurements of one distance, 10 ms apart as at 100 Hz; a strength may follow. */
type Stretch = readonly [times: number, cm: number, strength?: number];

const WALL: Stretch = [50, 350];
const BODY: Stretch = [25, 120];

function watch(stretches: readonly Stretch[], options: Partial<DistanceBeamOptions> = {}, everyMs = 10) {
  let state: DistanceBeamState = startOfDistanceBeam;
  let atMs = 0;
  const counted = { in: 0, out: 0 };
  const discarded: string[] = [];
  for (const [times, cm, strength] of stretches)
    for (let nth = 0; nth < times; nth++) {
      atMs += everyMs;
      const taken = distanceBeam(state, { cm, strength, atMs }, { ...OPTIONS, ...options });
      state = taken.state;
      discarded.push(...taken.discarded);
      for (const reading of taken.readings) {
        if (reading.type !== "passages") throw new Error("only passages come from a beam");
        counted.in += reading.in;
        counted.out += reading.out;
      }
    }
  return { ...counted, discarded, state, atMs };
}

describe("a distance as a beam", () => {
  it("counts each time that somebody stood in it and it is clear again", () => {
    expect(watch([WALL, BODY, WALL, BODY, WALL])).toMatchObject({ in: 2, out: 0, discarded: [] });
    expect(watch([WALL, BODY, WALL], { counts: "out" })).toMatchObject({ in: 0, out: 1 });
    expect(watch([WALL, BODY])).toMatchObject({ in: 0 });
  });

  it("counts when clear has held, not before", () => {
    expect(watch([WALL, BODY, [3, 350]]).in).toBe(0);
    expect(watch([WALL, BODY, [4, 350]]).in).toBe(1);
  });

  it("does not believe a measurement or two, near or far", () => {
    expect(watch([WALL, [3, 120], WALL]).in).toBe(0);
    expect(watch([WALL, [4, 120], WALL]).in).toBe(1);
    expect(watch([WALL, [3, 120], [1, 350], [3, 120], WALL]).in).toBe(0);
    expect(watch([WALL, BODY, [3, 350], BODY, WALL]).in).toBe(1);
    expect(watch([WALL, BODY, [4, 350], BODY, WALL]).in).toBe(2);
  });

  it("is broken below the limit and clear from the hysteresis on; in between it stays as it was", () => {
    expect(watch([WALL, [25, 200], WALL]).in).toBe(0);
    expect(watch([WALL, [25, 199], WALL]).in).toBe(1);
    expect(watch([WALL, BODY, [25, 219]]).in).toBe(0);
    expect(watch([WALL, BODY, [25, 220]]).in).toBe(1);
    expect(
      watch([WALL, ...Array.from({ length: 40 }, (_, at): Stretch => [5, at % 2 ? 195 : 215]), WALL]).in,
    ).toBe(1);
  });

  it.each([
    ["a weak echo", [25, -1, 20]],
    ["a weak echo of the oldest sensors", [25, 65_535, 12]],
    ["too much light", [25, -4, 500]],
    ["a flooded detector", [25, 120, 65_535]],
    ["no strength", [25, 120, 0]],
    ["zero", [25, 0]],
    ["not a number", [25, Number.NaN]],
  ] as const)("takes %s as no measurement: neither broken nor clear", (_, none) => {
    expect(watch([WALL, none, WALL]).in).toBe(0);
    expect(watch([WALL, BODY, none, BODY, WALL]).in).toBe(1);
    expect(watch([WALL, BODY, none]).in).toBe(0);
  });

  it("lets a level hold again after a measurement that failed, and after a gap", () => {
    expect(watch([WALL, [3, 120], [1, -1], [3, 120], WALL]).in).toBe(0);
    expect(watch([WALL, BODY, WALL], {}, 200).in).toBe(1);
    expect(watch([WALL, BODY, WALL], {}, 201).in).toBe(0);
    expect(watch([WALL, BODY, WALL], { holdMs: 500 }, 400).in).toBe(1);
  });

  it("does not count what stood in it when watching began", () => {
    expect(watch([BODY, WALL]).in).toBe(0);
    expect(watch([BODY, WALL, BODY, WALL]).in).toBe(1);
    expect(watch([[25, 210], BODY, WALL]).in).toBe(0);
  });

  it("discards what is faster than people", () => {
    const snow = Array.from({ length: 40 }, (): Stretch[] => [
      [5, 120],
      [5, 350],
    ]).flat();
    const { in: entered, discarded } = watch([WALL, ...snow, WALL]);
    expect({ entered, discarded }).toEqual({ entered: 20, discarded: Array(20).fill("too_fast") });
  });

  it("is blocked when something stays in it or nothing can be measured, and else not", () => {
    const blocked = (stretches: readonly Stretch[], laterMs = 0) => {
      const { state, atMs } = watch(stretches);
      return isBeamBlocked(state, atMs + laterMs, { sinceMs: 0, afterMs: 60_000 });
    };
    expect(blocked([WALL, [5900, 120]])).toBe(false);
    expect(blocked([WALL, [6100, 120]])).toBe(true);
    expect(blocked([WALL, [6100, 120], WALL])).toBe(false);
    expect(blocked([WALL, [5999, -1]])).toBe(false);
    expect(blocked([WALL, [6000, -1]])).toBe(true);
    expect(blocked([[5999, -4]])).toBe(false);
    expect(blocked([[6000, -4]])).toBe(true);
    expect(blocked([[6000, -4], WALL])).toBe(false);
    expect(blocked([[7000, 350]])).toBe(false);
  });
});

/** A frame of a TFmini: 59 59, distance, strength, temperature, sum. */
function tfmini(cm: number, strength = 800): Uint8Array {
  const frame = Uint8Array.of(
    0x59,
    0x59,
    cm & 0xff,
    (cm >> 8) & 0xff,
    strength & 0xff,
    strength >> 8,
    0x40,
    0x09,
    0,
  );
  frame[8] = frame.subarray(0, 8).reduce((sum, byte) => sum + byte, 0) & 0xff;
  return frame;
}

describe("the engine of a distance beam, with the profile of the TFmini", () => {
  const parsed = parseProfile(
    readFileSync(new URL("../../../firmware-config/benewake-tfmini/profile.yaml", import.meta.url), "utf8"),
  );
  const engine = () => {
    if (!parsed.ok) throw new Error("the profile is good");
    return distanceBeamEngine(parsed.value, {
      nearerThanMetres: 2,
      hysteresisMetres: 0.2,
      holdMs: 30,
      maxPerSecond: 5,
    });
  };

  it("counts who walks through, from bytes in any pieces, and works", () => {
    for (const size of [1, 9, 13]) {
      const device = engine();
      device.opened(0);
      const distances = [
        ...Array(50).fill(350),
        ...Array(25).fill(120),
        ...Array(10).fill(-1),
        ...Array(50).fill(350),
      ];
      const bytes = new Uint8Array(Buffer.concat(distances.map((cm) => tfmini(cm))));
      const readings = [];
      for (let at = 0; at < bytes.length; at += size)
        readings.push(...device.bytes("main", bytes.subarray(at, at + size), (at / 9) * 10).readings);
      expect(readings).toEqual([{ type: "passages", in: 1, out: 0 }]);
      expect(device.condition).toBe("working");
    }
  });

  it("counts who walked through while the gateway stood still: what comes together was not measured together", () => {
    for (const lumpMs of [100, 300, 1000, 3000]) {
      const device = engine();
      device.opened(0);
      const walk = [...Array(60).fill(350), ...Array(25).fill(120), ...Array(40).fill(350)];
      const frames = [...walk, ...walk, ...walk].map((cm) => tfmini(cm));
      let passed = 0;
      for (let at = 0; at < frames.length; at += lumpMs / 10) {
        const lump = new Uint8Array(Buffer.concat(frames.slice(at, at + lumpMs / 10)));
        passed += device.bytes("main", lump, at * 10 + lumpMs).readings.length;
      }
      expect([lumpMs, passed]).toEqual([lumpMs, 3]);
    }
  });

  it("is silent without frames and blocked without distances", () => {
    const device = engine();
    device.opened(0);
    device.bytes("main", tfmini(350), 10);
    device.tick(device.dueMs ?? 0);
    expect(device.condition).toBe("silent");
    const dazzled = engine();
    dazzled.opened(0);
    for (let atMs = 0; atMs <= 61_000; atMs += 100) dazzled.bytes("main", tfmini(-4), atMs);
    expect(dazzled.condition).toBe("blocked");
  });

  it("passes on nothing but passages", () => {
    const device = engine();
    device.opened(0);
    expect(device.bytes("main", tfmini(123), 10)).toEqual({ readings: [], discarded: [], send: [] });
  });

  it("reads nothing from any line but its own", () => {
    const device = engine();
    device.opened(0);
    for (let atMs = 0; atMs < 3000; atMs += 10)
      device.bytes("command", tfmini(atMs % 1000 < 500 ? 350 : 120), atMs);
    expect(device.bytes("command", tfmini(350), 3000).readings).toEqual([]);
    expect(device.condition).not.toBe("working");
  });

  it("takes its options from the settings of the profile", () => {
    if (!parsed.ok) throw new Error("the profile is good");
    const set = (given: object) => settingsOf(parsed.value, { nearerThanMetres: 3, ...given });
    const usual = { nearerThanMetres: 3, hysteresisMetres: 0.1, holdMs: 50, maxPerSecond: 4, counts: "in" };
    expect(distanceBeamOptions(set({}))).toEqual(usual);
    const own = { hysteresisMetres: 0.5, holdMs: 20, maxPerSecond: 2, counts: "out" };
    expect(distanceBeamOptions(set(own))).toEqual({ nearerThanMetres: 3, ...own });
  });
});
