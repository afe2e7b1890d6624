import type { Clock } from "../base/clock.ts";
import { type GapOutput, type GapState, noGaps, settle, waits } from "./gaps.ts";
import type { Mark, Memory } from "./memory.ts";

export interface GapKeeperParts {
  readonly memory: Memory;
  readonly clock: Clock;
  /** How long a hole may be open before it is told as undeclared, ms. */
  readonly graceMs: number;
  readonly onGap: (gap: GapOutput) => void | Promise<void>;
}

/** Keeps the gap state of every gateway: in the memory, and here while it is used. */
export class GapKeeper {
  readonly #parts: GapKeeperParts;
  readonly #states = new Map<string, GapState>();

  constructor(parts: GapKeeperParts) {
    this.#parts = parts;
  }

  state(gateway: string): GapState {
    const state = this.#states.get(gateway) ?? this.#parts.memory.gaps(gateway) ?? noGaps;
    this.#states.set(gateway, state);
    return state;
  }

  /**
   * Changes the state, tells what follows from it, and only then keeps it together with the mark of the message that
   * caused it: a crash in between does all of it again.
   */
  async change(
    gateway: string,
    mark: Mark | null,
    change: (state: GapState, nowMs: number) => GapState,
  ): Promise<void> {
    const nowMs = this.#parts.clock.realtime();
    const changed = change(this.state(gateway), nowMs);
    const { state, outputs } = settle(gateway, changed, this.#parts.graceMs, nowMs);
    for (const output of outputs) await this.#parts.onGap(output);
    this.#parts.memory.remember(gateway, mark, state);
    this.#states.set(gateway, state);
  }

  /** Tells the holes of these gateways whose grace period is over. */
  async tick(gateways: Iterable<string>): Promise<void> {
    const nowMs = this.#parts.clock.realtime();
    for (const gateway of gateways) {
      const before = this.state(gateway);
      if (!waits(before)) continue;
      const { outputs } = settle(gateway, before, this.#parts.graceMs, nowMs);
      if (outputs.length > 0) await this.change(gateway, null, (state) => state);
    }
  }
}
