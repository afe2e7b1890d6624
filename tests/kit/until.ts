import { setTimeout as wait } from "node:timers/promises";

/** Only to end a test that would hang, before vitest does: then it says what never happened. Nothing is measured with it. */
const HANG_MS = 150_000;
const LOOK_MS = 5;

/**
 * Waits for real I/O: resolves when `condition` holds, fails with `what` when it never does.
 * @param everyMs how often to look: less often when a look starts a process
 */
export async function until(condition: () => boolean, what: string, everyMs = LOOK_MS): Promise<void> {
  const untilMs = performance.now() + HANG_MS;
  while (!condition()) {
    if (performance.now() >= untilMs) throw new Error(`never happened: ${what}`);
    await wait(everyMs);
  }
}

/** After a standstill of this process its timers come before what it has to read: so many turns later that is heard too. */
const TURNS = 10;

/** Gives things that should not happen the time to happen. */
export async function aWhile(): Promise<void> {
  await wait(60);
  for (let turn = 0; turn < TURNS; turn++) await new Promise((resolve) => setImmediate(resolve));
}
