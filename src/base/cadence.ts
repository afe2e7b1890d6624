import type { Clock, Timer } from "./clock.ts";

/** Calls `fn` at a fixed cadence counted from now: a turn that comes late moves none behind it. @returns how to stop */
export function atCadence(clock: Clock, { name, ms }: { name: string; ms: number }, fn: () => void) {
  const wait = (atMs: number): Timer =>
    clock.after(name, atMs - clock.monotonic(), () => {
      fn();
      timer = wait(atMs + ms);
    });
  let timer = wait(clock.monotonic() + ms);
  return () => timer.cancel();
}
