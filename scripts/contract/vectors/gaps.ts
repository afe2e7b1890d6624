import { rfc3339 } from "../../../src/contract/windows.ts";
import type { Json } from "../schemas.ts";
import { END_MS, EPOCH, flow, GW07, topicOf } from "./forge.ts";
import { EPOCH_2, eventText, make } from "./sequences.ts";

/** One look of a reader at its clock, after the message that came, if one did. */
export interface GapStep {
  /** Since the sequence began. */
  readonly atSeconds: number;
  readonly topic?: string;
  readonly payload?: string;
  /** The lines of gaps that it prints now, in any order. */
  readonly lines: readonly Json[];
}

export interface GapSequence {
  readonly name: string;
  readonly steps: readonly GapStep[];
}

/** Ten minutes: how long a hole may be open before it is told as undeclared. */
const GRACE = 600;

type Ranges = readonly (readonly [number, number])[];
type Told = (line: Json) => Json;
const undeclared: Told = (missing) => ({ type: "gap", gateway: GW07, declared: false, ...missing });
const declared =
  (reason: string): Told =>
  (missing) => ({ type: "gap", gateway: GW07, declared: true, reason, ...missing });
const closed: Told = (missing) => ({ type: "gap_closed", gateway: GW07, ...missing });

const numbers = (ranges: Ranges, epoch = EPOCH): Json => ({ numbers: { epoch, ranges } });
/** Minutes after the first window's end. */
const time = (minute: number) => rfc3339(END_MS + minute * 60_000);
const windows = (ranges: Ranges, seconds = 60): Json => ({
  windows: ranges.map(([from, to]) => ({ seconds, from: time(from), to: time(to) })),
});

const quiet = (atSeconds: number, ...lines: Json[]): GapStep => ({ atSeconds, lines });
const sealed = (atSeconds: number, payload: string, ...lines: Json[]): GapStep => ({
  ...{ atSeconds, topic: topicOf(GW07), payload, lines },
});
/** The window of a message ends as many minutes after the first as its number says. */
const comes = (atSeconds: number, seq: number, ...lines: Json[]): GapStep =>
  sealed(atSeconds, make(seq).payload, ...lines);
/** All messages in one minute: only their numbers have holes. */
const sameWindow = (atSeconds: number, seq: number, ...lines: Json[]): GapStep =>
  sealed(atSeconds, make(seq, {}, 0).payload, ...lines);
const event = (atSeconds: number, seq: number, content: Json, ...lines: Json[]): GapStep => ({
  ...{ atSeconds, topic: topicOf(GW07, "event"), payload: eventText({ seq, ...content }), lines },
});
const gone = (reason: string, missing: Json): Json => ({ kind: "gap", reason, ...missing });

const unsynced = { records: [{ ...flow, flags: ["clock_unsynced"] }] };
const quarter = { records: [flow, { ...flow, sensor: "gate-3", seconds: 300, covered: 300 }] };

/** What a reader must know is missing, and what was declared. */
export function gapSequences(): GapSequence[] {
  return [...undeclaredGaps(), ...declaredGaps(), ...expectations()];
}

function undeclaredGaps(): GapSequence[] {
  return [
    {
      name: "where nothing is missing nothing is told, however long it lasts",
      steps: [comes(0, 0), comes(60, 1), comes(120, 2), quiet(1_000_000)],
    },
    {
      name: "a hole that nobody declared is told after ten minutes, once",
      steps: [
        comes(0, 0),
        comes(10, 3),
        quiet(GRACE + 9),
        quiet(GRACE + 10, undeclared(numbers([[1, 2]])), undeclared(windows([[0, 2]]))),
        quiet(2 * GRACE + 20),
      ],
    },
    {
      name: "numbers count from 0",
      steps: [comes(0, 2), quiet(GRACE, undeclared(numbers([[0, 1]])))],
    },
    {
      name: "what comes within ten minutes, in any order, was never missing",
      steps: [comes(0, 0), comes(0, 4), comes(300, 2), comes(400, 1), comes(500, 3), quiet(5 * GRACE)],
    },
    {
      name: "each part of a hole has its own ten minutes",
      steps: [
        sameWindow(0, 2),
        sameWindow(300, 5),
        quiet(GRACE, undeclared(numbers([[0, 1]]))),
        quiet(GRACE + 300, undeclared(numbers([[3, 4]]))),
      ],
    },
    {
      name: "what comes after all closes what was told, and nothing else",
      steps: [
        comes(0, 0),
        comes(0, 4),
        quiet(GRACE, undeclared(numbers([[1, 3]])), undeclared(windows([[0, 3]]))),
        comes(GRACE, 2, closed(numbers([[2, 2]])), closed(windows([[1, 2]]))),
        comes(GRACE, 2),
        quiet(5 * GRACE),
      ],
    },
  ];
}

function declaredGaps(): GapSequence[] {
  const lost = gone("max_age", numbers([[1, 9]]));
  return [
    {
      name: "a declared hole is told at once with its reason, where something is missing and nowhere else",
      steps: [sameWindow(0, 0), sameWindow(0, 4), event(5, 0, lost, declared("max_age")(numbers([[1, 3]])))],
    },
    {
      name: "a hole that was declared before it shows is told when it shows",
      steps: [
        sameWindow(0, 0),
        event(0, 0, lost),
        sameWindow(60, 3, declared("max_age")(numbers([[1, 2]]))),
        quiet(5 * GRACE),
      ],
    },
    {
      name: "a hole that was told as undeclared is told again when it is declared",
      steps: [
        sameWindow(0, 0),
        sameWindow(0, 2),
        quiet(GRACE, undeclared(numbers([[1, 1]]))),
        event(GRACE + 5, 0, lost, declared("max_age")(numbers([[1, 1]]))),
        sameWindow(GRACE + 9, 1, closed(numbers([[1, 1]]))),
      ],
    },
    {
      name: "a hole declared for two reasons has the first of the list, and one that nobody knows comes last",
      steps: [
        sameWindow(0, 0),
        sameWindow(0, 2),
        event(1, 0, gone("meteor", numbers([[1, 1]])), declared("meteor")(numbers([[1, 1]]))),
        event(2, 1, gone("power_cut", numbers([[1, 1]])), declared("power_cut")(numbers([[1, 1]]))),
        event(3, 2, gone("stopped", numbers([[1, 1]]))),
      ],
    },
    {
      name: "of declared windows those count that lie wholly in the range",
      steps: [
        comes(0, 0),
        sealed(0, make(1, {}, 5).payload),
        event(
          1,
          0,
          gone("power_cut", { windows: [{ seconds: 60, from: time(0.5), to: time(3.5) }] }),
          declared("power_cut")(windows([[1, 3]])),
        ),
        quiet(
          GRACE,
          undeclared(
            windows([
              [0, 1],
              [3, 4],
            ]),
          ),
        ),
      ],
    },
    {
      name: "the numbers of an epoch and the windows between two are declared apart",
      steps: [
        comes(0, 0),
        sealed(0, make(0, { epoch: EPOCH_2 }, 4).payload),
        event(1, 0, gone("stopped", windows([[0, 3]])), declared("stopped")(windows([[0, 3]]))),
        quiet(5 * GRACE),
      ],
    },
  ];
}

function expectations(): GapSequence[] {
  const ended = { kind: "epoch", new: EPOCH_2, previous: EPOCH, lastSeqKept: 3 };
  return [
    {
      name: "the end of an epoch shows what is missing behind the last number that came",
      steps: [
        sameWindow(0, 0),
        sameWindow(0, 1),
        event(5, 0, ended),
        quiet(GRACE + 5, undeclared(numbers([[2, 3]]))),
      ],
    },
    {
      name: "an epoch of which nothing was kept has no end",
      steps: [
        sameWindow(0, 0),
        event(5, 0, { ...ended, previous: null, lastSeqKept: null }),
        quiet(2 * GRACE),
      ],
    },
    {
      name: "windows by a clock that was not set do not say between which others are expected",
      steps: [
        comes(0, 0),
        sealed(0, make(1, unsynced, -400_000).payload),
        sealed(0, make(2, {}, 1).payload),
        quiet(5 * GRACE),
      ],
    },
    {
      name: "windows of each length are looked for apart",
      steps: [
        sealed(0, make(0, quarter, 0).payload),
        sealed(0, make(1, {}, 1).payload),
        sealed(0, make(2, quarter, 10).payload),
        quiet(GRACE, undeclared(windows([[1, 9]])), undeclared(windows([[0, 5]], 300))),
      ],
    },
  ];
}
