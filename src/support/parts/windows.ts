import { z } from "zod";
import { TelpostError } from "../../base/errors.ts";
import { epoch, flag, id, instant, kept, listOf, record, whole } from "../allow.ts";
import { part } from "../part.ts";

const MOST = 300;

const common = { epoch, seq: whole, endMs: instant, lengths: listOf(z.int(), 16) };
const sealed = record({
  ...common,
  sealedAtMs: instant,
  clockSynced: flag,
  /** Output, window length, seconds watched: of those that were not watched all the time. */
  short: listOf(z.tuple([id, whole, whole]), 64),
});
const passed = record({
  ...common,
  keptAtMs: instant,
  sentAtMs: instant,
  provenAtMs: instant,
  waits: flag,
});

/** What became of the newest windows: what `telpost explain` tells of one. */
export const windows = part(
  {
    name: "windows",
    why: `what became of the newest ${MOST} windows: how long they were watched, when sealed, kept, sent, proven`,
    leavesOut: "what was counted: it is sealed, and nobody on the gateway can read it",
    names: ["ids of lines and zones", "epoch"],
  },
  z.object({ sense: kept(listOf(sealed, MOST)), forward: kept(listOf(passed, MOST)) }),
  async ({ ask }) => {
    const [sense, forward] = await Promise.allSettled([ask("sense", "windows"), ask("forward", "windows")]);
    if (sense.status === "rejected" && forward.status === "rejected") throw codeOf(sense.reason);
    return { sense: answerOf(sense), forward: answerOf(forward) };
  },
);

const answerOf = (one: PromiseSettledResult<unknown>) => (one.status === "fulfilled" ? one.value : null);

/** During an update a process of the release before may not know the verb. */
function codeOf(failure: unknown): unknown {
  const isOlder = failure instanceof TelpostError && failure.code === "usage.unknown_verb";
  return isOlder ? new TelpostError("support.absent") : failure;
}
