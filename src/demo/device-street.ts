import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../base/clock.ts";
import type { Profile } from "../config/profile.ts";
import { SIMULATORS } from "../simulators/catalog.ts";
import { PluggedDevice } from "../simulators/plugged-device.ts";
import { CHIRP, CHIRP_FILE, DEVICE_SENSORS, type DeviceSensor, flowOutput } from "./device-sensors.ts";
import { SceneTruth, type Sees } from "./scene-truth.ts";
import { FLOW_SECONDS } from "./site-files.ts";
import type { Street, StreetSensor } from "./street.ts";
import { walkersFor } from "./walkers.ts";

export interface DeviceStreetOptions {
  readonly clock: Clock;
  /** Its ports lie there. */
  readonly folder: string;
  readonly profiles: readonly Profile[];
  /** How long people walk. */
  readonly seconds: number;
}

const SEED = 51;
/** The devices' own clock at the start of the scene; before it they are set up while nobody walks. */
const SCENE_MS = 3_600_000;
/** How long the slowest of them takes to be set up (one command a second). */
const SET_UP_MS = 5_000;
/** The last passages are asked for within one interval of a poll, and the window of that poll has to end. */
const LAST_WINDOWS_MS = 11_500;
const SHOWN_BYTES = 24;

interface Stand {
  readonly id: string;
  readonly sensor: DeviceSensor;
  readonly profile: Profile;
  readonly device: PluggedDevice;
}

/** A simulated device for every serial profile, all of them in front of the same people. */
export class DeviceStreet implements Street {
  readonly ledger: SceneTruth;
  readonly files = new Map([[CHIRP_FILE, CHIRP]]);
  readonly lastWindowsMs = LAST_WINDOWS_MS;
  readonly #clock: Clock;
  readonly #folder: string;
  readonly #stands: readonly Stand[];
  /** The devices' clock minus the machine's. */
  #aheadMs: number;

  constructor({ clock, folder, profiles, seconds }: DeviceStreetOptions) {
    this.#clock = clock;
    this.#folder = join(folder, "devices");
    this.#aheadMs = -clock.monotonic();
    const scene = walkersFor(SEED, SCENE_MS, seconds * 1000);
    const devices: Clock = {
      monotonic: () => clock.monotonic() + this.#aheadMs,
      realtime: () => clock.realtime(),
      after: (name, ms, fn) => clock.after(name, ms, fn),
    };
    this.#stands = Object.entries(DEVICE_SENSORS).flatMap(([id, sensor]) => {
      const profile = profiles.find((one) => one.id === id);
      const device = SIMULATORS[id]?.(scene, 0);
      if (!profile || !device) return [];
      const own = join(this.#folder, id);
      mkdirSync(own, { recursive: true, mode: 0o700 });
      const options = { clock: devices, folder: own, ports: sensor.ports ?? ["main" as const] };
      return [{ id, sensor, profile, device: new PluggedDevice(device, options) }];
    });
    this.ledger = new SceneTruth(scene, seenBy(this.#stands));
    for (const { device } of this.#stands) device.plug();
  }

  get sections(): readonly unknown[] {
    return this.#stands.map(({ id, sensor, device }) => ({
      id,
      profile: id,
      ...(sensor.ports
        ? { ports: { data: device.path("main"), command: device.path("command") } }
        : { port: device.path() }),
      ...sensor.settings,
      ...(sensor.line ? { lines: [{ id: flowOutput(id), from: [-2, 2], to: [2, 2], in: "left" }] } : {}),
    }));
  }

  sensors(): readonly StreetSensor[] {
    return this.#stands.map(({ id, sensor, profile, device }) => ({
      id,
      port: device.path(),
      sends: "bytes of its own",
      line: Buffer.from(device.lastSent.subarray(0, SHOWN_BYTES)).toString("hex"),
      outputs: [...(sensor.sees.flow ? [flowOutput(id)] : []), ...(sensor.sees.present ? [id] : [])],
      status: profile.status,
      askedEverySeconds: sensor.askedEverySeconds ?? null,
    }));
  }

  /** People begin to walk with the first window after all devices had the time to be set up. */
  open(): number {
    const length = FLOW_SECONDS * 1000;
    const nowMs = this.#clock.realtime();
    const beginMs = Math.ceil((nowMs + SET_UP_MS) / length) * length;
    this.#aheadMs = SCENE_MS - (beginMs - nowMs) - this.#clock.monotonic();
    this.ledger.begin(beginMs, SCENE_MS);
    return beginMs;
  }

  /** The scene ends by itself; the devices go on. */
  close(): void {}

  remove(): void {
    for (const { device } of this.#stands) device.unplug();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function seenBy(stands: readonly Stand[]): ReadonlyMap<string, Sees> {
  return new Map(
    stands.flatMap(
      ({ id, sensor: { sees } }) =>
        [
          [id, sees],
          [flowOutput(id), sees],
        ] as const,
    ),
  );
}
