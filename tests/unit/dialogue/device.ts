import {
  awaited,
  type DialogueEvent,
  type DialogueScript,
  type DialogueState,
  dialogue,
  dueMs,
  startDialogue,
} from "../../../src/sense/sensor/dialogue/dialogue.ts";
import type { Condition } from "../../../src/sense/sensor/engine.ts";
import { latin1 } from "./rig.ts";

/** What becomes of one answer on its way. */
export interface Fate {
  readonly kind: "good" | "lost" | "late" | "twice" | "denied" | "rubbish";
  /** How late, ms. */
  readonly lateMs: number;
  /** How much later than due the tick comes that follows, ms. */
  readonly tickLateMs: number;
}

/** One sending, as the script means it. */
export interface Sending {
  readonly atMs: number;
  readonly what: string;
  readonly sends: number;
  readonly run: number;
  readonly timeoutMs: number;
  /** Least time to the next sending once it was answered. */
  readonly gapMs: number;
  /** Nothing is awaited after it. */
  readonly blind: boolean;
}

export interface Looked {
  readonly atMs: number;
  /** The event before: behind raw bytes something may be due at once. */
  readonly told: DialogueEvent["type"];
  readonly condition: Condition;
  readonly dueMs: number | null;
}

export interface Course {
  readonly sendings: readonly Sending[];
  readonly looks: readonly Looked[];
  /** When an answer or a refusal arrived, and to which request. */
  readonly delivered: readonly { readonly atMs: number; readonly what: string }[];
  readonly restarts: readonly { readonly atMs: number; readonly run: number }[];
  /** Which poll each answer was given to, and which poll it was made for. */
  readonly given: readonly { readonly to: string; readonly from: string }[];
  readonly last: DialogueState;
}

interface Arrival {
  readonly atMs: number;
  readonly event: DialogueEvent;
  /** The sending it answers. */
  readonly of?: Sending;
}

/** How the device under test behaves. */
export interface Device {
  readonly fates: readonly Fate[];
  /** Up to here answers meet their fates, one after the other; from here on they are good. */
  readonly faultyUntilMs: number;
  readonly untilMs: number;
  /** A frame of its own so often, once the faults are over; 0 for none. */
  readonly framesEveryMs: number;
}

/** What a device answers to what. The name of the request is in it, so that a mix-up shows. */
export type Answer = (what: string, denied: boolean) => DialogueEvent;

const GOOD: Fate = { kind: "good", lateMs: 0, tickLateMs: 0 };
const RUBBISH: readonly DialogueEvent[] = [
  { type: "frame", port: "main", name: "junk", bytes: latin1("\0\xff?") },
  { type: "frame", port: "main", name: "junk", bytes: new Uint8Array(0) },
  { type: "text", port: "main", bytes: latin1("ok s\0Don\r\n") },
  { type: "text", port: "command", bytes: latin1("mmwDemo:/>") },
];

/** Lets a device and the machine talk on a virtual clock. */
export function talk(script: DialogueScript, device: Device, answer: Answer): Course {
  let state = startDialogue(script);
  let fated = 0;
  const sendings: Sending[] = [];
  const looks: Looked[] = [];
  const restarts: { atMs: number; run: number }[] = [];
  const delivered: { atMs: number; what: string }[] = [];
  const given: { to: string; from: string }[] = [];
  const arrivals: Arrival[] = [{ atMs: 0, event: { type: "opened" } }];
  if (device.framesEveryMs > 0)
    for (let atMs = device.faultyUntilMs; atMs < device.untilMs; atMs += device.framesEveryMs)
      arrivals.push({
        atMs,
        event: { type: "frame", port: "main", name: "report", bytes: latin1("report") },
      });
  arrivals.sort((one, other) => one.atMs - other.atMs);

  let tickLateMs = 0;
  for (let nowMs = 0; ; ) {
    const dueNow = dueMs(state);
    const tickMs = dueNow === null ? Number.POSITIVE_INFINITY : Math.max(nowMs, dueNow + tickLateMs);
    const arrival = arrivals[0] && arrivals[0].atMs <= tickMs ? arrivals.shift() : undefined;
    nowMs = arrival ? Math.max(nowMs, arrival.atMs) : tickMs;
    if (nowMs > device.untilMs) break;
    const event: DialogueEvent = arrival?.event ?? { type: "tick" };
    const turn = dialogue(state, event, nowMs);
    if (arrival?.of) delivered.push({ atMs: nowMs, what: arrival.of.what });
    if (turn.answers !== null) given.push({ to: turn.answers, from: arrival?.of?.what ?? "?" });
    if (turn.state.tallies.restarts > state.tallies.restarts)
      restarts.push({ atMs: nowMs, run: state.tallies.restarts });
    const run = state.tallies.restarts;
    state = turn.state;
    looks.push({ atMs: nowMs, told: event.type, condition: state.condition, dueMs: dueMs(state) });
    for (const { bytes } of turn.send) {
      const sending = sendingOf(script, state, Buffer.from(bytes).toString("latin1"), { atMs: nowMs, run });
      sendings.push(sending);
      const faulty = nowMs < device.faultyUntilMs && device.fates.length > 0;
      const fate = faulty ? (device.fates[fated++ % device.fates.length] ?? GOOD) : GOOD;
      tickLateMs = fate.tickLateMs;
      arrivals.push(...fulfil(fate, sending, answer));
    }
    arrivals.sort((one, other) => one.atMs - other.atMs);
  }
  return { sendings, looks, delivered, restarts, given, last: state };
}

function sendingOf(
  script: DialogueScript,
  state: DialogueState,
  what: string,
  when: { atMs: number; run: number },
): Sending {
  const isIt = ({ send }: { send: Uint8Array }) => Buffer.from(send).toString("latin1") === what;
  const step = script.init.find(isIt);
  const poll = script.polls.find(isIt);
  const current = awaited(state);
  return {
    ...when,
    what,
    sends: current && isIt(current) ? current.exchange.sends : 1,
    timeoutMs: step?.timeoutMs ?? poll?.timeoutMs ?? 0,
    gapMs: step ? step.gapMs : (script.gapMs ?? 0),
    blind: step !== undefined && step.expect === null,
  };
}

function fulfil({ kind, lateMs }: Fate, of: Sending, answer: Answer): Arrival[] {
  const soonMs = of.atMs + Math.floor(of.timeoutMs / 2);
  const event = answer(of.what, kind === "denied");
  switch (kind) {
    case "good":
    case "denied":
      return [{ atMs: soonMs, event, of }];
    case "lost":
      return [];
    case "late":
      return [{ atMs: of.atMs + lateMs, event, of }];
    case "twice":
      return [soonMs, of.atMs + lateMs].map((atMs) => ({ atMs, event, of }));
    case "rubbish":
      return RUBBISH.map((junk) => ({ atMs: soonMs, event: junk }));
  }
}
