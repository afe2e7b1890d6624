import type { Condition, Outgoing, PortName } from "../engine.ts";
import type { DialogueScript } from "./script.ts";

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

/** A request whose answer is awaited. */
export interface Exchange {
  readonly sentMs: number;
  /** How often it was sent by now, from 1. */
  readonly sends: number;
  /** The device answered that it cannot, or not now. */
  readonly excused: boolean;
  readonly heard: HeardText;
}

/** The end of the text that came since sending (Latin-1), and whether the echo of what was sent was in it. */
export interface HeardText {
  readonly tail: string;
  readonly echoed: boolean;
}

/** One poll. Its grid goes on through a new init, so that no place of it is asked twice. */
export interface PollState {
  readonly dueMs: number;
  /** Until then an answer to an earlier request may still come, and a poll of the same shape would take it for its own. */
  readonly owedUntilMs: number;
}

export type Phase =
  | { readonly at: "closed" }
  /** Before `readyMs` the step is not sent; with an exchange it was. */
  | {
      readonly at: "init";
      readonly step: number;
      readonly failed: boolean;
      readonly readyMs: number;
      readonly exchange: Exchange | null;
    }
  | { readonly at: "backoff"; readonly sinceMs: number; readonly untilMs: number }
  | {
      readonly at: "running";
      readonly readyMs: number;
      readonly asked: { readonly poll: number; readonly exchange: Exchange } | null;
      /** Last sign of life that the liveness of the script accepts, or the end of the init. */
      readonly aliveMs: number;
      /** Polls in a row that got no answer, and whether the last of them got an exception. */
      readonly missed: number;
      readonly excused: boolean;
    };

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

/** A conversation whose lines are not open yet. */
export function startDialogue(script: DialogueScript): DialogueState {
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
