import { setTimeout as wait } from "node:timers/promises";
import { Breaker } from "./break.ts";
import { type Evidence, judge, type Ledger, type Violation } from "./oracle.ts";
import { People } from "./people.ts";
import { Random } from "./random.ts";
import { Rig, SENSORS, WINDOW_MS } from "./rig.ts";
import { endOf, type Schedule } from "./schedule.ts";
import type { Tools } from "./tools.ts";

export interface HistoryOptions {
  /** For the passages and for what a power cut leaves; the faults are in the schedule. */
  readonly seed: number;
  readonly schedule: Schedule;
  readonly tools: Tools;
  /** The last fault kills forward, so that no back-off of earlier faults is left and the end comes soon. */
  readonly endsWithKill: boolean;
}

export interface HistoryResult {
  readonly violations: readonly Violation[];
  readonly freshAfterMs: number | null;
  /** Windows that came, by quality, and why gaps were declared: what the history was like. */
  readonly records: { readonly ok: number; readonly partial: number; readonly not_measured: number };
  readonly reasons: readonly string[];
  /** How long after its end the latest window came, ms: a figure only where the clock was not stepped. */
  readonly latestMs: number;
  readonly evidence: Evidence;
  /** What every process said, in the order of their starts. */
  readonly logs: string;
}

const LOOK_MS = 200;
const STATUS_EVERY_MS = 1_000;
const STATUS_TIMEOUT_MS = 1_000;
/**
 * Two windows, what sense waits at most before it looks for forward again, the second over which a fleet spreads its
 * messages, and as much again as two windows for a machine with much else to do.
 */
const TWO_WINDOWS_MS = 2 * (2 * WINDOW_MS) + 5_000 + 1_000;
/** What a link waits at most before it tries again, and until it gives up a connection that says nothing. */
const LONGEST_WAIT_MS = 60_000 + 20_000;
/** Only to end a history that hangs: ten of them start at a time. */
const START_LIMIT_MS = 120_000;
const END_LIMIT_MS = 150_000;

/** Runs one history with everything real, and judges it. Ends within a few minutes, whatever happens. */
export async function runHistory(options: HistoryOptions): Promise<HistoryResult> {
  const history = new History(options);
  try {
    return await history.run();
  } finally {
    await history.stop();
  }
}

class History {
  readonly #options: HistoryOptions;
  readonly #rig: Rig;
  readonly #people: People;
  readonly #breaker: Breaker;
  readonly #crashes: string[] = [];
  readonly #ledgers: Ledger[] = [];
  #watching: NodeJS.Timeout | undefined;

  constructor(options: HistoryOptions) {
    const { seed, tools } = options;
    this.#options = options;
    this.#people = new People(new Random(seed), () => this.#rig);
    this.#rig = new Rig({
      tools,
      protocol: seed % 2 === 0 ? "5" : "3.1.1",
      onUp: (sensor) => this.#people.up(sensor),
      onCrash: (who, words) => {
        if (who === "sense" || !this.#breaker.diskWasBad) this.#crashes.push(`${who}: ${words}`);
      },
    });
    this.#breaker = new Breaker(this.#rig, this.#people, new Random(seed + 1));
  }

  async run(): Promise<HistoryResult> {
    const { schedule, endsWithKill } = this.#options;
    await this.#rig.start();
    await this.#soon(() => this.#people.allUp, START_LIMIT_MS, "all sensors up");
    this.#people.start();
    await this.#soon(() => this.#wholeWindow(), START_LIMIT_MS, "a first whole window at the city");
    this.#watching = setInterval(() => void this.#look(), STATUS_EVERY_MS);
    await wait(WINDOW_MS - (this.#people.now().labelMs % WINDOW_MS));
    await this.#suffer(schedule);
    if (endsWithKill) await this.#breaker.apply({ kind: "kill", who: "forward", downMs: 0 });
    const freshAfterMs = await this.#fresh();
    this.#people.hush(true);
    await this.#drained();
    return this.#result(freshAfterMs);
  }

  async stop(): Promise<void> {
    clearInterval(this.#watching);
    this.#people.stop();
    await this.#rig.stop();
  }

  async #suffer(schedule: Schedule): Promise<void> {
    const startMs = performance.now();
    const running: Promise<void>[] = [];
    for (const { atMs, fault } of schedule) {
      await wait(Math.max(0, atMs - (performance.now() - startMs)));
      running.push(this.#breaker.apply(fault));
    }
    await wait(Math.max(0, endOf(schedule) - (performance.now() - startMs)));
    await Promise.all(running);
  }

  #wholeWindow(): boolean {
    return SENSORS.every((sensor) =>
      this.#rig.city.records.some((one) => one.sensor === sensor && one.quality === "ok"),
    );
  }

  /**
   * How long until a window that began after the faults is at the city with somebody in it. The faults are over when both
   * processes run again: how long they take to start is the machine's matter.
   */
  async #fresh(): Promise<number | null> {
    const running = () => this.#people.allUp && this.#rig.forwardIsReady;
    if (!(await this.#within(running, START_LIMIT_MS))) return null;
    const { labelMs, realMs } = this.#people.now();
    const came = () =>
      this.#rig.city.records.some(
        ({ sensor, endMs, count }) => sensor === "gate" && endMs - WINDOW_MS >= labelMs && (count ?? 0) > 0,
      );
    return (await this.#within(came, END_LIMIT_MS)) ? this.#people.now().realMs - realMs : null;
  }

  /** Waits until the window of the last passage came and nothing is queued. */
  async #drained(): Promise<void> {
    const { labelMs } = this.#people.now();
    const past = () =>
      SENSORS.every((sensor) =>
        this.#rig.city.records.some((one) => one.sensor === sensor && one.endMs - WINDOW_MS >= labelMs),
      );
    await this.#within(past, END_LIMIT_MS);
    for (let waited = 0; waited < END_LIMIT_MS; waited += LOOK_MS) {
      await this.#look();
      if (this.#ledgers.at(-1)?.queued === 0) return;
      await wait(LOOK_MS);
    }
  }

  async #look(): Promise<void> {
    const outbox = await this.#rig.outbox(STATUS_TIMEOUT_MS);
    if (outbox) this.#ledgers.push(outbox);
  }

  async #soon(condition: () => boolean, limitMs: number, what: string): Promise<void> {
    if (await this.#within(condition, limitMs)) return;
    throw new Error(`never happened: ${what}\n${this.#logs()}`);
  }

  async #within(condition: () => boolean, limitMs: number): Promise<boolean> {
    for (let waited = 0; waited < limitMs && !condition(); waited += LOOK_MS) await wait(LOOK_MS);
    return condition();
  }

  #logs(): string {
    return this.#rig.processes.map(({ who, process }) => `== ${who}\n${process.text}`).join("");
  }

  #result(freshAfterMs: number | null): HistoryResult {
    const { endsWithKill } = this.#options;
    const city = this.#rig.city.evidence();
    const evidence: Evidence = {
      ...city,
      windowMs: WINDOW_MS,
      sensors: ["gate", "door"],
      passages: this.#people.passages(),
      totals: [{ sensor: "turnstile", count: this.#people.turned }],
      crashes: this.#crashes,
      ledgers: this.#ledgers,
      freshAfterMs,
      freshLimitMs: TWO_WINDOWS_MS + (endsWithKill ? 0 : LONGEST_WAIT_MS),
    };
    const of = (quality: string) => city.records.filter((one) => one.quality === quality).length;
    return {
      violations: judge(evidence),
      freshAfterMs,
      records: { ok: of("ok"), partial: of("partial"), not_measured: of("not_measured") },
      reasons: city.reasons,
      latestMs: this.#rig.city.latestMs,
      evidence,
      logs: this.#logs(),
    };
  }
}
