import type { Condition } from "../engine.ts";
import { hurry } from "./backoff.ts";
import { initDue, initDueMs, initHears, startInit } from "./init.ts";
import { sameBytes } from "./match.ts";
import { runningDue, runningDueMs, runningHears } from "./running.ts";
import type { DialogueEvent, DialogueState, Move, Turn } from "./state.ts";
import { awaited, startDialogue, tallied } from "./state.ts";

export * from "./script.ts";
export {
  type Awaited,
  awaited,
  type DialogueEvent,
  type DialogueState,
  startDialogue,
  type Tallies,
  type Turn,
} from "./state.ts";

type Heard = Exclude<DialogueEvent, { type: "opened" | "tick" }>;

/**
 * Takes one event at `atMs` (monotonic ms, never back): sends what is due, judges what came, and starts a device anew that
 * fell silent or refuses. What came counts before the time that has passed, so that a late tick costs no answer; raw bytes
 * that no step waits for pass no time, because the frames in them come next. Never throws on input; what it holds is bounded.
 */
export function dialogue(state: DialogueState, event: DialogueEvent, atMs: number): Turn {
  if (event.type === "opened")
    return { ...goOn(startInit(startDialogue(state.script), atMs), atMs), answers: null };
  // The most frequent case of all: nothing that could change.
  if (event.type === "text" && state.phase.at === "running" && state.heard)
    return { state, send: [], answers: null };
  const taken = event.type === "tick" ? { state, answers: null } : hear(state, event, atMs);
  if (event.type === "text" && taken.state.phase === state.phase) return { ...taken, send: [] };
  return { ...goOn(taken.state, atMs), answers: taken.answers };
}

/** When a tick is wanted next (monotonic ms). Null before `opened`, and while working with nothing to ask or to watch. */
export function dueMs(state: DialogueState): number | null {
  const { phase } = state;
  switch (phase.at) {
    case "closed":
      return null;
    case "init":
      return initDueMs(state, phase);
    case "backoff":
      return phase.untilMs;
    case "running":
      return runningDueMs(state, phase);
  }
}

/** How the conversation stands. `forbidden` is for the reader of frames to say. */
export function condition(state: DialogueState): Condition {
  return state.condition;
}

function hear(
  state: DialogueState,
  event: Heard,
  nowMs: number,
): { readonly state: DialogueState; readonly answers: string | null } {
  if (isEcho(state, event)) return { state: tallied(state, "echoes"), answers: null };
  const heard = state.heard || event.bytes.length === 0 ? state : { ...state, heard: true };
  const { phase } = heard;
  if (phase.at === "init") return { state: initHears(heard, phase, event, nowMs), answers: null };
  if (event.type === "text") return { state: heard, answers: null };
  if (phase.at === "backoff") return { state: hurry(heard, phase, nowMs), answers: null };
  if (phase.at === "running") return runningHears(heard, phase, event, nowMs);
  return { state: heard, answers: null };
}

/** The own request, heard on a bus. The answer to a Modbus write looks the same, and is let through. */
function isEcho(state: DialogueState, event: Heard): boolean {
  if (state.script.bus !== "rs485" || event.type !== "frame") return false;
  const request = awaited(state);
  if (!request || event.port !== request.port || !sameBytes(event.bytes, request.send)) return false;
  return !(request.expect?.kind === "modbus" && request.expect.repeats);
}

/** Does all that is due. Ends, because each wait that a script can hold is at least 1 ms or a step onwards. */
function goOn(start: DialogueState, nowMs: number): Move {
  let state = start;
  const send = [];
  for (let at = dueMs(state); at !== null && at <= nowMs; at = dueMs(state)) {
    const move = next(state, nowMs);
    state = move.state;
    send.push(...move.send);
  }
  return { state, send };
}

function next(state: DialogueState, nowMs: number): Move {
  const { phase } = state;
  switch (phase.at) {
    case "init":
      return initDue(state, phase, nowMs);
    case "running":
      return runningDue(state, phase, nowMs);
    case "backoff":
      return { state: startInit(state, nowMs), send: [] };
    case "closed":
      return { state, send: [] };
  }
}
