import type { Clock } from "./clock.ts";

/** How a process is started anew from afar: by ending itself cleanly. */
export interface Restart {
  /** Ends this process; whoever watches over it starts it again. */
  readonly end: () => void;
  /**
   * A younger process does not end itself because somebody asks. So a restart that comes again and again, kept by a broker
   * or sent by somebody hostile, costs next to nothing, and that needs no memory on a disk.
   */
  readonly afterMs: number;
}

export const RESTART_AFTER_MS = 600_000;

/** For a process that nobody starts again. */
export const NO_RESTART: Restart = { end() {}, afterMs: Number.POSITIVE_INFINITY };

/** Too young for a restart. @param startedMs monotonic */
export function isFresh(clock: Pick<Clock, "monotonic">, startedMs: number, { afterMs }: Restart): boolean {
  return clock.monotonic() - startedMs < afterMs;
}
