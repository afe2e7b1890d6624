import type { ReadRecord, ReadWindowsMessage, WindowsMeta } from "../city/index.ts";
import { byClass } from "../contract/values.ts";
import type { Ledger, Truth } from "./ledger.ts";

/** A record that the city opened, beside what truly happened. */
export interface OpenedRecord {
  readonly sensor: string;
  readonly kind: "flow" | "occupancy";
  readonly seconds: number;
  readonly endMs: number;
  readonly published: Truth | null;
  /** From the simulator; null when it does not know. */
  readonly truth: Truth | null;
}

/** How many messages there were, by the numbers they carry. */
export interface MessageCounts {
  readonly sealed: number;
  readonly opened: number;
}

/** Sums over all records with a value. */
export interface Totals {
  readonly passages: {
    readonly truth: number;
    readonly published: number;
    readonly values: number;
    readonly expectedSd: number;
  };
  readonly records: number;
}

/** Sums of the passages of one output over all windows with a value. */
export interface FlowSums {
  readonly truth: { readonly in: number; readonly out: number };
  readonly published: { readonly in: number; readonly out: number };
  readonly windows: number;
}

const NO_SUMS: FlowSums = { truth: { in: 0, out: 0 }, published: { in: 0, out: 0 }, windows: 0 };

/**
 * Standard deviation of the noise of one value at epsilon 1: the variance of the discrete Laplace is 2a / (1 - a)^2 with
 * a = exp(-epsilon) (Canonne, Kamath, Steinke 2020).
 */
export const FLOW_SD = Math.sqrt(2 * Math.exp(-1)) / (1 - Math.exp(-1));
const KEEP = 1_000;

/** What the city has opened so far. */
export class Story {
  readonly #ledger: Pick<Ledger, "truth">;
  readonly #epochs = new Map<string, { highest: number; opened: number }>();
  readonly #flows = new Map<string, FlowSums>();
  readonly #newest = new Map<string, OpenedRecord>();
  #records: OpenedRecord[] = [];
  #sums = { truth: 0, published: 0, values: 0, records: 0 };

  constructor(ledger: Pick<Ledger, "truth">) {
    this.#ledger = ledger;
  }

  /** Takes a message that the city opened; returns its records. */
  add({ records }: ReadWindowsMessage, { epoch, seq, endMs }: WindowsMeta): OpenedRecord[] {
    const before = this.#epochs.get(epoch) ?? { highest: -1, opened: 0 };
    this.#epochs.set(epoch, { highest: Math.max(before.highest, seq), opened: before.opened + 1 });
    const opened = records.flatMap((record) => this.#beside(record, endMs) ?? []);
    for (const record of opened) this.#sum(record);
    // Newest first; within a message as the gateway wrote it.
    this.#records = [...opened, ...this.#records].slice(0, KEEP);
    return opened;
  }

  /** Newest first. */
  get records(): readonly OpenedRecord[] {
    return this.#records;
  }

  messages(): MessageCounts {
    const epochs = [...this.#epochs.values()];
    const sum = (of: (epoch: { highest: number; opened: number }) => number) =>
      epochs.reduce((total, epoch) => total + of(epoch), 0);
    return { sealed: sum(({ highest }) => highest + 1), opened: sum(({ opened }) => opened) };
  }

  totals(): Totals {
    const { truth, published, values, records } = this.#sums;
    return { passages: { truth, published, values, expectedSd: FLOW_SD * Math.sqrt(values) }, records };
  }

  /** Passages of these outputs; null when none of them has been published. */
  sumsOf(outputs: readonly string[]): FlowSums | null {
    return outputs.map((output) => this.#flows.get(output)).find((sums) => sums !== undefined) ?? null;
  }

  /** The newest record of these outputs about people in view. */
  presentOf(outputs: readonly string[]): OpenedRecord | null {
    return outputs.map((output) => this.#newest.get(output)).find((record) => record !== undefined) ?? null;
  }

  /** Only what people are counted into has a truth beside it. */
  #beside({ sensor, kind, seconds, value }: ReadRecord, endMs: number): OpenedRecord | null {
    if (kind === "level") return null;
    const truth = this.#ledger.truth(sensor, kind, endMs);
    return { sensor, kind, seconds, endMs, published: measured(value), truth };
  }

  #sum(record: OpenedRecord): void {
    const { sensor, kind, published, truth } = record;
    this.#sums.records++;
    if (kind === "occupancy") this.#newest.set(sensor, record);
    if (!published || !truth || !("in" in published) || !("in" in truth)) return;
    const before = this.#flows.get(sensor) ?? NO_SUMS;
    const sums = { truth: plus(before.truth, truth), published: plus(before.published, published) };
    this.#flows.set(sensor, { ...sums, windows: before.windows + 1 });
    this.#sums.truth += truth.in + truth.out;
    this.#sums.published += published.in + published.out;
    this.#sums.values += 2;
  }
}

function plus(one: FlowSums["truth"], other: FlowSums["truth"]): FlowSums["truth"] {
  return { in: one.in + other.in, out: one.out + other.out };
}

function measured(value: ReadRecord["value"]): Truth | null {
  // The demo has no classes.
  const [, numbers] = byClass(value)[0] ?? [];
  if (!numbers || "level" in numbers) return null;
  if ("present" in numbers) return numbers.present === null ? null : { present: numbers.present };
  return numbers.in === null || numbers.out === null ? null : { in: numbers.in, out: numbers.out };
}
