import { setTimeout as wait } from "node:timers/promises";
import type { Random } from "./random.ts";
import { type Rig, SENSORS, type SensorId, WINDOW_MS } from "./rig.ts";
import { type Passage, type Times, Truth } from "./truth.ts";

const STEP_MS = 50;
const FIRST_TOTAL = 100_000;
/** How often sense is asked for a sign of life: when it answers, what was written before is read. */
const ASK_EVERY_MS = 250;
const ASK_TIMEOUT_MS = 20_000;
/** A line that was cut so long before sense was asked is known to be cut when it answers. */
const NOTICE_MS = 400;

/** `up`: what is written is read. `starting` and `cut`: nobody knows yet. `down`: surely nobody reads, and sense knows it. */
type Link =
  | { readonly state: "up" | "starting" | "down" }
  | { readonly state: "cut"; readonly sinceMs: number };

/** People who pass all the time, whatever is broken, and the truth about them. */
export class People {
  readonly #rig: () => Rig;
  readonly #random: Random;
  readonly #truth = new Truth(WINDOW_MS);
  readonly #links = new Map<SensorId, Link>(SENSORS.map((sensor) => [sensor, { state: "starting" }]));
  #timer: NodeJS.Timeout | undefined;
  #asking = false;
  #hushed = 0;
  #total = FIRST_TOTAL;

  constructor(random: Random, rig: () => Rig) {
    this.#random = random;
    this.#rig = rig;
  }

  /** Now, on the gateway's wall clock and on ours. */
  now(): Times {
    const realMs = Date.now();
    return { realMs, labelMs: realMs + this.#rig().machine.clockOffsetMs };
  }

  start(): void {
    this.#timer = setInterval(() => this.#pass(), STEP_MS);
    this.#asking = true;
    void this.#ask();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#asking = false;
  }

  /** True when everything that was written was read. */
  get settled(): boolean {
    return this.#truth.settled;
  }

  /** Nobody passes until it is called with false as often as with true. */
  hush(quiet: boolean): void {
    this.#hushed += quiet ? 1 : -1;
  }

  up(sensor: SensorId): void {
    if (this.#links.get(sensor)?.state !== "starting") return;
    this.#links.set(sensor, { state: "up" });
    if (sensor === "turnstile") this.#tellTotal();
  }

  get allUp(): boolean {
    return [...this.#links.values()].every(({ state }) => state === "up");
  }

  starting(sensor: SensorId): void {
    this.#links.set(sensor, { state: "starting" });
  }

  /** Sense is dead. */
  down(sensor: SensorId): void {
    this.#truth.interrupted(sensor);
    this.#links.set(sensor, { state: "down" });
  }

  /** The line is cut, and sense has to notice. */
  cut(sensor: SensorId): void {
    this.#truth.interrupted(sensor);
    if (this.#links.get(sensor)?.state === "down") return;
    this.#links.set(sensor, { state: "cut", sinceMs: this.now().realMs });
  }

  powerCut(): void {
    this.#truth.powerCut(this.now());
  }

  /** Something else was written to the line: lines around it may be spoilt. */
  disturbed(sensor: SensorId): void {
    this.#truth.interrupted(sensor);
  }

  isUp(sensor: SensorId): boolean {
    return this.#links.get(sensor)?.state === "up";
  }

  passages(): Passage[] {
    return this.#truth.passages();
  }

  /** By how much the turnstile went up. */
  get turned(): number {
    return this.#total - FIRST_TOTAL;
  }

  #pass(): void {
    if (this.#hushed > 0) return;
    for (const sensor of ["gate", "door"] as const) {
      const count = this.#random.between(0, 2);
      if (count === 0) continue;
      const direction = this.#random.unit() < 0.6 ? "in" : "out";
      if (this.isUp(sensor)) this.#write(sensor, { [direction]: count });
      const fate = this.#fate(sensor);
      if (fate) this.#truth.note(sensor, count, fate, this.now());
    }
    this.#total += this.#random.between(0, 1);
    if (this.isUp("turnstile")) this.#tellTotal();
  }

  #fate(sensor: SensorId): "sure" | "lost" | null {
    const state = this.#links.get(sensor)?.state;
    if (state === "up") return "sure";
    return state === "down" ? "lost" : null;
  }

  async #ask(): Promise<void> {
    while (this.#asking) {
      const askedMs = this.now().realMs;
      if (await this.#rig().senseAnswers(ASK_TIMEOUT_MS)) this.#answered(askedMs);
      await wait(ASK_EVERY_MS);
    }
  }

  #answered(askedMs: number): void {
    this.#truth.answered(askedMs, this.now());
    for (const [sensor, link] of this.#links) {
      if (link.state === "cut" && link.sinceMs <= askedMs - NOTICE_MS)
        this.#links.set(sensor, { state: "down" });
    }
  }

  #tellTotal(): void {
    this.#write("turnstile", { inTotal: this.#total, outTotal: 0 });
  }

  #write(sensor: SensorId, line: object): void {
    this.#rig().devices[sensor].send(Buffer.from(`${JSON.stringify(line)}\n`));
  }
}
