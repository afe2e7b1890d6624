import type { Clock, Timer } from "../base/clock.ts";
import { openPty, type Pty } from "../base/native/pty.ts";
import type { Device } from "./device.ts";
import { isQuiet, Ledger } from "./ledger.ts";
import { type DemoSensor, genericSections, SENSORS } from "./sensors.ts";
import { FLOW_SECONDS, OCCUPANCY_SECONDS } from "./site-files.ts";

const STEP_MS = 50;
const TIDY_MS = 60_000;

interface Place {
  readonly sensor: DemoSensor;
  readonly pty: Pty;
  lastLine: string;
}

/** One sensor of the street, as it stands now. */
export interface StreetSensor {
  readonly id: string;
  readonly port: string;
  /** In the visitor's words. */
  readonly sends: string;
  /** What the device wrote last, as text. */
  readonly line: string;
  /** The ids of its records. */
  readonly outputs: readonly string[];
  /** How well its profile is known; null for a generic one. */
  readonly status: "proven" | "experimental" | null;
  /** Null when it tells by itself. */
  readonly askedEverySeconds: number | null;
}

/** Simulated devices behind real pseudo-terminals, and the truth about who passed them. */
export interface Street {
  readonly ledger: Pick<Ledger, "truth">;
  /** What the configuration says under `sensors`. */
  readonly sections: readonly unknown[];
  /** Files that the configuration names, to be written beside it. */
  readonly files: ReadonlyMap<string, string>;
  /** How long after the last visitor everything that happened has been published, ms. */
  readonly lastWindowsMs: number;
  sensors(): readonly StreetSensor[];
  /** People begin to walk at the moment it returns, in ms since the Unix epoch. */
  open(): number;
  /** Nobody walks any more; the ports stay. */
  close(): void;
  /** Unplugs every device. */
  remove(): void;
}

/** A street with the four generic sensors. */
export class GenericStreet implements Street {
  readonly ledger = new Ledger({ flow: FLOW_SECONDS, occupancy: OCCUPANCY_SECONDS });
  readonly files = new Map<string, string>();
  /** A passage is told at once, so it lies in a window that is published or in the open one. */
  readonly lastWindowsMs = 0;
  readonly #clock: Clock;
  readonly #places: readonly Place[];
  #devices: readonly Device[] = [];
  #timer: Timer | undefined;
  #tidiedMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#places = SENSORS.map((sensor) => ({ sensor, pty: openPty(), lastLine: "" }));
  }

  get sections(): readonly unknown[] {
    return genericSections(new Map(this.#places.map(({ sensor, pty }) => [sensor.id, pty.path])));
  }

  sensors(): readonly StreetSensor[] {
    return this.#places.map(({ sensor: { id, output, sends }, pty, lastLine }) => {
      const told = { id, port: pty.path, sends, line: lastLine, outputs: [output] };
      return { ...told, status: null, askedEverySeconds: null };
    });
  }

  open(): number {
    const nowMs = this.#clock.realtime();
    this.#devices = this.#places.map(({ sensor }) => sensor.makeDevice(nowMs));
    this.#stepLater();
    return nowMs;
  }

  close(): void {
    this.#timer?.cancel();
  }

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
