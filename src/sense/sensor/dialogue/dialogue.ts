import type { Condition } from "../engine.ts";
import type { ModbusAnswer } from "./script.ts";
import type { DialogueEvent, DialogueState, Turn } from "./state.ts";

export * from "./script.ts";
export { type DialogueEvent, type DialogueState, startDialogue, type Turn } from "./state.ts";

/** Takes one event at `atMs` (monotonic ms, never back). Never throws on input. */
export function dialogue(state: DialogueState, _event: DialogueEvent, _atMs: number): Turn {
  return { state, send: [], answers: null };
}

/** When a tick is wanted next (monotonic ms), or null: before `opened`, and while working without polls and liveness. */
export function dueMs(_state: DialogueState): number | null {
  return null;
}

export function condition(state: DialogueState): Condition {
  return state.condition;
}

/** The Modbus answer that is awaited now, for the framer, or null. */
export function awaitedModbus(_state: DialogueState): ModbusAnswer | null {
  return null;
}
