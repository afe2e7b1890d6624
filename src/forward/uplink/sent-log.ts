import type { Ack } from "../../contract/ack.ts";
import type { Row, Stream } from "../ports.ts";

/** Rows published and not yet proven, across connections: only these may the city acknowledge. */
export class SentLog {
  /** Row id by number, for each stream and epoch. */
  readonly #unproven = new Map<string, Map<number, number>>();
  /** The highest number ever sent, for each stream and epoch. */
  readonly #highest = new Map<string, number>();
  readonly #most: number;
  #size = 0;

  /** @param most rows remembered; a row forgotten is published again, and proven then */
  constructor(most: number) {
    this.#most = most;
  }

  add({ stream, epoch, seq, id }: Row): void {
    const key = keyOf(stream, epoch);
    const rows = this.#unproven.get(key) ?? new Map<number, number>();
    this.#unproven.set(key, rows);
    if (!rows.has(seq)) this.#size += 1;
    rows.set(seq, id);
    this.#highest.set(key, Math.max(seq, this.#highest.get(key) ?? 0));
    if (this.#size > this.#most) this.#forgetOldest();
  }

  /**
   * Takes out what an acknowledgement covers.
   * @returns numbers and row ids, and whether it also covers what was never sent (which is ignored)
   */
  take({ stream, epoch, ranges }: Ack): { numbers: number[]; ids: number[]; unknown: boolean } {
    const key = keyOf(stream, epoch);
    const highest = this.#highest.get(key) ?? -1;
    const unknown = ranges.some(([, to]) => to > highest);
    const rows = this.#unproven.get(key) ?? new Map<number, number>();
    const covered = [...rows].filter(([seq]) => ranges.some(([from, to]) => from <= seq && seq <= to));
    for (const [seq] of covered) rows.delete(seq);
    if (rows.size === 0) this.#unproven.delete(key);
    this.#size -= covered.length;
    return { numbers: covered.map(([seq]) => seq), ids: covered.map(([, id]) => id), unknown };
  }

  #forgetOldest(): void {
    for (const [key, rows] of this.#unproven) {
      const [first] = rows.keys();
      if (first !== undefined) rows.delete(first);
      if (rows.size === 0) this.#unproven.delete(key);
      this.#size -= 1;
      return;
    }
  }
}

/** Ascending numbers as inclusive ranges. */
export function toRanges(numbers: readonly number[]): [number, number][] {
  const ranges: [number, number][] = [];
  for (const number of [...numbers].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last && number <= last[1] + 1) last[1] = number;
    else ranges.push([number, number]);
  }
  return ranges;
}

function keyOf(stream: Stream, epoch: string): string {
  return `${stream}/${epoch}`;
}
