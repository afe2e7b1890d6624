/**
 * The truth of the simulation, window by window. It is written down where the people are made up; nothing in it comes
 * from the gateway, which never tells a true count.
 */

/** What a window truly held. */
export type Truth = { readonly in: number; readonly out: number } | { readonly present: number };

/** Devices tell nothing that counts so long before a window ends: bytes are read later than they are written. */
export const QUIET_BEFORE_MS = 400;
/** And so long after it. */
export const QUIET_AFTER_MS = 100;
const KEEP_MS = 600_000;

/** Whether `nowMs` is so near to the edge of a window that a passage could fall on either side of it. */
export function isQuiet(nowMs: number, windowSeconds: number): boolean {
  const length = windowSeconds * 1000;
  const into = nowMs % length;
  return into < QUIET_AFTER_MS || into >= length - QUIET_BEFORE_MS;
}

/** True counts of every output and window. Times in ms since the Unix epoch. */
export class Ledger {
  readonly #flows = new Map<string, { in: number; out: number }>();
  readonly #most = new Map<string, number>();
  readonly #last = new Map<string, number>();
  readonly #seconds: { readonly flow: number; readonly occupancy: number };

  constructor(seconds: { readonly flow: number; readonly occupancy: number }) {
    this.#seconds = seconds;
  }

  passed(output: string, nowMs: number, people: { readonly in: number; readonly out: number }): void {
    const name = nameOf(output, this.#endMs("flow", nowMs));
    const before = this.#flows.get(name) ?? { in: 0, out: 0 };
    this.#flows.set(name, { in: before.in + people.in, out: before.out + people.out });
  }

  /** The most people at once, as the configuration asks for; who was there when the window began counts too. */
  present(output: string, nowMs: number, present: number): void {
    const name = nameOf(output, this.#endMs("occupancy", nowMs));
    const before = this.#most.get(name) ?? this.#last.get(output) ?? 0;
    this.#most.set(name, Math.max(before, present));
    this.#last.set(output, present);
  }

  /** What truly happened in a window; null when no device told how many are in view. */
  truth(output: string, kind: "flow" | "occupancy", endMs: number): Truth | null {
    const name = nameOf(output, endMs);
    if (kind === "flow") return this.#flows.get(name) ?? { in: 0, out: 0 };
    const present = this.#most.get(name);
    return present === undefined ? null : { present };
  }

  /** Forgets windows that ended more than ten minutes ago. */
  tidy(nowMs: number): void {
    for (const map of [this.#flows, this.#most]) {
      for (const name of map.keys()) if (endOf(name) < nowMs - KEEP_MS) map.delete(name);
    }
  }

  #endMs(kind: "flow" | "occupancy", nowMs: number): number {
    const length = this.#seconds[kind] * 1000;
    return (Math.floor(nowMs / length) + 1) * length;
  }
}

function nameOf(output: string, endMs: number): string {
  return `${output} ${endMs}`;
}

function endOf(name: string): number {
  return Number(name.slice(name.indexOf(" ") + 1));
}
