import type { Stream } from "./crowd.ts";
import type { Device } from "./device.ts";
import { Gate } from "./devices/gate.ts";
import { PROMENADE_LINE, Promenade } from "./devices/promenade.ts";
import { Terrace } from "./devices/terrace.ts";
import { Turnstile } from "./devices/turnstile.ts";

/** One sensor of the demo: how the gateway is told about it, and the device that is simulated behind its port. */
export interface DemoSensor {
  readonly id: string;
  /** The id under which its records appear. */
  readonly output: string;
  /** In the visitor's words. */
  readonly sends: string;
  /** Its section of the configuration, apart from `id` and `port`. */
  readonly settings: Readonly<Record<string, unknown>>;
  makeDevice(startMs: number): Device;
}

/** The four generic forms, one sensor each. */
export const SENSORS: readonly DemoSensor[] = [
  {
    id: "gate",
    output: "gate",
    sends: "each passage",
    settings: { profile: "generic-jsonl", sends: ["passages"] },
    makeDevice: (startMs) => new Gate(stream(11, 0, 0.2, 2.2), startMs),
  },
  {
    id: "turnstile",
    output: "turnstile",
    sends: "running totals",
    settings: { profile: "generic-csv", sends: ["totals"], columns: ["inTotal", "outTotal"] },
    makeDevice: (startMs) => new Turnstile(stream(21, 5_000, 0.1, 1.4), startMs),
  },
  {
    id: "promenade-cam",
    output: "promenade",
    sends: "positions",
    settings: {
      profile: "generic-jsonl",
      sends: ["tracks"],
      lines: [{ id: "promenade", ...PROMENADE_LINE }],
    },
    makeDevice: (startMs) => new Promenade(stream(31, 9_000, 0.2, 1.6), startMs),
  },
  {
    id: "terrace",
    output: "terrace",
    sends: "people in view",
    settings: { profile: "generic-jsonl", sends: ["present"] },
    makeDevice: (startMs) => new Terrace(stream(41, 12_000, 0, 0), startMs),
  },
];

/**
 * What the configuration says about them.
 * @param ports sensor id to the path of its port
 */
export function genericSections(ports: ReadonlyMap<string, string>): readonly unknown[] {
  return SENSORS.map(({ id, settings }) => ({ id, port: ports.get(id), ...settings }));
}

function stream(seed: number, delayMs: number, quietPerSecond: number, busyPerSecond: number): Stream {
  return { seed, delayMs, quietPerSecond, busyPerSecond };
}
