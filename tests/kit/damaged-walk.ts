import type { CountingLine } from "../../src/config/schema.ts";
import type { Reading } from "../../src/model.ts";
import { type AssociationState, associate, nobody } from "../../src/sense/count/associate.ts";
import { noTracks, stepTracks, type TracksState } from "../../src/sense/count/tracks.ts";
import { strike } from "./damage.ts";
import { TALKERS, type Talker, working } from "./device-streams.ts";
import { Dice } from "./dice.ts";
import { asLd2450, asTi, type Rendered } from "./render.ts";
import { bottleneckWalk, movedWalk } from "./walk.ts";

/** What one damage of a recorded walk does to its crossings, for devices that give places. */

/** All that the count stage knows, and the sums by now. */
interface Count {
  readonly who: AssociationState;
  readonly tracks: TracksState;
  readonly in: number;
  readonly out: number;
}

interface Walk {
  readonly talker: Talker;
  readonly line: CountingLine;
  readonly frames: readonly Rendered[];
  /** The count before each frame, and at the end. */
  readonly counts: readonly Count[];
}

const HZ = 10;
/** Frames around the damage that are read, and frames until nobody of before is remembered. */
const BEFORE = 2;
const BEHIND = 12;
const FORGOTTEN = 80;

const lineAt = (y: number): CountingLine => ({
  id: "line",
  from: [-5, y],
  to: [5, y],
  in: "left",
  hysteresisMetres: 0.1,
});
const named = (id: string): Talker => {
  const found = TALKERS.find((talker) => talker.id === id);
  if (!found) throw new Error(`no ${id}`);
  return found;
};

/** The walk of 75 people as each of these devices sees it. Needs the recording. */
export function walks(): Walk[] {
  const walk = bottleneckWalk(HZ);
  const inFront = movedWalk(walk, ({ x, y }) => ({ x, y: y + 4 }));
  const plain = [
    { talker: named("hilink-ld2450"), line: lineAt(3.25), frames: asLd2450(inFront) },
    { talker: named("ti-iwr6843 (header of 40)"), line: lineAt(0), frames: asTi(walk, 40) },
    { talker: named("ti-iwr6843 (header of 48)"), line: lineAt(0), frames: asTi(walk, 48) },
  ];
  return plain.map((one) => ({ ...one, counts: counted(one, START, 0, read(one.talker, one.frames)) }));
}

const START: Count = { who: nobody, tracks: noTracks, in: 0, out: 0 };

/** The readings of each frame, through a fresh engine that works. */
function read(talker: Talker, chunks: readonly Rendered[]): Reading[][] {
  const bench = working(talker);
  return chunks.map(({ bytes }) => {
    const before = bench.readings.length;
    bench.pass(1000 / HZ).bytes(bytes);
    return bench.readings.slice(before);
  });
}

function counted(
  { line, frames }: Omit<Walk, "counts">,
  start: Count,
  from: number,
  readings: readonly Reading[][],
) {
  const counts = [start];
  for (const [at, some] of readings.entries()) {
    let count = counts.at(-1) ?? start;
    for (const reading of some) count = step(count, reading, frames[from + at]?.atMs ?? 0, line);
    counts.push(count);
  }
  return counts;
}

function step(count: Count, reading: Reading, atMs: number, line: CountingLine): Count {
  if (reading.type !== "tracks" && reading.type !== "targets") return count;
  const found = reading.type === "targets" ? associate(count.who, reading.targets, atMs) : null;
  const points = reading.type === "tracks" ? reading.points : (found?.points ?? []);
  const { state, crossings } = stepTracks(count.tracks, { points, whole: true }, atMs, [line]);
  const sum = (way: "in" | "out") => count[way] + crossings.reduce((all, one) => all + one[way], 0);
  return { who: found?.state ?? count.who, tracks: state, in: sum("in"), out: sum("out") };
}

export interface WalkDamage {
  readonly id: string;
  readonly runs: number;
  /** Runs with more crossings than there were, with fewer, and with as many. */
  readonly more: number;
  readonly fewer: number;
  readonly right: number;
}

/** Damages the walk once for each seed from 1 on. */
export function walkDamage(walk: Walk, runs: number): WalkDamage {
  const errors = Array.from({ length: runs }, (_, seed) => errorOf(walk, seed + 1));
  return {
    id: walk.talker.id,
    runs,
    more: errors.filter((error) => error > 0).length,
    fewer: errors.filter((error) => error < 0).length,
    right: errors.filter((error) => error === 0).length,
  };
}

/** Crossings too many (above 0) or too few, when nobody of the time of the damage is remembered any more. */
function errorOf(walk: Walk, seed: number): number {
  const { talker, frames, counts } = walk;
  const dice = new Dice(seed);
  const struck = dice.between(BEFORE, frames.length - BEHIND - 1);
  const from = struck - BEFORE;
  const stretch = frames
    .slice(from, struck + BEHIND)
    .map((one, at) => (at === BEFORE ? hurt(one, dice) : one));
  const harmed = counted(walk, counts[from] ?? START, from, read(talker, stretch)).at(-1) ?? START;
  const behind = struck + BEHIND;
  const until = Math.min(behind + FORGOTTEN, frames.length);
  const rest = read(talker, frames.slice(behind, until));
  const end = counted(walk, harmed, behind, rest).at(-1) ?? START;
  const truth = counts[until] ?? START;
  const [more, fewer] = [end.in - truth.in, end.out - truth.out];
  return more > 0 || fewer > 0 ? 1 : more + fewer;
}

function hurt(one: Rendered, dice: Dice): Rendered {
  const { at, until, put } = strike([...one.bytes], 0, one.bytes.length, dice);
  return {
    ...one,
    bytes: Uint8Array.from([...one.bytes.subarray(0, at), ...put, ...one.bytes.subarray(until)]),
  };
}
