import { backOff } from "./backoff.ts";
import { judge } from "./match.ts";
import { nextPoll, pollsFrom, roundBegun, roundOwing } from "./polls.ts";
import type { Liveness } from "./script.ts";
import type { DialogueEvent, DialogueState, Move, Running } from "./state.ts";
import { tallied } from "./state.ts";
import { SILENCE } from "./text.ts";

/** Polls in a row without an answer that make a device silent, where the script says nothing else. */
const MISSED_POLLS = 3;

type Frame = Extract<DialogueEvent, { type: "frame" }>;

/** The init is through. Whether the device works is known when it shows life; without a watch it is believed at once. */
export function startRunning(state: DialogueState, readyMs: number, nowMs: number): DialogueState {
  const { script } = state;
  const phase: Running = {
    at: "running",
    readyMs,
    asked: null,
    aliveMs: nowMs,
    missed: 0,
    denied: false,
  };
  const stillSilent = state.condition === "silent" && !state.heard;
  const begun: DialogueState = {
    ...state,
    phase,
    condition: stillSilent ? "silent" : "starting",
    polls: state.polls.length > 0 ? state.polls : pollsFrom(script, nowMs),
  };
  return watched(script.liveness, script.polls.length) ? begun : proven(begun, phase, nowMs);
}

/** When a poll, its time-out or the silence is due; null when nothing is. */
export function runningDueMs(state: DialogueState, phase: Running): number | null {
  const dueMs = Math.min(askDueMs(state, phase), silentAtMs(state, phase));
  return dueMs === Number.POSITIVE_INFINITY ? null : dueMs;
}

/** Goes on, now that it is due. */
export function runningDue(state: DialogueState, phase: Running, nowMs: number): Move {
  if (silentAtMs(state, phase) <= nowMs) return { state: fall(state, phase, nowMs), send: [] };
  return phase.asked ? timedOut(state, phase, nowMs) : ask(state, phase, nowMs);
}

/** Takes a frame; `answers` names the poll that it answers. */
export function runningHears(
  state: DialogueState,
  phase: Running,
  frame: Frame,
  nowMs: number,
): { readonly state: DialogueState; readonly answers: string | null } {
  const { kind } = state.script.liveness;
  const alive = kind === "frames" || kind === "heartbeat" ? proven(state, phase, nowMs) : state;
  const living = alive.phase.at === "running" ? alive.phase : phase;
  const poll = living.asked && state.script.polls[living.asked.poll];
  const verdict = poll && frame.port === poll.port ? judge(poll.expect, frame) : "other";
  switch (verdict) {
    case "answer":
      return { state: answered(alive, living, nowMs), answers: poll?.name ?? null };
    case "busy":
      return { state: tallied(busy(alive, living), "exceptions"), answers: null };
    case "refusal":
      return { state: over(tallied(alive, "exceptions"), living, true, nowMs), answers: null };
    case "other":
      return { state: belongs(state, frame) ? tallied(alive, "late") : alive, answers: null };
  }
}

/** It would have been the answer to a poll that is not asked now. */
function belongs({ script }: DialogueState, frame: Frame): boolean {
  return script.polls.some((poll) => poll.port === frame.port && judge(poll.expect, frame) !== "other");
}

function watched(liveness: Liveness, polls: number): boolean {
  return liveness.kind !== "none" && (liveness.kind !== "poll" || polls > 0);
}

/** The device shows that it works. */
function proven(state: DialogueState, phase: Running, nowMs: number): DialogueState {
  return { ...state, condition: "working", failures: 0, phase: { ...phase, aliveMs: nowMs } };
}

function askDueMs(state: DialogueState, { asked, readyMs }: Running): number {
  if (!asked) return nextPoll(state, readyMs)?.atMs ?? Number.POSITIVE_INFINITY;
  return asked.exchange.sentMs + (state.script.polls[asked.poll]?.timeoutMs ?? 0);
}

/** A poll that was never missed is no silence, however long its grid is. */
function silentAtMs({ script: { liveness, polls } }: DialogueState, { aliveMs, missed }: Running): number {
  if (!watched(liveness, polls.length) || liveness.kind === "none") return Number.POSITIVE_INFINITY;
  if (liveness.kind === "poll" && missed === 0) return Number.POSITIVE_INFINITY;
  return aliveMs + liveness.silentAfterMs;
}

function fall(state: DialogueState, { denied }: Running, nowMs: number): DialogueState {
  return backOff({ ...state, heard: false }, denied ? "refused" : "silent", nowMs);
}

function ask(state: DialogueState, phase: Running, nowMs: number): Move {
  const next = nextPoll(state, phase.readyMs);
  const begun = next ? { ...state, polls: roundBegun(state, next.poll, nowMs) } : state;
  return next ? send(begun, phase, next.poll, nowMs) : { state, send: [] };
}

function send(state: DialogueState, phase: Running, poll: number, nowMs: number): Move {
  const asked = state.script.polls[poll];
  if (!asked) return { state, send: [] };
  const sends = (phase.asked?.exchange.sends ?? 0) + 1;
  const exchange = { sentMs: nowMs, sends, busy: false, heard: SILENCE };
  return {
    state: { ...state, phase: { ...phase, asked: { poll, exchange } } },
    send: [{ port: asked.port, bytes: asked.send }],
  };
}

function timedOut(state: DialogueState, phase: Running, nowMs: number): Move {
  const { asked } = phase;
  if (!asked) return { state, send: [] };
  const late = asked.exchange.busy ? state : tallied(state, "timeouts");
  const retries = state.script.polls[asked.poll]?.retries ?? 0;
  if (asked.exchange.sends <= retries) return send(late, phase, asked.poll, nowMs);
  return { state: over(late, phase, asked.exchange.busy, nowMs), send: [] };
}

function busy(state: DialogueState, phase: Running): DialogueState {
  if (!phase.asked) return state;
  const asked = { ...phase.asked, exchange: { ...phase.asked.exchange, busy: true } };
  return { ...state, phase: { ...phase, asked } };
}

function answered(state: DialogueState, phase: Running, nowMs: number): DialogueState {
  const ended = { ...end(state, phase, nowMs), missed: 0, denied: false };
  const owing = { ...state, phase: ended, polls: roundOwing(state, phase.asked, nowMs) };
  return state.script.liveness.kind === "poll" ? proven(owing, ended, nowMs) : owing;
}

/** A poll ends without its value: at the time-out of its last attempt, or because the device says no. */
function over(state: DialogueState, phase: Running, denied: boolean, nowMs: number): DialogueState {
  const { liveness } = state.script;
  const ended = { ...end(state, phase, nowMs), missed: phase.missed + 1, denied };
  const owing = { ...state, phase: ended, polls: roundOwing(state, phase.asked, nowMs) };
  const most = liveness.kind === "poll" ? (liveness.missedPolls ?? MISSED_POLLS) : Number.POSITIVE_INFINITY;
  return ended.missed >= most ? fall(owing, ended, nowMs) : owing;
}

function end({ script }: DialogueState, phase: Running, nowMs: number): Running {
  return { ...phase, asked: null, readyMs: nowMs + (script.gapMs ?? 0) };
}
