import type { Ack } from "../contract/ack.ts";
import type { MessageKey } from "./memory.ts";
import { normalise, type Range } from "./ranges.ts";

/** An acknowledgement on its way to a gateway. */
export interface PendingAck {
  /** `tenant/site/gateway` */
  readonly gateway: string;
  readonly ack: Ack;
}

/** Most ranges in one acknowledgement (contract, `ack`). */
const MAX_RANGES = 256;

/** Collects what was handled until it is told to the gateways: numbers become ranges, whatever order they came in. */
export class AckBook {
  readonly #numbers = new Map<string, { readonly key: MessageKey; numbers: Set<number> }>();

  /** How many numbers wait. */
  get size(): number {
    return [...this.#numbers.values()].reduce((sum, { numbers }) => sum + numbers.size, 0);
  }

  add(key: MessageKey): void {
    const name = `${key.gateway} ${key.stream} ${key.epoch}`;
    const entry = this.#numbers.get(name) ?? { key, numbers: new Set() };
    entry.numbers.add(key.seq);
    this.#numbers.set(name, entry);
  }

  /** Takes everything that waits, in messages of at most 256 ranges. */
  take(): PendingAck[] {
    const entries = [...this.#numbers.values()];
    this.#numbers.clear();
    return entries.flatMap(({ key: { gateway, stream, epoch }, numbers }) =>
      chunks(normalise([...numbers].map((number): Range => [number, number]))).map((ranges) => ({
        gateway,
        ack: { stream, epoch, ranges },
      })),
    );
  }
}

function chunks(ranges: readonly Range[]): [number, number][][] {
  const pairs = ranges.map(([from, to]): [number, number] => [from, to]);
  return Array.from({ length: Math.ceil(pairs.length / MAX_RANGES) }, (_, at) =>
    pairs.slice(at * MAX_RANGES, (at + 1) * MAX_RANGES),
  );
}
