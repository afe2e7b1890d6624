import { assert } from "../../../base/assert.ts";
import type { Condition, Outgoing, PortName } from "../engine.ts";
import type { DialogueScript, Expect } from "./script.ts";

/** What happens to a conversation. */
export type DialogueEvent =
  /** The lines are open: the first thing to happen. Once more starts everything anew. */
  | { readonly type: "opened" }
  /** A frame that was cut out and checked, of any name. */
  | { readonly type: "frame"; readonly port: PortName; readonly name: string; readonly bytes: Uint8Array }
  /** Raw bytes as they came, before the frames in them. */
  | { readonly type: "text"; readonly port: PortName; readonly bytes: Uint8Array }
  | { readonly type: "tick" };

/** What one event made of it. */
export interface Turn {
  readonly state: DialogueState;
  readonly send: readonly Outgoing[];
  /** The name of the poll that this frame answers; null for every other frame, such as a late answer. */
  readonly answers: string | null;
}

/** State and bytes to send: what the parts of the machine hand to each other. */
export interface Move {
  readonly state: DialogueState;
  readonly send: readonly Outgoing[];
}

/** A request whose answer is awaited. */
export interface Exchange {
  readonly sentMs: number;
  /** How often it was sent by now, from 1. */
  readonly sends: number;
  /** The device answered that it cannot do it now. */
  readonly busy: boolean;
  readonly heard: HeardText;
}

/** The end of the text that came since sending (Latin-1). */
export interface HeardText {
  readonly tail: string;
  /** Where in the tail the echo of what was sent ends, 0 if further back; null while no echo came. */
  readonly echoEnd: number | null;
}

/** One poll. Its grid goes on through a new init, so that no place of it is asked twice. */
export interface PollState {
  readonly dueMs: number;
  /** Until then an answer to an earlier request may still come, and a poll of the same shape would take it for its own. */
  readonly owedUntilMs: number;
}

/** The commands are being sent. */
export interface Init {
  readonly at: "init";
  /** The place in the script of the step that is to be sent at `readyMs`, or that was sent. */
  readonly step: number;
  readonly readyMs: number;
  readonly exchange: Exchange | null;
  /** A step before failed: only those that run always are left. */
  readonly failed: boolean;
}

/** Waiting before the device is started anew. */
export interface Backoff {
  readonly at: "backoff";
  readonly sinceMs: number;
  readonly untilMs: number;
}

/** The init is through: polls are asked, and the life of the device is watched. */
export interface Running {
  readonly at: "running";
  /** No request before. */
  readonly readyMs: number;
  /** The poll, by its place in the script, whose answer is awaited. */
  readonly asked: { readonly poll: number; readonly exchange: Exchange } | null;
  /** Last sign of life that the liveness of the script accepts, or the end of the init. */
  readonly aliveMs: number;
  /** Polls in a row without an answer. */
  readonly missed: number;
  /** At the last of them the device said no, which is not silence. */
  readonly denied: boolean;
}

export type Phase = { readonly at: "closed" } | Init | Backoff | Running;

/** What went wrong since the opening. No function of passages. */
export interface Tallies {
  /** Requests without an answer in time, each attempt one. */
  readonly timeouts: number;
  /** Modbus exceptions, DCON `?`, and refusals in words. */
  readonly exceptions: number;
  /** Answers that no request was waiting for. */
  readonly late: number;
  /** Own requests heard on the bus. */
  readonly echoes: number;
  /** Times that the device was started anew. */
  readonly restarts: number;
}

/** All that is known of a conversation. Plain data. */
export interface DialogueState {
  readonly script: DialogueScript;
  readonly condition: Condition;
  readonly phase: Phase;
  readonly polls: readonly PollState[];
  /** Anything came since the device was last found silent. */
  readonly heard: boolean;
  /** Runs of the init in a row after which the device did not prove to work: sets the back-off. */
  readonly failures: number;
  readonly tallies: Tallies;
}

/** A conversation whose lines are not open yet. Asserts the least waits that the types name: without them it would not end. */
export function startDialogue(script: DialogueScript): DialogueState {
  const waits = [
    ...script.polls.flatMap(({ everyMs, timeoutMs }) => [everyMs, timeoutMs]),
    ...script.init.flatMap(({ expect, timeoutMs }) => (expect ? [timeoutMs] : [])),
    ...(script.liveness.kind === "none" ? [] : [script.liveness.silentAfterMs]),
  ];
  assert(
    waits.every((ms) => ms >= 1 && ms < Number.POSITIVE_INFINITY),
    "a dialogue waits at least 1 ms",
  );
  return {
    script,
    condition: "starting",
    phase: { at: "closed" },
    polls: [],
    heard: false,
    failures: 0,
    tallies: { timeouts: 0, exceptions: 0, late: 0, echoes: 0, restarts: 0 },
  };
}

/** The request that is outstanding, or null. */
export interface Awaited {
  readonly port: PortName;
  readonly send: Uint8Array;
  readonly expect: Expect | null;
  readonly timeoutMs: number;
  readonly retries: number;
  readonly exchange: Exchange;
}

/** What is awaited now: an init step or a poll, for the machine itself and for a framer that must know the answer. */
export function awaited({ script, phase }: DialogueState): Awaited | null {
  if (phase.at === "init" && phase.exchange) {
    const step = script.init[phase.step];
    return step ? { ...step, exchange: phase.exchange } : null;
  }
  if (phase.at === "running" && phase.asked) {
    const poll = script.polls[phase.asked.poll];
    return poll ? { ...poll, exchange: phase.asked.exchange } : null;
  }
  return null;
}

/** The same state with one more of something. */
export function tallied(state: DialogueState, what: keyof Tallies): DialogueState {
  return { ...state, tallies: { ...state.tallies, [what]: state.tallies[what] + 1 } };
}
