import type { Reading } from "../../src/model.ts";
import { type ChannelState, stepTotal, type TotalOptions } from "../../src/sense/count/totals.ts";
import { passedBy, type Talker, working } from "./device-streams.ts";
import { deviceProfile } from "./devices.ts";
import { Dice } from "./dice.ts";

/** What one damage did to the readings of one stretch of frames. */
export interface Harm {
  /** True readings that did not come. */
  readonly lost: number;
  /** Readings that are not among the true ones, or come once too often. */
  readonly wrong: readonly Reading[];
  /** The first whole frame behind the damage that is read again: 1 is the very next. */
  readonly backAfter: number;
  /** The sums of running totals, after their judgement, are not the true ones; null for devices without them. */
  readonly wrongSums: boolean | null;
  readonly readings: readonly Reading[];
}

/** Bytes, each with the number of the frame it came with. */
interface Wire {
  readonly bytes: number[];
  readonly frames: number[];
}

const FRAMES: Readonly<Record<string, number>> = { "benewake-tfmini": 400, "terabee-people-counter": 60 };
const SOME_FRAMES = 14;
/** Rounds of a device that is asked. */
const ROUNDS = 10;
/** The first frames and the last stay whole: the device proves that it works, and that it is read again. */
const FIRST = 3;

/** One of the things that happen on a line, by the numbers of `dice`: returns the first and the last place it touched. */
export function strike(
  bytes: number[],
  from: number,
  to: number,
  dice: Dice,
): { at: number; until: number; put: number[] } {
  const at = dice.between(from, to - 1);
  const most = (length: number) => Math.min(length, to - at);
  switch (dice.below(5)) {
    case 0:
      return { at, until: at + 1, put: [(bytes[at] ?? 0) ^ (1 << dice.below(8))] };
    case 1: {
      const length = most(dice.between(1, 12));
      return { at, until: at + length, put: [...dice.bytes(length)] };
    }
    case 2:
      return { at, until: at + 1, put: [] };
    case 3:
      return { at, until: at + most(dice.between(2, 60)), put: [] };
    default:
      return { at, until: at, put: [...dice.bytes(dice.between(1, 30))] };
  }
}

/** One damage of a device: the same seed always gives the same. */
export function harm(talker: Talker, seed: number): Harm {
  return talker.frame ? streamHarm(talker, talker.frame, seed) : answerHarm(talker, seed);
}

function streamHarm(talker: Talker, frameOf: NonNullable<Talker["frame"]>, seed: number): Harm {
  const dice = new Dice(seed);
  const count = FRAMES[talker.id] ?? SOME_FRAMES;
  const frames = Array.from({ length: count }, (_, n) => frameOf(n, dice));
  const wire: Wire = {
    bytes: frames.flatMap((frame) => [...frame]),
    frames: frames.flatMap((frame, n) => [...frame].map(() => n)),
  };
  const [from, to] = [wire.frames.indexOf(FIRST), wire.frames.indexOf(count - 6)];
  const { at, until, put } = strike(wire.bytes, from, to, dice);
  const hurt: Wire = {
    bytes: [...wire.bytes.slice(0, at), ...put, ...wire.bytes.slice(until)],
    frames: [
      ...wire.frames.slice(0, at),
      ...put.map(() => wire.frames[at] ?? 0),
      ...wire.frames.slice(until),
    ],
  };
  const truth = heard(talker, wire);
  const got = heard(talker, hurt);
  const { lost, extra } = differences(truth.map(key), got.map(key));
  // An insertion between two frames touches neither.
  const last = wire.frames[Math.max(at, until - 1)] ?? 0;
  const touched = until === at && wire.frames[at - 1] !== wire.frames[at] ? last - 1 : last;
  const late = frames.map((_, n) => n).filter((n) => n > touched && of(truth, n) !== of(got, n));
  return {
    lost: lost.length,
    wrong: extra.flatMap((index) => got[index]?.reading ?? []),
    backAfter: Math.max(touched, ...late) - touched + 1,
    wrongSums: sumsDiffer(talker, got),
    readings: got.map(({ reading }) => reading),
  };
}

interface Heard {
  readonly reading: Reading;
  readonly frame: number;
  readonly atMs: number;
}

/** What was read with one frame. */
const of = (heard: readonly Heard[], frame: number) =>
  heard
    .filter((one) => one.frame === frame)
    .map(key)
    .join();
const key = ({ reading }: Heard) => JSON.stringify(reading);

function heard(talker: Talker, { bytes, frames }: Wire): Heard[] {
  const bench = working(talker);
  const all: Heard[] = [];
  for (let at = 0; at < bytes.length; ) {
    const frame = frames[at] ?? 0;
    let end = at + 1;
    while (end < bytes.length && frames[end] === frame) end++;
    bench.pass(talker.everyMs);
    const before = bench.readings.length;
    bench.bytes(Uint8Array.from(bytes.slice(at, end)));
    for (const reading of bench.readings.slice(before)) all.push({ reading, frame, atMs: bench.nowMs });
    at = end;
  }
  return all;
}

/** Places of what is only in the one, and of what is only in the other, in the shortest account of the difference. */
export function differences(
  one: readonly string[],
  other: readonly string[],
): { lost: number[]; extra: number[] } {
  let begin = 0;
  while (begin < one.length && begin < other.length && one[begin] === other[begin]) begin++;
  let same = 0;
  while (same < Math.min(one.length, other.length) - begin && one.at(-1 - same) === other.at(-1 - same))
    same++;
  const [left, right] = [one.slice(begin, one.length - same), other.slice(begin, other.length - same)];
  const common = longest(left, right);
  return {
    lost: left.flatMap((_, at) => (common.left.has(at) ? [] : [begin + at])),
    extra: right.flatMap((_, at) => (common.right.has(at) ? [] : [begin + at])),
  };
}

/** The longest common subsequence of two short lists, as places in each. */
function longest(left: readonly string[], right: readonly string[]) {
  const table = Array.from({ length: left.length + 1 }, () => new Array<number>(right.length + 1).fill(0));
  const at = (i: number, j: number): number => table[i]?.[j] ?? 0;
  for (let i = left.length - 1; i >= 0; i--)
    for (let j = right.length - 1; j >= 0; j--) {
      const row = table[i];
      if (row) row[j] = left[i] === right[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  const found = { left: new Set<number>(), right: new Set<number>() };
  for (let [i, j] = [0, 0]; i < left.length && j < right.length; ) {
    if (left[i] === right[j]) {
      found.left.add(i++);
      found.right.add(j++);
    } else if (at(i + 1, j) >= at(i, j + 1)) i++;
    else j++;
  }
  return found;
}

/** One answer of a device that is asked is damaged; whatever else it answers is true. */
function answerHarm(talker: Talker, seed: number): Harm {
  const dice = new Dice(seed);
  const struck = dice.between(FIRST, ROUNDS - 2);
  const [truth, got] = [-1, struck].map((nth) => asked(talker, nth, new Dice(seed + 1)));
  if (!truth || !got) throw new Error("two runs");
  const right = new Set(got.truths);
  const wrong = got.heard.filter((one) => !right.has(key(one)));
  const lost = truth.heard.length - (got.heard.length - wrong.length);
  return {
    lost: Math.max(0, lost),
    wrong: wrong.map(({ reading }) => reading),
    backAfter: Math.max(1, lost),
    wrongSums: sumsDiffer(talker, got.heard),
    readings: got.heard.map(({ reading }) => reading),
  };
}

/** All answers, of which one is damaged, and what they say. */
function asked(talker: Talker, struck: number, dice: Dice): { heard: Heard[]; truths: string[] } {
  const truths: string[] = [];
  let nth = 0;
  const bench = working(talker, (request, nowMs) => {
    const answer = talker.answer?.(request, nowMs);
    if (!answer) return undefined;
    const { in: entered, out: left } = passedBy(nowMs);
    for (const totals of [{ in: entered }, { out: left }, { in: entered, out: left }])
      truths.push(JSON.stringify({ type: "totals", ...totals }));
    if (nth++ !== struck) return answer;
    const { at, until, put } = strike([...answer], 0, answer.length, dice);
    return Uint8Array.from([...answer.subarray(0, at), ...put, ...answer.subarray(until)]);
  });
  const heard: Heard[] = [];
  for (let seen = 0; bench.nowMs < (ROUNDS + 1) * talker.everyMs; bench.pass(100))
    for (; seen < bench.readings.length; seen++) {
      const reading = bench.readings[seen];
      if (reading) heard.push({ reading, frame: 0, atMs: bench.nowMs });
    }
  return { heard, truths };
}

/** Whether the judgement of running totals counts something else than what lies between the first and the last of them. */
function sumsDiffer({ id }: Talker, got: readonly Heard[]): boolean | null {
  const options = totalOptions(id);
  return options && (["in", "out"] as const).some((way) => countsWrong(got, way, options));
}

/** How running totals of a device are judged; null for one that has none. */
function totalOptions(id: string): TotalOptions | null {
  if (id.startsWith("generic")) return null;
  const { messages } = deviceProfile(id.split(" ")[0] ?? id);
  const cumulative = messages.find(({ emit }) => emit.cumulative)?.emit.cumulative;
  if (!cumulative) return null;
  const { bits, maxPerSecond = 10 } = cumulative;
  return { maxPerSecond, ...(bits !== undefined && { bits }) };
}

/** The first and the last total are true: no damage reaches them. */
function countsWrong(got: readonly Heard[], way: "in" | "out", options: TotalOptions): boolean {
  let state: ChannelState | undefined;
  let counted = 0;
  const totals: number[] = [];
  for (const { reading, atMs } of got) {
    const total = reading.type === "totals" ? reading[way] : undefined;
    if (total === undefined) continue;
    totals.push(total);
    const stepped = stepTotal(state, total, atMs, options);
    state = stepped.state;
    counted += stepped.delta;
  }
  return counted !== (totals.at(-1) ?? 0) - (totals[0] ?? 0);
}

/** What some seeds did to one device. */
export interface Damage {
  readonly id: string;
  readonly proof: string;
  readonly runs: number;
  /** Runs with all readings as if nothing had been. */
  readonly whole: number;
  readonly withLoss: number;
  readonly withWrong: number;
  readonly wrongReadings: number;
  /** The worst of all runs. */
  readonly backAfter: number;
  readonly withWrongSums: number | null;
}

/** Damages one device once for each seed from 1 on. */
export function damageOf(talker: Talker, runs: number, look: (done: Harm) => void = () => {}): Damage {
  const all = Array.from({ length: runs }, (_, seed) => {
    const done = harm(talker, seed + 1);
    look(done);
    return done;
  });
  const count = (is: (one: Harm) => boolean) => all.filter(is).length;
  return {
    id: talker.id,
    proof: talker.proof,
    runs,
    whole: count(({ lost, wrong }) => lost === 0 && wrong.length === 0),
    withLoss: count(({ lost }) => lost > 0),
    withWrong: count(({ wrong }) => wrong.length > 0),
    wrongReadings: all.reduce((sum, { wrong }) => sum + wrong.length, 0),
    backAfter: Math.max(...all.map(({ backAfter }) => backAfter)),
    withWrongSums: all.every(({ wrongSums }) => wrongSums === null)
      ? null
      : count(({ wrongSums }) => wrongSums === true),
  };
}

const HEAD = [
  "device",
  "proof",
  "runs",
  "all readings right",
  "a loss",
  "a wrong reading",
  "wrong readings",
  "back after",
  "wrong sums",
];

/** The figures as a table of Markdown. */
export function damageTable(all: readonly Damage[]): string {
  const rows = all.map((one) => [
    one.id,
    one.proof,
    one.runs,
    one.whole,
    one.withLoss,
    one.withWrong,
    one.wrongReadings,
    one.backAfter,
    one.withWrongSums ?? "-",
  ]);
  return [HEAD, HEAD.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}
