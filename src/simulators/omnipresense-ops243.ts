import { nextPassageMs, type Passage, passagesOf, type Walker } from "./scene.ts";
import { type Simulated, type Simulator, saying } from "./simulator.ts";

/** Where an object is counted, metres from the radar. Who comes nearer walks towards smaller y. */
const COUNTED_AT_METRES = 2;
/** Commands have no end of line; two characters each, some with a number behind. */
const COMMAND = /^(N[<>]\d*|[A-Z?][A-Za-z?!+|-])/;
const MAX_HELD_CHARACTERS = 16;

export interface Ops243State {
  readonly passages: readonly Passage[];
  /** Which way counts: from the factory both. */
  readonly counts: "in" | "out" | "both";
  readonly json: boolean;
  readonly count: number;
  /** Passages up to then were counted or let go. */
  readonly seenMs: number;
  readonly held: string;
}

/**
 * OmniPreSense OPS243-A (user manual UM-003-A pp. 7, 11 to 14): a counter asked with `N?`, and a line for each object. The
 * count, the filter and the form of the lines are gone without power.
 */
export const ops243: Simulator<Ops243State> = {
  start: (scene: readonly Walker[], atMs) => ({
    passages: passagesOf(scene, COUNTED_AT_METRES),
    counts: "both",
    json: false,
    count: 0,
    seenMs: atMs,
    held: "",
  }),

  answer(state, { bytes }, atMs) {
    const watched = watch(state, atMs);
    let now = watched.state;
    let held = now.held + Buffer.from(bytes).toString("latin1");
    let said = "";
    for (held = held.trimStart(); held.length > 1; held = held.trimStart()) {
      const command = COMMAND.exec(held)?.[0];
      held = held.slice(command?.length ?? 1);
      if (command) said += answerOf(now, command);
      if (command) now = obey(now, command);
    }
    const next = { ...now, held: held.slice(-MAX_HELD_CHARACTERS) };
    return { state: next, send: [...watched.send, ...saying(next, Buffer.from(said)).send] };
  },

  tick: watch,

  dueMs: ({ passages, seenMs }) => nextPassageMs(passages, seenMs) ?? null,
};

/** Counts who passed, with a line for each. */
function watch(state: Ops243State, nowMs: number): Simulated<Ops243State> {
  const { passages, seenMs, counts, count } = state;
  const counted = passages.filter(
    ({ atMs, way }) => atMs > seenMs && atMs <= nowMs && (counts === "both" || way === counts),
  );
  const next = { ...state, seenMs: Math.max(seenMs, nowMs), count: count + counted.length };
  return saying(next, Buffer.from(counted.map((passage) => objectLine(state, passage)).join("")));
}

function objectLine({ json }: Ops243State, { atMs, way }: Passage): string {
  const speed = way === "out" ? 1.24 : -1.24;
  if (!json) return `${speed}\r\n`;
  const direction = way === "out" ? "inbound" : "outbound";
  const time = Math.floor(atMs / 1000);
  return `${JSON.stringify({ speed: Math.abs(speed), direction, time, tick: Math.floor(atMs % 1000) })}\r\n`;
}

function answerOf({ count, json }: Ops243State, command: string): string {
  if (command === "?P") return '{"Product":"OPS243"}\r\n';
  if (command !== "N?") return "";
  return json ? `${JSON.stringify({ DetectedObjectCount: count })}\r\n` : `${count}\r\n`;
}

function obey(state: Ops243State, command: string): Ops243State {
  switch (command) {
    case "OJ":
      return { ...state, json: true };
    case "Oj":
      return { ...state, json: false };
    case "R+":
      return { ...state, counts: "out" };
    case "R-":
      return { ...state, counts: "in" };
    case "R|":
      return { ...state, counts: "both" };
    case "N!":
      return { ...state, count: 0 };
    default:
      return state;
  }
}
