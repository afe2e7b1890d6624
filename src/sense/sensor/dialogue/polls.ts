import { alike } from "./match.ts";
import type { DialogueScript, Poll } from "./script.ts";
import type { DialogueState, PollState, Running } from "./state.ts";

/** All polls are due at once, in the order of the script. */
export function pollsFrom({ polls }: DialogueScript, nowMs: number): readonly PollState[] {
  return polls.map(() => ({ dueMs: nowMs, owedUntilMs: 0 }));
}

/**
 * The poll to ask next, by its place in the script, and when: the one that has been due for longest among those that may
 * be asked first. Null without polls.
 * @param readyMs no request before
 */
export function nextPoll(
  state: DialogueState,
  readyMs: number,
): { readonly poll: number; readonly atMs: number } | null {
  const ready = state.polls.map(({ dueMs }, poll) => ({
    poll,
    dueMs,
    atMs: Math.max(dueMs, readyMs, heldUntilMs(state, poll)),
  }));
  const [first] = ready.sort((one, other) => one.atMs - other.atMs || one.dueMs - other.dueMs);
  return first ?? null;
}

/** Until then an answer that is still owed could be taken for the answer to this poll. */
function heldUntilMs({ script, polls }: DialogueState, poll: number): number {
  const expect = script.polls[poll]?.expect;
  const owed = script.polls.map((other, at) =>
    expect && alike(other.expect, expect) ? (polls[at]?.owedUntilMs ?? 0) : 0,
  );
  return Math.max(0, ...owed);
}

/** A round begins: the next one is at the first place of the grid after now, so that a late round brings no burst. */
export function roundBegun(
  { script, polls }: DialogueState,
  poll: number,
  nowMs: number,
): readonly PollState[] {
  const everyMs = script.polls[poll]?.everyMs ?? 0;
  return polls.map((one, at) =>
    at === poll ? { ...one, dueMs: placeAfter(nowMs, one.dueMs, everyMs) } : one,
  );
}

function placeAfter(nowMs: number, dueMs: number, everyMs: number): number {
  const place = dueMs + everyMs * (Math.floor((nowMs - dueMs) / everyMs) + 1);
  return place > nowMs ? place : place + everyMs;
}

/** A round is over. Where a request got no answer, that answer may come for as long again as it was waited for. */
export function roundOwing(
  { script, polls }: DialogueState,
  asked: Running["asked"],
  nowMs: number,
): readonly PollState[] {
  const poll: Poll | undefined = asked ? script.polls[asked.poll] : undefined;
  if (!asked || !poll) return polls;
  const { sentMs, sends } = asked.exchange;
  const owing = sends > 1 || nowMs >= sentMs + poll.timeoutMs;
  const owedUntilMs = owing ? sentMs + 2 * poll.timeoutMs : 0;
  return polls.map((one, at) => (at === asked.poll ? { ...one, owedUntilMs } : one));
}
