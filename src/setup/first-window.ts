import { type Clock, sleep } from "../base/clock.ts";
import { ERRORS } from "../base/error-table.ts";
import { TelpostError } from "../base/errors.ts";
import type { Machine, Person } from "./ports.ts";

const LOOK_MS = 500;
const SAY_MS = 15_000;

type Status = Awaited<ReturnType<Machine["status"]>>;

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
  let before: Status["sense"] = null;
  let status: Status = { sense: null, forward: null };
  while (clock.monotonic() - startMs < seconds * 1000) {
    status = await machine.status();
    before ??= status.sense;
    if (isKept(before, status)) return tell(status, person);
    if (clock.monotonic() - toldMs >= SAY_MS) {
      toldMs = clock.monotonic();
      person.say(`  still waiting: ${whatIsMissing(status)}`);
    }
    await sleep(clock, LOOK_MS, signal, "setup.window");
    if (signal.aborted) throw new TelpostError("setup.stopped");
  }
  throw new TelpostError("setup.no_window", whatIsMissing(status));
}

/** Sense made a new one since, or began anew and made its first, and has nothing left that forward did not keep. */
function isKept(before: Status["sense"], { sense, forward }: Status): boolean {
  if (!before || !sense || forward?.sense !== "connected") return false;
  const since = sense.epoch === before.epoch ? before.sealed : 0;
  return sense.sealed > since && sense.unkept === 0;
}

function whatIsMissing({ sense, forward }: Status): string {
  if (!sense) return "telpost-sense does not answer";
  if (!forward) return "telpost-forward does not answer";
  if (sense.handover === "absent") return "the two processes have not met";
  if (sense.waiting > 0 && sense.cityKey === null) return ERRORS["key.none_usable"].what;
  if (sense.waiting > 0 && !sense.clockSynced) return ERRORS["clock.unsynced"].what;
  return "the window is still open";
}

function tell({ sense, forward }: Status, person: Person): void {
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
