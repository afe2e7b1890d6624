import { TelpostError } from "../base/errors.ts";

/** Offers on their way at one time: enough to fill a commit, few enough that forward's memory stays small. */
const MOST = 32;

/** What was offered on this connection and is not answered yet. */
export class InFlight {
  readonly #keys = new Set<string>();

  get isFull(): boolean {
    return this.#keys.size >= MOST;
  }

  /** False when it is on its way already, or too many are. */
  add(key: string): boolean {
    if (this.isFull || this.#keys.has(key)) return false;
    this.#keys.add(key);
    return true;
  }

  /** An answer is good for one offer of this connection. @throws TelpostError handover.protocol for any other */
  settle(key: string): void {
    if (!this.#keys.delete(key)) throw new TelpostError("handover.protocol", "an answer to nothing");
  }

  clear(): void {
    this.#keys.clear();
  }
}
