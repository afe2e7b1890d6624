/** What really passed, as the harness knows it, in the wall time of the gateway. Plain data and pure functions. */

/** One passage, or a few at once. Times in ms since the Unix epoch on the gateway's wall clock, which may step. */
export interface Passage {
  readonly sensor: string;
  /** The wall time, or the latest that was shown before when the clock was stepped back: windows that closed stay closed. */
  readonly atMs: number;
  readonly count: number;
  /**
   * `sure`: the gateway read it and lived long enough to keep it. `maybe`: it was on its way when a process died.
   * `lost`: nobody was there to read it, so a window that holds it must say that it is not whole.
   */
  readonly fate: "sure" | "maybe" | "lost";
}

interface Noted {
  readonly sensor: string;
  readonly atMs: number;
  readonly labelMs: number;
  readonly realMs: number;
  readonly count: number;
  fate: Passage["fate"];
}

/** A byte that was written so long before a process died was read by then: generous, for machines with much to do. */
const READ_WITHIN_MS = 800;

/** Collects passages, and forgets how sure it was of those that a fault touched. */
export class Truth {
  readonly #windowMs: number;
  readonly #noted: Noted[] = [];
  /** The latest wall time that was shown. */
  #latestMs = 0;
  /** After a power cut under a clock that was stepped back: windows up to here may be refused. */
  #refusedUntilMs = 0;

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  /**
   * @param labelMs the gateway's wall time
   * @param realMs our own, to tell what was shortly before what
   */
  note(sensor: string, count: number, fate: "sure" | "lost", { labelMs, realMs }: Times): void {
    this.#latestMs = Math.max(this.#latestMs, labelMs);
    const doubtful = labelMs < this.#refusedUntilMs;
    this.#noted.push({
      sensor,
      count,
      labelMs,
      realMs,
      atMs: this.#latestMs,
      fate: doubtful ? "maybe" : fate,
    });
  }

  /** A process or a sensor goes down now: what was written just before may never have been read. */
  interrupted(realMs: number, sensor?: string): void {
    for (const one of this.#recent(({ realMs: then }) => then >= realMs - READ_WITHIN_MS)) {
      if (sensor === undefined || one.sensor === sensor) doubt(one);
    }
  }

  /** The crash copy is gone, and with it the open window and what came late from the one before it. */
  powerCut(times: Times): void {
    this.interrupted(times.realMs);
    this.#latestMs = Math.max(this.#latestMs, times.labelMs);
    const openMs = Math.floor(this.#latestMs / this.#windowMs) * this.#windowMs;
    for (const one of this.#recent(({ atMs }) => atMs >= openMs - READ_WITHIN_MS)) doubt(one);
    this.#refusedUntilMs = this.#latestMs > times.labelMs ? openMs + this.#windowMs : 0;
  }

  passages(): Passage[] {
    return this.#noted.map(({ sensor, atMs, count, fate }) => ({ sensor, atMs, count, fate }));
  }

  /** From the newest back, as long as they are recent. */
  *#recent(isRecent: (one: Noted) => boolean): Generator<Noted> {
    for (let index = this.#noted.length - 1; index >= 0; index--) {
      const one = this.#noted[index];
      if (!one || !isRecent(one)) return;
      yield one;
    }
  }
}

export interface Times {
  readonly labelMs: number;
  readonly realMs: number;
}

/** What nobody read stays lost. */
function doubt(one: Noted): void {
  if (one.fate === "sure") one.fate = "maybe";
}
