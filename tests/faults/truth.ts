/** What really passed, as the harness knows it, in the wall time of the gateway. Plain data and pure functions. */

/** One passage, or a few at once. Times in ms since the Unix epoch on the gateway's wall clock, which may step. */
export interface Passage {
  readonly sensor: string;
  /**
   * The wall time, or the latest that was shown before when the clock was stepped back: windows that closed stay closed.
   * Soon after a step forward, by the clock of before it.
   */
  readonly atMs: number;
  /** By then it was read, if ever; infinite when that is not known. */
  readonly readMs: number;
  readonly count: number;
  /**
   * `sure`: the gateway read it and lived long enough to keep it. `maybe`: it was on its way when a process died.
   * `lost`: nobody was there to read it, so a window that holds it must say that it is not whole.
   */
  readonly fate: "sure" | "maybe" | "lost";
}

type Noted = { -readonly [key in keyof Passage]: Passage[key] } & {
  readonly realMs: number;
  /** By the clock that was the furthest ahead. */
  readonly latestMs: number;
};

/** The gateway's wall time, and our own to tell what was before what. */
export interface Times {
  readonly labelMs: number;
  readonly realMs: number;
}

/**
 * Bytes that were written so long before sense was asked are read when it answers: a thread of its pool reads them, which a
 * busy machine may keep waiting.
 */
const TRAVEL_MS = 400;

/** Sense looks at the wall clock at a pace of its own, not with each passage (P9): until then it goes by the one of before. */
const CLOCK_SEEN_MS = 1_000 + TRAVEL_MS;

/** Collects passages, and forgets how sure it was of those that a fault touched. */
export class Truth {
  readonly #windowMs: number;
  readonly #noted: Noted[] = [];
  /** Written, and not known to be read. */
  #travelling: Noted[] = [];
  /** The latest wall time that was shown. */
  #latestMs = 0;
  /** After a power cut under a clock that was stepped back: windows up to here may be refused. */
  #refusedUntilMs = 0;
  /** How far the wall clock is ahead of ours, and how far it was until a moment of ours. */
  #aheadMs: number | undefined;
  #before: { readonly aheadMs: number; readonly untilMs: number }[] = [];

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  note(sensor: string, count: number, fate: "sure" | "lost", times: Times): void {
    const doubtful = fate === "sure" && times.labelMs < this.#refusedUntilMs;
    const shownMs = this.#show(times);
    const { realMs } = times;
    const labels = [shownMs, ...this.#before.map(({ aheadMs }) => realMs + aheadMs)];
    const [atMs, latestMs] = [Math.min(...labels), Math.max(...labels)];
    const readMs = fate === "lost" ? latestMs : Number.POSITIVE_INFINITY;
    const one: Noted = { sensor, atMs, readMs, count, fate: doubtful ? "maybe" : fate, realMs, latestMs };
    this.#noted.push(one);
    if (fate === "sure") this.#travelling.push(one);
  }

  /** Sense answered just now to what it was asked at `askedMs` (our time). */
  answered(askedMs: number, times: Times): void {
    const nowMs = this.#show(times);
    const isRead = ({ realMs }: Noted) => realMs <= askedMs - TRAVEL_MS;
    for (const one of this.#travelling.filter(isRead)) one.readMs = Math.max(nowMs, one.latestMs);
    this.#travelling = this.#travelling.filter((one) => !isRead(one));
  }

  /** True when nothing is on its way. */
  get settled(): boolean {
    return this.#travelling.length === 0;
  }

  /** A process or a sensor goes down now: what is on its way may never be read. */
  interrupted(sensor?: string): void {
    for (const one of this.#travelling) if (sensor === undefined || one.sensor === sensor) doubt(one);
  }

  /** The crash copy is gone, and with it the open window and what came late from the one before it. */
  powerCut(times: Times): void {
    this.interrupted();
    const nowMs = this.#show(times);
    const openMs = Math.floor(nowMs / this.#windowMs) * this.#windowMs;
    for (const one of this.#noted) if (one.readMs >= openMs - TRAVEL_MS) doubt(one);
    this.#refusedUntilMs = nowMs > times.labelMs ? openMs + this.#windowMs : 0;
  }

  passages(): Passage[] {
    return this.#noted.map(({ realMs: _, latestMs: __, ...passage }) => passage);
  }

  /** The wall time as windows see it: it never goes back. */
  #show({ labelMs, realMs }: Times): number {
    const aheadMs = labelMs - realMs;
    const before = this.#aheadMs ?? aheadMs;
    this.#aheadMs = aheadMs;
    this.#before = this.#before.filter(({ untilMs }) => realMs - untilMs <= CLOCK_SEEN_MS);
    if (Math.abs(aheadMs - before) > 1) this.#before.push({ aheadMs: before, untilMs: realMs });
    this.#latestMs = Math.max(this.#latestMs, labelMs);
    return this.#latestMs;
  }
}

/** What nobody read stays lost. */
function doubt(one: Noted): void {
  if (one.fate === "sure") one.fate = "maybe";
}
