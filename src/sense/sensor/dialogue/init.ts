import { backOff } from "./backoff.ts";
import { alike, judge, type Verdict } from "./match.ts";
import { startRunning } from "./running.ts";
import type { Expect, InitStep } from "./script.ts";
import type { DialogueEvent, DialogueState, Exchange, Init, Move } from "./state.ts";
import { tallied } from "./state.ts";
import { hear, SILENCE } from "./text.ts";

/** Begins the init at its first step. */
export function startInit(state: DialogueState, nowMs: number): DialogueState {
  return goTo(state, { at: "init", step: 0, readyMs: nowMs, exchange: null, failed: false }, nowMs);
}

/** When the init wants to go on: to send, or to give up waiting. */
export function initDueMs(state: DialogueState, { step, readyMs, exchange }: Init): number {
  return exchange ? exchange.sentMs + (state.script.init[step]?.timeoutMs ?? 0) : readyMs;
}

/** Goes on, now that it is due. */
export function initDue(state: DialogueState, phase: Init, nowMs: number): Move {
  const step = state.script.init[phase.step];
  if (!step) return { state: goTo(state, phase, nowMs), send: [] };
  if (!phase.exchange) return sendStep(state, phase, step, nowMs);
  const late = tallied(state, "timeouts");
  if (phase.exchange.sends <= step.retries) return sendStep(late, phase, step, nowMs);
  return { state: leave(late, { ...phase, failed: true }, step, nowMs), send: [] };
}

/** Takes what came while a step was waiting for its answer. */
export function initHears(
  state: DialogueState,
  phase: Init,
  event: Exclude<DialogueEvent, { type: "opened" | "tick" }>,
  nowMs: number,
): DialogueState {
  const step = state.script.init[phase.step];
  const { exchange } = phase;
  if (!step?.expect || !exchange || event.port !== step.port) return state;
  if (event.type === "frame")
    return step.expect.kind === "text" ? state : take(state, phase, judge(step.expect, event), nowMs);
  if (step.expect.kind !== "text") return state;
  const { heard, verdict } = hear(exchange.heard, event.bytes, step.expect, step.send);
  return take(state, { ...phase, exchange: { ...exchange, heard } }, verdict, nowMs);
}

function take(state: DialogueState, phase: Init, verdict: Verdict, nowMs: number): DialogueState {
  const step = state.script.init[phase.step];
  if (!step || verdict === "other") return { ...state, phase };
  if (verdict === "answer") return leave(state, phase, step, nowMs);
  const counted = tallied(state, "exceptions");
  if (verdict === "busy") return { ...counted, phase };
  return leave(counted, { ...phase, failed: true }, step, nowMs);
}

function sendStep(state: DialogueState, phase: Init, step: InitStep, nowMs: number): Move {
  const sends = (phase.exchange?.sends ?? 0) + 1;
  const exchange: Exchange = { sentMs: nowMs, sends, busy: false, heard: SILENCE };
  const sent: Init = { ...phase, exchange };
  return {
    state: step.expect ? { ...state, phase: sent } : leave(state, sent, step, nowMs),
    send: [{ port: step.port, bytes: step.send }],
  };
}

/** Leaves a step, done or failed, for the next one that is to run. */
function leave(state: DialogueState, phase: Init, step: InitStep, nowMs: number): DialogueState {
  const { init } = state.script;
  const next = init.findIndex((one, at) => at > phase.step && (one.always || !phase.failed));
  const to = next < 0 ? init.length : next;
  const owedMs = phase.exchange ? owedUntilMs(phase.exchange, step, init[to], nowMs) : 0;
  const readyMs = Math.max(nowMs + step.gapMs, owedMs);
  return goTo(state, { ...phase, step: to, exchange: null, readyMs }, nowMs);
}

/** Where a request got no answer, that answer may still come, and the next step must not take it for its own. */
function owedUntilMs(
  { sentMs, sends }: Exchange,
  { expect, timeoutMs }: InitStep,
  next: InitStep | undefined,
  nowMs: number,
): number {
  const owing = sends > 1 || nowMs >= sentMs + timeoutMs;
  return owing && expect && next?.expect && mistakable(expect, next.expect) ? sentMs + 2 * timeoutMs : 0;
}

function mistakable(one: Expect, other: Expect): boolean {
  if (one.kind === "text") return other.kind === "text" && one.any.some((word) => other.any.includes(word));
  return other.kind !== "text" && alike(one, other);
}

function goTo(state: DialogueState, phase: Init, nowMs: number): DialogueState {
  if (phase.step < state.script.init.length) return { ...state, phase };
  if (!phase.failed) return startRunning(state, phase.readyMs, nowMs);
  const stillSilent = state.condition === "silent" && !state.heard;
  return backOff(state, stillSilent ? "silent" : "refused", nowMs, phase.readyMs);
}
