import type { Clock, Timer } from "../base/clock.ts";
import { openPty, type Pty } from "../base/native/pty.ts";
import type { Device } from "./device.ts";
import { isQuiet, Ledger } from "./ledger.ts";
import { type DemoSensor, SENSORS } from "./sensors.ts";
import { FLOW_SECONDS, OCCUPANCY_SECONDS } from "./site-files.ts";

const STEP_MS = 50;
const TIDY_MS = 60_000;

interface Place {
  readonly sensor: DemoSensor;
  readonly pty: Pty;
  lastLine: string;
}

/** The simulated street: devices that write to real pseudo-terminals, and the ledger of what truly happened. */
export class Street {
  readonly ledger = new Ledger({ flow: FLOW_SECONDS, occupancy: OCCUPANCY_SECONDS });
  readonly #clock: Clock;
  readonly #places: readonly Place[];
  #devices: readonly Device[] = [];
  #timer: Timer | undefined;
  #tidiedMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#places = SENSORS.map((sensor) => ({ sensor, pty: openPty(), lastLine: "" }));
  }

  /** Where the gateway opens each sensor: id to path. */
  ports(): ReadonlyMap<string, string> {
    return new Map(this.#places.map(({ sensor, pty }) => [sensor.id, pty.path]));
  }

  /** The last line each device wrote, by sensor id. */
  lastLines(): ReadonlyMap<string, string> {
    return new Map(this.#places.map(({ sensor, lastLine }) => [sensor.id, lastLine]));
  }

  /** People begin to walk. */
  open(): void {
    const nowMs = this.#clock.realtime();
    this.#devices = this.#places.map(({ sensor }) => sensor.makeDevice(nowMs));
    this.#stepLater();
  }

  /** Nobody walks any more; the ports stay. */
  close(): void {
    this.#timer?.cancel();
  }

  /** Unplugs every device. */
  remove(): void {
    this.close();
    for (const { pty } of this.#places) pty.close();
  }

  #stepLater(): void {
    this.#timer = this.#clock.after("demo.step", STEP_MS, () => {
      for (const [at, place] of this.#places.entries()) this.#step(place, this.#devices[at]);
      this.#tidy();
      this.#stepLater();
    });
  }

  #step(place: Place, device: Device | undefined): void {
    if (!device) return;
    const nowMs = this.#clock.realtime();
    const { sensor, pty } = place;
    // The longer windows end where shorter ones end too.
    const { text, passed, present } = device.step(nowMs, isQuiet(nowMs, FLOW_SECONDS));
    if (text === "") return;
    pty.write(Buffer.from(text));
    place.lastLine = text.trimEnd().split("\n").at(-1) ?? "";
    if (passed) this.ledger.passed(sensor.output, nowMs, passed);
    if (present !== undefined) this.ledger.present(sensor.output, nowMs, present);
  }

  #tidy(): void {
    const nowMs = this.#clock.realtime();
    if (nowMs - this.#tidiedMs < TIDY_MS) return;
    this.#tidiedMs = nowMs;
    this.ledger.tidy(nowMs);
  }
}
