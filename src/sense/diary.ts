/** A message of closed windows as sense remembers it: what may be told of it, and nothing that was counted. */
export interface SealedWindows {
  readonly epoch: string;
  readonly seq: number;
  /** The closing instant, ms since the Unix epoch. */
  readonly endMs: number;
  /** The window lengths (seconds) that ended then, ascending. */
  readonly lengths: readonly number[];
  /** When it was sealed, ms since the Unix epoch, to the second: the time that the work took is nobody's business. */
  readonly sealedAtMs: number;
  readonly clockSynced: boolean;
  /** The outputs that were not watched all the time: their window length, and the whole seconds in which they were. */
  readonly short: readonly (readonly [output: string, seconds: number, covered: number])[];
}

/** What a record tells of its coverage. Neither value nor flags: a flag may follow people (P9). */
export interface Coverage {
  readonly sensor: string;
  readonly seconds: number;
  /** Seconds, 0.1 resolution, rounded down. */
  readonly covered: number;
  /** A total or level tells of its parts, which tell for themselves. */
  readonly of?: readonly string[];
}

/** A day of minutes. */
const MOST_MESSAGES = 1_500;
/** Bounds what a day without any of many sensors takes, in memory and in one answer of the control socket. */
const MOST_SHORT = 8_000;
/** A window counts as watched all the time when less is missing: timers are a few ms late. */
const TOLERANCE_SECONDS = 0.1;

/** The newest sealed messages, in memory only: for a technician who asks what became of a window. */
export class SealedDiary {
  #entries: SealedWindows[] = [];
  #short = 0;

  add(message: Omit<SealedWindows, "short">, coverage: readonly Coverage[]): void {
    const short = coverage
      .filter(({ seconds, covered, of }) => !of && covered < seconds - TOLERANCE_SECONDS)
      .map(({ sensor, seconds, covered }) => [sensor, seconds, Math.floor(covered)] as const);
    const sealedAtMs = Math.floor(message.sealedAtMs / 1000) * 1000;
    this.#entries.push({ ...message, sealedAtMs, short });
    this.#short += short.length;
    while (this.#entries.length > MOST_MESSAGES || this.#short > MOST_SHORT)
      this.#short -= this.#entries.shift()?.short.length ?? 0;
  }

  /** Oldest first. */
  entries(): readonly SealedWindows[] {
    return this.#entries;
  }

  /** For each window length (seconds) the newest message that holds it. */
  newest(): SealedWindows[] {
    const lengths = new Set(this.#entries.flatMap((one) => one.lengths));
    const found = [...lengths].map((seconds) =>
      this.#entries.findLast((one) => one.lengths.includes(seconds)),
    );
    return [...new Set(found.filter((one) => one !== undefined))];
  }
}
