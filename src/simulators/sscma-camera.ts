import { type Person, peopleAt, type Walker } from "./scene.ts";
import { quietly, type Simulator, saying } from "./simulator.ts";

const EVENT_MS = 200;
const MAX_COMMAND_CHARACTERS = 4095;
const SCORE = 88;
const PERSON = 0;
const [INVALID, UNSUPPORTED] = [5, 8];
/** What a small picture weighs, as base64. */
const PICTURE = `/9j/4AAQSkZJRgABAQEAAAAA${"A".repeat(3000)}`;
const BOOT_TEXT = "SENSORDPLIB_STATUS_XDMA_FRAME_READY 22 \n";

/** Where the picture of a camera that looks straight down has its origin, in pixels from the left and upper edge. */
export interface CameraView {
  readonly pixelsPerMetre: number;
  readonly left: number;
  readonly top: number;
}

export interface SscmaState {
  readonly scene: readonly Walker[];
  readonly leastScore: number;
  /** Events still to send: endless, or none. */
  readonly left: number;
  readonly onlyIfDifferent: boolean;
  readonly pictures: boolean;
  /** The boxes of the last event. */
  readonly last: string;
  readonly nextEventMs: number;
  readonly line: string;
  readonly justOn: boolean;
}

/**
 * A Seeed SSCMA camera that looks down (SSCMA-Micro, docs/protocol/at-protocol-en_US.md): AT commands, and after
 * `AT+INVOKE` five events a second with a box for each person. Without power nothing is invoked.
 * @param alwaysPictures a firmware that sends pictures although RESULT_ONLY asks for none
 */
export function sscmaCamera({ alwaysPictures = false } = {}): Simulator<SscmaState> {
  return {
    start: (scene, atMs) => ({
      scene,
      leastScore: 50,
      left: 0,
      onlyIfDifferent: false,
      pictures: false,
      last: "",
      nextEventMs: atMs + EVENT_MS,
      line: "",
      justOn: true,
    }),

    answer(state, { bytes }, atMs) {
      const lines = (state.line + Buffer.from(bytes).toString("latin1")).split("\r");
      let now: SscmaState = { ...state, line: (lines.pop() ?? "").slice(-MAX_COMMAND_CHARACTERS) };
      let said = "";
      for (const line of lines) {
        const [next, reply] = obey(now, line.trim(), atMs);
        [now, said] = [next, said + reply];
      }
      return saying(now, Buffer.from(said, "latin1"));
    },

    tick(state, atMs) {
      if (atMs < state.nextEventMs) return quietly(state);
      const next = { ...state, nextEventMs: atMs + EVENT_MS, justOn: false };
      if (state.justOn) return saying(next, Buffer.from(BOOT_TEXT));
      if (state.left <= 0) return quietly(next);
      const people = SCORE >= state.leastScore ? peopleAt(state.scene, atMs) : [];
      const event = sscmaEvent(people, VIEW, alwaysPictures || state.pictures);
      if (state.onlyIfDifferent && event === state.last) return quietly(next);
      return saying({ ...next, left: state.left - 1, last: event }, Buffer.from(event));
    },

    dueMs: ({ nextEventMs }) => nextEventMs,
  };
}

/** The state after a command, and the reply. A name that it does not know is answered with a log line. */
function obey(state: SscmaState, line: string, atMs: number): readonly [SscmaState, string] {
  const [, tag = "", name = "", values = ""] = /^AT\+(\w+@)?([A-Z]+)(?:=(.*))?$/.exec(line) ?? [];
  if (line === "") return [state, ""];
  const said = (data: unknown, code = 0, type = 0) => reply({ type, name: `${tag}${name}`, code, data });
  const numbers = values.split(",").map(Number);
  if (name === "BREAK") return [{ ...state, left: 0 }, said(Math.floor(atMs))];
  if (name === "TSCORE" && values !== "") return scored(state, numbers[0], said);
  if (name === "INVOKE" && values !== "") return invoked(state, numbers, said);
  return [state, said(`Unknown command: ${line}`, UNSUPPORTED, 2)];
}

type Said = (data: unknown, code?: number) => string;

function scored(state: SscmaState, least = Number.NaN, said: Said): readonly [SscmaState, string] {
  if (!(least >= 0 && least <= 100)) return [state, said(state.leastScore, INVALID)];
  return [{ ...state, leastScore: least }, said(least)];
}

/** How often (-1: for ever), only when something changed, only results. */
function invoked(
  state: SscmaState,
  [times = Number.NaN, differed, resultOnly]: readonly number[],
  said: Said,
): readonly [SscmaState, string] {
  if (!(times >= -1)) return [state, said({}, INVALID)];
  const left = times === -1 ? Number.POSITIVE_INFINITY : times;
  const next = { ...state, left, onlyIfDifferent: differed === 1, pictures: resultOnly !== 1, last: "" };
  const config = { tscore: state.leastScore, tiou: 50 };
  return [
    next,
    said({
      algorithm: { type: 3, category: 1, input_from: 1, config },
      sensor: { id: 1, type: 1, state: 1 },
    }),
  ];
}

function reply(content: unknown): string {
  return `\r${JSON.stringify(content)}\n`;
}

/** 240 x 240 pixels over 4 m, with y growing upwards from the lower edge. */
const VIEW: CameraView = { pixelsPerMetre: 60, left: 120, top: 240 };

/** An event: a box `[x, y, width, height, score, class]` for each person, and no ids. x, y are its middle. */
export function sscmaEvent(
  people: readonly Omit<Person, "person">[],
  { pixelsPerMetre, left, top }: CameraView,
  picture = false,
): string {
  const size = Math.round(pixelsPerMetre / 2);
  const boxes = people.map(({ x, y }) => {
    const [across, down] = [left + x * pixelsPerMetre, top - y * pixelsPerMetre];
    return [Math.round(across), Math.round(down), size, size, SCORE, PERSON];
  });
  const data = { count: 0, perf: [8, 365, 0], boxes, ...(picture ? { image: PICTURE } : {}) };
  return `\r${JSON.stringify({ type: 1, name: "INVOKE", code: 0, data })}\n`;
}
