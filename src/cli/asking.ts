import { SystemClock } from "../base/clock.ts";
import { type ErrorCode, TelpostError } from "../base/errors.ts";
import type { ForwardStatus } from "../forward/compose.ts";
import { askControl } from "../ops/control.ts";
import type { SenseStatus } from "../sense/compose.ts";
import { forwardSocket, type Places, senseSocket } from "./places.ts";

const TIMEOUT_MS = 3_000;
/** During an update a process of the release before may not know the verb. */
const NO_ANSWER: readonly ErrorCode[] = ["usage.not_running", "usage.unknown_verb"];

/** What both processes answer; null for one that does not run. @throws TelpostError control.denied */
export async function askBoth(places: Places) {
  const [sense, forward] = await Promise.all([
    askOne<SenseStatus>(senseSocket(places), "status"),
    askOne<ForwardStatus>(forwardSocket(places), "status"),
  ]);
  return { sense, forward };
}

/** The answer of one process, or null when it does not run. @throws TelpostError control.denied, or what it failed with */
export async function askOne<T>(socket: string, verb: string): Promise<T | null> {
  try {
    return (await askControl(socket, verb, { clock: new SystemClock(), timeoutMs: TIMEOUT_MS })) as T;
  } catch (failure) {
    if (failure instanceof TelpostError && NO_ANSWER.includes(failure.code)) return null;
    throw failure;
  }
}
