import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../../src/config/parse.ts";
import type { SerialSensorConfig } from "../../../src/config/schema.ts";
import type { Emission } from "../../../src/demo/device.ts";
import { isQuiet } from "../../../src/demo/ledger.ts";
import { type DemoSensor, genericSections, SENSORS } from "../../../src/demo/sensors.ts";
import { FLOW_SECONDS, gatewayConfig } from "../../../src/demo/site-files.ts";
import type { Reading } from "../../../src/model.ts";
import { noTracks, stepTracks } from "../../../src/sense/count/tracks.ts";
import { engineFor } from "../../../src/sense/sensor/registry.ts";

/** Steps of 10 to 400 ms: a busy machine does not step evenly. */
const steps = fc.array(fc.integer({ min: 10, max: 400 }), { minLength: 300, maxLength: 600 });
const START_MS = Date.parse("2026-07-18T12:00:01.234Z");

interface Told {
  readonly atMs: number;
  readonly quiet: boolean;
  readonly emission: Emission;
}

function live(sensor: DemoSensor, waits: readonly number[]): Told[] {
  const device = sensor.makeDevice(START_MS);
  let atMs = START_MS;
  return waits.map((wait) => {
    atMs += wait;
    const quiet = isQuiet(atMs, FLOW_SECONDS);
    return { atMs, quiet, emission: device.step(atMs, quiet) };
  });
}

/** What the gateway's own code makes of the lines: the sums after each step. */
function counted(sensor: DemoSensor, told: readonly Told[]): { in: number; out: number }[] {
  const settings = settingsOf(sensor);
  const engine = engineFor(settings);
  engine.opened(0);
  let tracks = noTracks;
  let last: { in: number; out: number } | undefined;
  const sum = { in: 0, out: 0 };
  const add = (passed: { in: number; out: number }) => {
    sum.in += passed.in;
    sum.out += passed.out;
  };
  const take = (reading: Reading, atMs: number) => {
    if (reading.type === "passages") add(reading);
    if (reading.type === "totals") {
      const now = { in: reading.in ?? 0, out: reading.out ?? 0 };
      if (last) add({ in: now.in - last.in, out: now.out - last.out });
      last = now;
    }
    if (reading.type === "tracks") {
      const stepped = stepTracks(tracks, reading, atMs, settings.lines);
      tracks = stepped.state;
      for (const crossing of stepped.crossings) add(crossing);
    }
  };
  return told.map(({ atMs, emission }) => {
    const { readings, discarded } = engine.bytes("main", Buffer.from(emission.text), 0);
    expect(discarded).toEqual([]);
    for (const reading of readings) take(reading, atMs);
    return { ...sum };
  });
}

function settingsOf(sensor: DemoSensor): SerialSensorConfig {
  const ports = new Map(SENSORS.map(({ id }) => [id, "/dev/null"]));
  const parsed = parseConfig(JSON.stringify(gatewayConfig("mqtt://127.0.0.1:1883", genericSections(ports))));
  const found = parsed.ok ? parsed.value.sensors.find(({ id }) => id === sensor.id) : undefined;
  if (!found || found.profile === "device") throw new Error(`no settings for ${sensor.id}`);
  return found;
}

/** What the simulator says: the sums after each step. */
function truthOf(told: readonly Told[]): { in: number; out: number }[] {
  const sum = { in: 0, out: 0 };
  return told.map(({ emission }) => {
    sum.in += emission.passed?.in ?? 0;
    sum.out += emission.passed?.out ?? 0;
    return { ...sum };
  });
}

describe("the simulated devices", () => {
  for (const sensor of SENSORS.filter(({ id }) => id !== "terrace")) {
    it(`${sensor.id}: the gateway's code counts exactly the people that the simulator let pass`, () => {
      fc.assert(
        fc.property(steps, (waits) => {
          const told = live(sensor, waits);
          expect(counted(sensor, told)).toEqual(truthOf(told));
          expect(truthOf(told).at(-1)?.in).toBeGreaterThan(0);
        }),
        { numRuns: 20 },
      );
    });
  }

  it("tell of nobody while they must keep quiet", () => {
    fc.assert(
      fc.property(steps, fc.constantFrom(...SENSORS), (waits, sensor) => {
        const told = live(sensor, waits).filter(({ quiet }) => quiet);
        expect(told.length).toBeGreaterThan(0);
        expect(truthOf(told).at(-1)).toEqual({ in: 0, out: 0 });
        expect(told.every(({ emission }) => emission.present === undefined)).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  it("the terrace says the number that the simulator writes down", () => {
    const terrace = SENSORS.find(({ id }) => id === "terrace");
    const told = terrace ? live(terrace, Array<number>(200).fill(200)) : [];
    const lines = told.filter(({ emission }) => emission.text !== "");
    expect(lines.length).toBeGreaterThan(20);
    for (const { emission } of lines) expect(emission.text).toBe(`{"present":${emission.present}}\n`);
  });

  it("do the same in every demo", () => {
    for (const sensor of SENSORS) {
      const waits = Array<number>(400).fill(50);
      expect(live(sensor, waits)).toEqual(live(sensor, waits));
    }
  });
});
