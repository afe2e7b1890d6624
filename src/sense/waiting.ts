import type { Baseline } from "../model.ts";
import { movedBoundary } from "./count/grid.ts";
import type { ItemStore } from "./crash/crash-copy.ts";
import type { ClosedWindows, Numbering, Unsealed } from "./unsealed.ts";

/** Closes a baseline again, under another window end. */
export type Rebox = (baseline: Baseline, endMs: number) => Baseline;

/** The windows that one message takes, and the names they wait under. */
export interface Waiting {
  readonly names: readonly string[];
  readonly unsealed: Unsealed;
}

/**
 * Closed windows on their way into a message, durable in the crash copy. Each length waits for itself, because a label that
 * is moved to another time may part what ended together: a minute and a day have other boundaries.
 */
export class WaitingWindows {
  readonly #store: ItemStore;
  readonly #rebox: Rebox;

  constructor(store: ItemStore, rebox: Rebox) {
    this.#store = store;
    this.#rebox = rebox;
    this.#removeDoubles();
  }

  get count(): number {
    return this.#store.count;
  }

  /** Takes what closed together; durable when this returns. */
  add(closed: readonly ClosedWindows[]): void {
    for (const one of closed) this.#store.put(nameOf(one), JSON.stringify(one));
  }

  /** What waits longest: all lengths of the first end that were made under the same promise. */
  oldest(): Waiting | undefined {
    const [first, ...others] = [...this.#store.names()].sort();
    if (first === undefined) return undefined;
    const head = this.#get(first);
    const same = others.filter((name) => name.startsWith(labelOf(head.endMs)));
    const promise = JSON.stringify(head.privacy);
    const joined = same
      .map((name) => ({ name, one: this.#get(name) }))
      .filter(({ one }) => JSON.stringify(one.privacy) === promise);
    const all = [head, ...joined.map(({ one }) => one)];
    return { names: [first, ...joined.map(({ name }) => name)], unsealed: together(all) };
  }

  /** Those names are sealed, or will never be. */
  remove(names: readonly string[]): void {
    for (const name of names) this.#store.remove(name);
  }

  /** Windows that were sealed before a kill, and still wait. */
  removeSealed(lastSealed: Numbering["lastSealed"]): void {
    this.#removeWhere(({ seconds, endMs }) => endMs <= (lastSealed[seconds] ?? Number.NEGATIVE_INFINITY));
  }

  /** Windows that closed in a turn that never ended: they are still open in the state, and will close again. */
  removeAfter(savedAtMs: number): void {
    this.#removeWhere(({ closedAtMs }) => closedAtMs > savedAtMs);
  }

  /**
   * Labels all of them by a clock that is set: `offsetMs` is wall minus monotonic time. From the open window backwards, so
   * that every window keeps a label of its own, also when the clock was stepped more than once. Doing it again, after a kill
   * in between too, ends the same way.
   * @param openStarts label of the start of the open window of each length
   */
  relabel(offsetMs: number, openStarts: ReadonlyMap<number, number>): void {
    const latest = new Map(openStarts);
    const all = this.#store.names().map((name) => ({ name, one: this.#get(name) }));
    for (const { name, one } of all.sort((a, b) => b.one.endAtMs - a.one.endAtMs)) {
      const { seconds } = one;
      const truly = movedBoundary(one.endAtMs, offsetMs, seconds);
      const endMs = Math.min(truly, latest.get(seconds) ?? truly);
      latest.set(seconds, endMs - seconds * 1000);
      if (endMs === one.endMs) continue;
      const baselines = one.baselines.map((baseline) => this.#rebox(baseline, endMs));
      this.add([{ ...one, endMs, baselines, moved: true }]);
      this.#store.remove(name);
    }
  }

  #get(name: string): ClosedWindows {
    return JSON.parse(this.#store.get(name)) as ClosedWindows;
  }

  #removeWhere(gone: (one: ClosedWindows) => boolean): void {
    for (const name of this.#store.names()) if (gone(this.#get(name))) this.#store.remove(name);
  }

  /** A kill between a new label and the end of the old one leaves both. */
  #removeDoubles(): void {
    const seen = new Set<string>();
    this.#removeWhere(({ seconds, endAtMs }) => {
      const id = `${seconds} ${endAtMs}`;
      return seen.has(id) || !seen.add(id);
    });
  }
}

/** Sorts by label until the year 5138; what the label stood for first makes it unique. */
function nameOf({ endMs, seconds, endAtMs }: ClosedWindows): string {
  return `${labelOf(endMs)}${String(seconds).padStart(5, "0")}-${Math.round(endAtMs)}`;
}

const labelOf = (endMs: number) => `${String(endMs).padStart(14, "0")}-`;

function together(all: readonly ClosedWindows[]): Unsealed {
  const [first, ...others] = all.toSorted((one, other) => one.seconds - other.seconds);
  if (!first) throw new RangeError("nothing to seal");
  const newest = others.reduce((one, other) => (other.closedAtMs > one.closedAtMs ? other : one), first);
  return {
    endMs: first.endMs,
    lengths: [first, ...others].map(({ seconds }) => seconds),
    outputs: [first, ...others].flatMap(({ outputs }) => outputs),
    records: [first, ...others].flatMap(({ records }) => records),
    privacy: first.privacy,
    baselines: newest.baselines,
    closedAtMs: newest.closedAtMs,
    moved: all.some(({ moved }) => moved),
  };
}
