import { expect, it } from "vitest";
import type { CountingLine } from "../../src/config/schema.ts";
import { type AssociationState, associate, nobody, type Target } from "../../src/sense/count/associate.ts";
import { noTracks, stepTracks, type TracksState } from "../../src/sense/count/tracks.ts";
import type { Decoder } from "../../src/sense/sensor/decoder.ts";
import { decoder as jsonl } from "../../src/sense/sensor/generic-jsonl.ts";
import { tiDecoder } from "../../src/sense/sensor/ti/stream.ts";
import { ld2450Frame } from "../../src/simulators/hilink-ld2450.ts";
import type { CameraView } from "../../src/simulators/sscma-camera.ts";
import { asCameraLines, asLd2450, asSscma, asTi, type Rendered } from "../kit/render.ts";
import { describeWithRecording, recording } from "../kit/shared-data.ts";
import { bottleneckWalk, type Moment, movedWalk, nearest } from "../kit/walk.ts";

interface Frame {
  readonly atMs: number;
  readonly targets: readonly Target[];
}

function line(y: number, mirrored = false): CountingLine {
  const [left, right] = [-5, 5] as const;
  const [from, to] = mirrored ? [right, left] : [left, right];
  return { id: "line", from: [from, y], to: [to, y], in: "left", hysteresisMetres: 0.1 };
}

/** Crossings by who is really who. */
function withIds(walk: readonly Moment[], where: CountingLine): string {
  let state: TracksState = noTracks;
  const sum = { in: 0, out: 0 };
  for (const { atMs, people } of walk) {
    const points = people.map(({ person, x, y }) => ({ id: String(person), x, y }));
    const stepped = stepTracks(state, { points, whole: true }, atMs, [where]);
    state = stepped.state;
    for (const crossing of stepped.crossings) {
      sum.in += crossing.in;
      sum.out += crossing.out;
    }
  }
  return `${sum.in} in, ${sum.out} out`;
}

/** Crossings by who is thought to be who. */
function withoutIds(frames: readonly Frame[], where: CountingLine): string {
  let state: AssociationState = nobody;
  const walk = frames.map(({ atMs, targets }) => {
    const { state: next, points } = associate(state, targets, atMs);
    state = next;
    return { atMs, people: points.map(({ id, x, y }) => ({ person: Number(id), x, y })) };
  });
  return withIds(walk, where);
}

/** Targets of a walk in an order that says nothing. */
function unordered(walk: readonly Moment[]): Frame[] {
  return walk.map(({ atMs, people }, at) => {
    const targets = people.map(({ x, y }) => ({ x, y }));
    return { atMs, targets: at % 2 ? targets.reverse() : targets };
  });
}

/** Reads the reports back, as the manual says; an empty slot is all zeros. */
function readLd2450(reports: readonly Rendered[]): Frame[] {
  const metres = (raw: number) => ((raw & 0x7fff) * (raw & 0x8000 ? 1 : -1)) / 1000;
  return reports.map(({ atMs, bytes }) => {
    const view = new DataView(bytes.buffer);
    const slots = [4, 12, 20].filter((at) => view.getBigUint64(at) !== 0n);
    const targets = slots.map((at) => ({
      x: metres(view.getUint16(at, true)),
      y: metres(view.getUint16(at + 2, true)),
    }));
    return { atMs, targets };
  });
}

/** What a decoder makes of a rendered walk, as a walk again. */
function decoded<State>({ start, decode }: Decoder<State>, rendered: readonly Rendered[]): Moment[] {
  let state = start;
  return rendered.flatMap(({ atMs, bytes }) => {
    const { state: next, readings } = decode(state, bytes);
    state = next;
    return readings.flatMap((reading) => {
      if (reading.type !== "tracks") return [];
      return [{ atMs, people: reading.points.map(({ id, x, y }) => ({ person: Number(id), x, y })) }];
    });
  });
}

/** Boxes as places again, by the view they were rendered with. */
function readBoxes(events: readonly Rendered[], { pixelsPerMetre, left, top }: CameraView): Frame[] {
  return events.map(({ atMs, bytes }) => {
    const boxes: number[][] = JSON.parse(Buffer.from(bytes).toString()).data.boxes;
    const targets = boxes.map(([x = 0, y = 0]) => ({
      x: (x - left) / pixelsPerMetre,
      y: (top - y) / pixelsPerMetre,
    }));
    return { atMs, targets };
  });
}

/** The sensor hangs 4 m behind the line. */
const inFrontOfRadar = (walk: readonly Moment[]) => movedWalk(walk, ({ x, y }) => ({ x, y: y + 4 }));
const mirrored = (walk: readonly Moment[]) => movedWalk(walk, ({ x, y }) => ({ x: -x, y }));

describeWithRecording(
  "pedestrian-tracks",
  "75 people who walk through a bottleneck, as devices see them",
  () => {
    it.each([25, 20, 10, 5, 2, 1])("are counted exactly with ids, at %i frames a second", (hz) => {
      expect(withIds(bottleneckWalk(hz), line(0))).toBe("0 in, 75 out");
    });

    it.each([20, 10, 5, 2])("are counted exactly without ids, at %i frames a second", (hz) => {
      expect(withoutIds(unordered(bottleneckWalk(hz)), line(0))).toBe("0 in, 75 out");
    });

    it("are too many to be told apart at one frame a second: 68 of 75 are counted", () => {
      expect(withoutIds(unordered(bottleneckWalk(1)), line(0))).toBe("0 in, 68 out");
    });

    it.each([40, 48] as const)("are counted exactly by a TI radar with headers of %i bytes", (dialect) => {
      const seen = decoded(tiDecoder, asTi(bottleneckWalk(10), dialect));
      expect(seen.length).toBeGreaterThan(600);
      expect(withIds(seen, line(0))).toBe("0 in, 75 out");
    });

    it("are counted exactly by the lines of a camera script", () => {
      const lines = asCameraLines(bottleneckWalk(10), String);
      expect(withIds(decoded(jsonl({ forms: ["tracks"] }), lines), line(0))).toBe("0 in, 75 out");
    });

    it.each([10, 5])(
      "are counted exactly from the boxes of a camera, 4 cm a pixel, at %i frames a second",
      (hz) => {
        const view = { pixelsPerMetre: 25, left: 120, top: 180 };
        const seen = readBoxes(asSscma(bottleneckWalk(hz), view), view);
        expect(withoutIds(seen, line(0))).toBe("0 in, 75 out");
      },
    );

    it("are counted at a line at the edge of the view, where most are lost before they are clear of it", () => {
      const walk = bottleneckWalk(10);
      const endMs = walk.at(-1)?.atMs ?? 0;
      const empty = Array.from({ length: 40 }, (_, at) => ({ atMs: endMs + (at + 1) * 100, people: [] }));
      const edge = { ...line(-1.7), hysteresisMetres: 0.3 };
      expect(withIds(walk, { ...edge, hysteresisMetres: 0 })).toBe("1 in, 73 out");
      expect(withIds([...walk, ...empty], edge)).toBe("0 in, 72 out");
    });

    it("are counted the same in a mirror, and the other way when the line is turned round", () => {
      const walk = mirrored(bottleneckWalk(10));
      expect(withIds(walk, line(0))).toBe("0 in, 75 out");
      expect(withoutIds(unordered(walk), line(0))).toBe("0 in, 75 out");
      expect(withoutIds(unordered(walk), line(0, true))).toBe("75 in, 0 out");
      const seen = readLd2450(asLd2450(mirrored(inFrontOfRadar(bottleneckWalk(10)))));
      expect(withoutIds(seen, line(3.5, true))).toBe("75 in, 0 out");
    });

    it("are counted exactly by a radar with three slots where the line has room on both sides", () => {
      const seen = readLd2450(asLd2450(inFrontOfRadar(bottleneckWalk(10))));
      for (const y of [3, 3.25, 3.5]) expect(withoutIds(seen, line(y))).toBe("0 in, 75 out");
    });

    it("are mostly first seen beyond a line at which three slots are taken: 45 can be counted, and 42 are", () => {
      const walk = inFrontOfRadar(bottleneckWalk(10));
      const seen = walk.map(({ atMs, people }) => ({ atMs, people: nearest(people, 3) }));
      expect(withIds(seen, line(4))).toBe("0 in, 45 out");
      expect(withoutIds(readLd2450(asLd2450(walk)), line(4))).toBe("0 in, 41 out");
    });
  },
);

describeWithRecording("sensor-bytes", "rendered reports of the LD2450", () => {
  it("are the maker's own examples, byte for byte", () => {
    const all: { protocol: string; hex: string; expect: { targets?: never[] } }[] = JSON.parse(
      recording("sensor-bytes/vectors.json"),
    );
    const reports = all.filter(({ protocol, expect: { targets } }) => protocol === "ld2450" && targets);
    expect(reports.length).toBeGreaterThan(2);
    for (const {
      hex,
      expect: { targets = [] },
    } of reports)
      expect(Buffer.from(ld2450Frame(targets)).toString("hex")).toBe(hex);
  });
});
