import { expect, it } from "vitest";
import type { CountingLine } from "../../../src/config/schema.ts";
import type { TrackPoint } from "../../../src/model.ts";
import { noTracks, stepTracks, type TracksState } from "../../../src/sense/count/tracks.ts";
import { describeWithRecording, recording, rows } from "../../kit/shared-data.ts";

const MS_PER_FRAME = 40;
const START_MS = Date.parse("2026-06-01T12:00:00Z");

/** y = 0, wider than the room; people walk towards smaller y, to the right. */
function line(hysteresisMetres: number): CountingLine {
  return { id: "bottleneck", from: [-5, 0], to: [5, 0], in: "left", hysteresisMetres };
}

function frames(): Map<number, TrackPoint[]> {
  const points = new Map<number, TrackPoint[]>();
  for (const row of recording("pedestrian-tracks/bottleneck.txt").split("\n")) {
    if (row === "" || row.startsWith("#")) continue;
    const [id = "", frame, x, y] = row.split(/\s+/);
    const known = points.get(Number(frame)) ?? [];
    known.push({ id, x: Number(x), y: Number(y) });
    points.set(Number(frame), known);
  }
  return new Map([...points].sort(([one], [other]) => one - other));
}

/** Frames at which somebody was counted, one entry a person. */
function crossings(hysteresisMetres: number, oneByOne = false): { in: number[]; out: number[] } {
  const found = { in: [] as number[], out: [] as number[] };
  let state: TracksState = noTracks;
  for (const [frame, points] of frames()) {
    const lists = oneByOne
      ? points.map((point) => ({ points: [point], whole: false }))
      : [{ points, whole: true }];
    for (const list of lists) {
      const stepped = stepTracks(state, list, frame * MS_PER_FRAME, [line(hysteresisMetres)]);
      state = stepped.state;
      for (const crossing of stepped.crossings) {
        for (const side of ["in", "out"] as const) {
          for (let person = 0; person < crossing[side]; person++) found[side].push(frame);
        }
      }
    }
  }
  return found;
}

function per10Seconds(counted: readonly number[]): number[] {
  const sums = Array(7).fill(0);
  for (const frame of counted) sums[Math.floor((frame * MS_PER_FRAME) / 10_000)] += 1;
  return sums;
}

describeWithRecording("pedestrian-tracks", "75 people who walk through a bottleneck", () => {
  const windows = () => rows("pedestrian-tracks/bottleneck.win10s.csv").map((row) => Number(row.out));
  const truth = () =>
    rows("pedestrian-tracks/bottleneck.crossings.csv")
      .map((row) => (Date.parse(row.t_utc ?? "") - START_MS) / MS_PER_FRAME)
      .sort((one, other) => one - other);

  it.each([0, 0.1, 0.3])(
    "are counted out once each and never in, with a hysteresis of %f m",
    (hysteresis) => {
      const found = crossings(hysteresis);
      expect([found.in.length, found.out.length]).toEqual([0, 75]);
    },
  );

  it("are counted in the same frame and the same ten seconds without hysteresis", () => {
    const { out } = crossings(0);
    expect(out).toEqual(truth());
    expect(per10Seconds(out)).toEqual(windows());
  });

  it("are counted 0.1 m beyond the line 3 to 17 frames later, which moves one of them to the next ten seconds", () => {
    const { out } = crossings(0.1);
    const delays = out.map((frame, at) => frame - (truth()[at] ?? 0));
    expect([Math.min(...delays), Math.max(...delays)]).toEqual([3, 17]);
    expect(per10Seconds(out)).toEqual(
      windows().map((people, at) => people + ([0, 0, 0, 0, 0, -1, 1][at] ?? 0)),
    );
  });

  it("are counted alike when every position comes on its own", () => {
    expect(crossings(0.1, true)).toEqual(crossings(0.1));
  });
});
