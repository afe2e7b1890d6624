import type { Random } from "./random.ts";
import { type Rig, SENSORS, type SensorId, WINDOW_MS } from "./rig.ts";
import { type Passage, type Times, Truth } from "./truth.ts";

const STEP_MS = 50;
const FIRST_TOTAL = 100_000;
/** Going down takes a moment to be noticed; who passes within it is neither read nor surely missed. */
const NOTICED_MS = 200;

/** `up`: what is written is read. `starting`: nobody knows yet. `down`: surely nobody reads. */
type Link = { readonly state: "up" | "starting" } | { readonly state: "down"; readonly sinceMs: number };

/** People who pass all the time, whatever is broken, and the truth about them. */
export class People {
  readonly #rig: () => Rig;
  readonly #random: Random;
  readonly #truth = new Truth(WINDOW_MS);
  readonly #links = new Map<SensorId, Link>(SENSORS.map((sensor) => [sensor, { state: "starting" }]));
  #timer: NodeJS.Timeout | undefined;
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
  }

  stop(): void {
    clearInterval(this.#timer);
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

  down(sensor: SensorId): void {
    const { realMs } = this.now();
    this.#truth.interrupted(realMs, sensor);
    if (this.#links.get(sensor)?.state !== "down")
      this.#links.set(sensor, { state: "down", sinceMs: realMs });
  }

  powerCut(): void {
    this.#truth.powerCut(this.now());
  }

  /** Something else was written to the line: lines around it may be spoilt. */
  disturbed(sensor: SensorId): void {
    this.#truth.interrupted(this.now().realMs, sensor);
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
    const link = this.#links.get(sensor);
    if (link?.state === "up") return "sure";
    if (link?.state === "down" && this.now().realMs - link.sinceMs > NOTICED_MS) return "lost";
    return null;
  }

  #tellTotal(): void {
    this.#write("turnstile", { inTotal: this.#total, outTotal: 0 });
  }

  #write(sensor: SensorId, line: object): void {
    this.#rig().devices[sensor].send(Buffer.from(`${JSON.stringify(line)}\n`));
  }
}
