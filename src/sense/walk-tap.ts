import { givesOfSensor } from "../config/outputs.ts";
import type { SensorConfig } from "../config/schema.ts";
import type { Output } from "../model.ts";
import type { Passages } from "../walk/verdict.ts";
import type { WindowBook } from "./count/windows.ts";

/** Who walks where and why: what must survive a crash, so that the end of the test is told. No count is in it. */
export interface WalkFacts {
  readonly sensor: string;
  readonly line: string;
  readonly operator: string;
  readonly reason: string;
  /** Whether what goes over the sensor's line is shown too. Absent in a crash copy of software that did not say. */
  readonly bytes?: boolean;
  /** ms since the Unix epoch. */
  readonly beganMs: number;
}

/** What is told while somebody walks. */
export interface WalkListener {
  /** From here on passages are seen. */
  ready(): void;
  seen(passages: Passages): void;
}

interface Marked {
  readonly sensor: SensorConfig;
  readonly outputs: readonly Output[];
}

interface Running {
  readonly listener: WalkListener;
  ready: boolean;
  in: number;
  out: number;
}

/** Where the one walk test that may run sees passages: of one line, in memory, while it lasts (P15). */
export class WalkTap {
  /** Also of a test that a crash of this process ended, until that is told. */
  #facts: WalkFacts | null;
  #running: Running | null = null;

  constructor(interrupted: WalkFacts | undefined) {
    this.#facts = interrupted ?? null;
  }

  get facts(): WalkFacts | null {
    return this.#facts;
  }

  /** From the start of a test until its end is told the open windows of its sensor say so: over a crash in between too. */
  mark({ sensor, outputs }: Marked, book: Pick<WindowBook, "flag">): void {
    if (this.#facts?.sensor !== sensor.id) return;
    for (const output of outputs) book.flag(output, "calibration");
  }

  /** @returns whether passages are seen from now on; if not, `ready` tells when */
  begin(facts: WalkFacts, sensor: SensorConfig, listener: WalkListener): boolean {
    this.#facts = facts;
    const ready = !isReadNowAndThen(sensor);
    this.#running = { listener, ready, in: 0, out: 0 };
    return ready;
  }

  /** What was seen until now. */
  get seen(): Passages {
    const { in: ins = 0, out = 0 } = this.#running ?? {};
    return { in: ins, out };
  }

  /** Nobody sees anything any more; the facts stay until the end of the test is told. */
  end(): void {
    this.#running = null;
  }

  /** The end of the test is told. */
  forget(): void {
    this.#facts = null;
  }

  /** A line counted passages. */
  counted(line: string, passagesIn: number, passagesOut: number): void {
    const running = this.#running;
    if (!running?.ready || line !== this.#facts?.line) return;
    running.in += passagesIn;
    running.out += passagesOut;
    running.listener.seen(this.seen);
  }

  /** The running totals of a sensor were read: what comes next was walked since. */
  read(sensor: string): void {
    const running = this.#running;
    if (!running || running.ready || sensor !== this.#facts?.sensor) return;
    running.ready = true;
    running.listener.ready();
  }
}

/** A counter that is read now and then tells first what passed before the test. One that speaks at a passage does not. */
function isReadNowAndThen(sensor: SensorConfig): boolean {
  if (!givesOfSensor(sensor).has("totals")) return false;
  const liveness = sensor.profile === "device" ? sensor.device.health.liveness : livenessOf(sensor);
  return liveness !== "none";
}

function livenessOf(sensor: SensorConfig): string {
  return ("liveness" in sensor && sensor.liveness) || "none";
}
