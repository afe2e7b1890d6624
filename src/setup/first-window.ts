import { type Clock, sleep } from "../base/clock.ts";
import { ERRORS } from "../base/error-table.ts";
import { TelpostError } from "../base/errors.ts";
import { type BothStatus, whatIsMissing, windowKept } from "../ops/first-window.ts";
import type { Machine, Person } from "./ports.ts";

const LOOK_MS = 500;
const SAY_MS = 15_000;

export interface WaitOptions {
  readonly machine: Machine;
  readonly person: Person;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly seconds: number;
}

/**
 * Waits until a window was closed, sealed and kept by the outbox since now, and says how far it came.
 * @throws TelpostError setup.no_window with what is known of the reason, setup.stopped
 */
export async function firstWindow({ machine, person, clock, signal, seconds }: WaitOptions): Promise<void> {
  const startMs = clock.monotonic();
  let toldMs = startMs;
  let before: BothStatus["sense"] = null;
  let status: BothStatus = { sense: null, forward: null };
  while (clock.monotonic() - startMs < seconds * 1000) {
    status = await machine.status();
    before ??= status.sense;
    if (windowKept(before, status)) return tell(status, person);
    if (clock.monotonic() - toldMs >= SAY_MS) {
      toldMs = clock.monotonic();
      person.say(`  still waiting: ${whatIsMissing(status)}`);
    }
    await sleep(clock, LOOK_MS, signal, "setup.window");
    if (signal.aborted) throw new TelpostError("setup.stopped");
  }
  throw new TelpostError("setup.no_window", whatIsMissing(status));
}

function tell({ sense, forward }: BothStatus, person: Person): void {
  person.say("The first window is sealed and kept in the outbox.");
  const uplink = forward?.uplink;
  const code = uplink?.code as keyof typeof ERRORS | null | undefined;
  if (forward?.outbox.queued === 0) person.say("It was delivered.");
  else if (code && code in ERRORS)
    person.say(`It waits there: ${code}: ${ERRORS[code].what} ${ERRORS[code].hint}`);
  else person.say("It is on its way; telpost status shows when it is proven.");
  for (const { id, link, code: why } of sense?.sensors ?? []) {
    if (link !== "up")
      person.say(`Sensor ${id} is ${link}${why ? `: ${why}` : ""}; its windows say "not measured".`);
  }
}
