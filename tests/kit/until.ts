import { setTimeout as wait } from "node:timers/promises";

/** Only to end a test that would hang; nothing is measured with it. */
const HANG_MS = 15_000;
const LOOK_MS = 2;

/** Waits for real I/O: resolves when `condition` holds, fails with `what` when it never does. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  for (let waited = 0; !condition(); waited += LOOK_MS) {
    if (waited >= HANG_MS) throw new Error(`never happened: ${what}`);
    await wait(LOOK_MS);
  }
}

/** Gives things that should not happen the time to happen. */
export const aWhile = (): Promise<void> => wait(60);
