import { describe, expect, it } from "vitest";
import { decodeTi, startOfTi, type TiState } from "../../../src/sense/sensor/ti/stream.ts";
import { frameOf, seal, type TiTarget, targetList, tiFrame } from "../../../src/simulators/ti-frames.ts";
import { readingsOf } from "../../kit/ti-readings.ts";

const ANNA: TiTarget = { id: 3, x: -0.5, y: 2.25 };
const BEN: TiTarget = { id: 17, x: 1.75, y: 4 };
const DIALECTS = [40, 48] as const;

/** Bytes one after the other. */
function stream(...pieces: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(pieces));
}

function read(bytes: Uint8Array, size = bytes.length || 1) {
  let state: TiState = startOfTi;
  const readings: unknown[] = [];
  const discarded: string[] = [];
  let frames = 0;
  for (let at = 0; at < bytes.length; at += size) {
    const decoded = decodeTi(state, bytes.subarray(at, at + size));
    state = decoded.state;
    readings.push(...decoded.readings);
    discarded.push(...decoded.discarded);
    frames += decoded.frames;
  }
  return { state, readings, discarded, frames };
}

/** A frame with some 32-bit words replaced: offset and value. */
function patched(frame: Uint8Array, ...words: readonly (readonly [number, number])[]): Uint8Array {
  const copy = new Uint8Array(frame);
  for (const [at, value] of words) new DataView(copy.buffer).setUint32(at, value, true);
  return copy;
}

/** Anna's frame with one of the 28 words of her record replaced by a float. */
function withFloat(word: number, value: number, dialect: 40 | 48): Uint8Array {
  const frame = tiFrame({ dialect, number: 1, targets: [ANNA, BEN], points: 0 });
  new DataView(frame.buffer).setFloat32(dialect + 8 + word * 4, value, true);
  return frame;
}

describe.each(DIALECTS)("a people counting frame with a header of %i bytes", (dialect) => {
  const good = (number: number, targets: readonly TiTarget[] = [ANNA, BEN]) =>
    tiFrame({ dialect, number, targets });

  it("gives everybody in view, in metres", () => {
    const expected = { readings: readingsOf([ANNA, BEN]), discarded: [], frames: 1 };
    expect(read(good(1))).toMatchObject(expected);
    expect(read(tiFrame({ dialect, number: 1, targets: [ANNA, BEN], extras: true }))).toMatchObject(expected);
  });

  it("says that nobody is there when it holds no target list, or nothing at all", () => {
    expect(read(good(1, [])).readings).toEqual(readingsOf([]));
    expect(read(frameOf(dialect, 2, [])).readings).toEqual(readingsOf([]));
  });

  it("reads the same byte by byte as in one piece, and keeps no finished frame", () => {
    const bytes = stream(good(1), good(2, [BEN]), good(3, []));
    const single = read(bytes, 1);
    expect(single.readings).toEqual(read(bytes).readings);
    expect(single.readings).toEqual([...readingsOf([ANNA, BEN]), ...readingsOf([BEN]), ...readingsOf([])]);
    expect(single.state.held.length).toBeLessThan(8);
  });

  it("shows its readings with its last byte, not with the next frame", () => {
    const frame = good(1);
    expect(read(frame.subarray(0, -1)).readings).toEqual([]);
    expect(read(frame).readings).toHaveLength(1);
  });

  it("passes on nothing but id, x and y of a target", () => {
    const keys = read(good(1)).readings.flatMap(
      (reading) => (reading as { points?: object[] }).points?.flatMap((point) => Object.keys(point)) ?? [],
    );
    expect(new Set(keys)).toEqual(new Set(["id", "x", "y"]));
  });

  it("is found behind rubbish, which costs one discard only once the radar was in step", () => {
    const rubbish = new Uint8Array(300).map((_, at) => (at % 2 ? 255 : 0));
    expect(read(stream(rubbish, good(1)))).toMatchObject({
      readings: readingsOf([ANNA, BEN]),
      discarded: [],
    });
    expect(read(stream(good(1), rubbish, good(2), good(3)), 7)).toMatchObject({
      frames: 3,
      discarded: ["not_parsable"],
    });
  });

  it.each([0, 5])(
    "that was cut short, at any byte, never swallows the good one behind it (%i points)",
    (points) => {
      const cut = tiFrame({ dialect, number: 1, targets: [ANNA, BEN], points });
      for (let kept = 0; kept < cut.length; kept++) {
        const { readings } = read(stream(cut.subarray(0, kept), good(2, [BEN])));
        expect(readings.slice(-1), `cut after ${kept} of ${cut.length} bytes`).toEqual(readingsOf([BEN]));
        // What is missing at the very end is behind the positions, so that the frame is still right.
        const first = readings.slice(0, -1);
        if (first.length > 0) expect(first).toEqual(readingsOf([ANNA, BEN]));
        expect(first.length === 0 || kept >= cut.length - 7).toBe(true);
      }
    },
  );

  it("whose good header is followed by the body of another loses only itself", () => {
    const foreign = stream(good(46).subarray(0, dialect + 90), good(53).subarray(dialect + 12));
    const { readings, discarded, frames } = read(stream(good(45), foreign, good(54, [BEN])), 64);
    expect({ frames, discarded: discarded.sort() }).toEqual({
      frames: 2,
      discarded: [...Array(8).fill("missed"), "wrong_form"],
    });
    expect(readings.slice(-1)).toEqual(readingsOf([BEN]));
  });

  it.each([0, 7, dialect - 1, 16 * 1024 + 1, 0x7fff_ffff, 0xffff_ffff])(
    "that claims a length of %i is not waited for",
    (length) => {
      const bad = patched(good(1), [12, length]);
      if (dialect === 48) seal(bad);
      expect(read(stream(bad, good(2, [BEN])))).toMatchObject({ frames: 1, readings: readingsOf([BEN]) });
      expect(read(bad).state.held.length).toBeLessThan(8);
    },
  );

  it.each([0, 7, 8, 9, 0x7fff_ffff, 0xffff_fff8, 0xffff_ffff])(
    "with a TLV length of %i is thrown away",
    (length) => {
      const bad = patched(good(1), [dialect + 4, length]);
      const { frames, discarded } = read(stream(bad, good(2)));
      expect({ frames, discarded }).toEqual({ frames: 1, discarded: ["wrong_form"] });
    },
  );

  it("with more TLVs than any firmware sends is thrown away", () => {
    const bad = patched(good(1), dialect === 40 ? [32, 0xffff_ffff] : [44, 0xffff]);
    if (dialect === 48) seal(bad);
    expect(read(stream(bad, good(2)))).toMatchObject({ frames: 1, discarded: ["wrong_form"] });
  });

  it("with one TLV too few or too many, or with two target lists, is thrown away", () => {
    const lists = frameOf(
      dialect,
      1,
      [ANNA, BEN].map((one) => [dialect === 40 ? 1010 : 7, targetList([one])] as const),
    );
    const count = (tlvs: number) => {
      const bad = patched(good(1), dialect === 40 ? [32, tlvs] : [44, tlvs]);
      if (dialect === 48) seal(bad);
      return bad;
    };
    for (const bad of [lists, count(2), count(4)])
      expect(read(stream(bad, good(2)))).toMatchObject({ frames: 1, discarded: ["wrong_form"] });
  });

  it("whose target list is not whole records is thrown away", () => {
    const bad = frameOf(dialect, 1, [[dialect === 40 ? 1010 : 7, new Uint8Array(111)]]);
    expect(read(bad)).toMatchObject({ frames: 0, discarded: ["wrong_form"], readings: [] });
  });

  it("of another family of devices is thrown away", () => {
    const bad = patched(good(1), [16, 0x1234_5678]);
    if (dialect === 48) seal(bad);
    expect(read(bad)).toMatchObject({ frames: 0, discarded: ["wrong_form"] });
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e38, 151, -151])(
    "with a position of %f gives no reading at all, but shows that the radar lives",
    (value) => {
      for (const word of [1, 2, 3])
        expect(read(withFloat(word, value, dialect))).toMatchObject({
          frames: 1,
          readings: [],
          discarded: ["out_of_range"],
        });
    },
  );

  it("with an impossible velocity gives no reading, as its body is damaged", () => {
    for (const word of [4, 5, 6])
      expect(read(withFloat(word, 51, dialect))).toMatchObject({ readings: [], discarded: ["out_of_range"] });
    expect(read(withFloat(7, 1e30, dialect)).readings).toHaveLength(1);
  });

  it("with the same track twice gives no reading", () => {
    expect(read(good(1, [ANNA, { ...BEN, id: ANNA.id }]))).toMatchObject({
      readings: [],
      discarded: ["wrong_form"],
    });
  });

  it("shows by its number how many are missing, but not when the radar was started anew", () => {
    expect(read(stream(good(5), good(6), good(9))).discarded).toEqual(["missed", "missed"]);
    expect(read(stream(good(900), good(1), good(2))).discarded).toEqual([]);
    expect(read(stream(good(1), good(0xffff_ffff))).discarded).toHaveLength(100);
  });

  it("carries ids up to the largest number", () => {
    const far = [{ ...ANNA, id: 0xffff_ffff }];
    expect(read(good(1, far)).readings).toEqual(readingsOf(far));
  });
});

describe("the stream of a radar", () => {
  it("may change from one generation of firmware to the other", () => {
    const bytes = stream(
      tiFrame({ dialect: 40, number: 1, targets: [ANNA] }),
      tiFrame({ dialect: 48, number: 2, targets: [BEN] }),
      tiFrame({ dialect: 40, number: 3, targets: [] }),
    );
    expect(read(bytes, 33).readings).toEqual([
      ...readingsOf([ANNA]),
      ...readingsOf([BEN]),
      ...readingsOf([]),
    ]);
  });

  it("of the maker's out-of-box demo, which counts nobody, is not taken for an empty place", () => {
    const points = frameOf(40, 1, [
      [1, new Uint8Array(64)],
      [7, new Uint8Array(16)],
      [6, new Uint8Array(24)],
    ]);
    const padded = patched(stream(points, new Uint8Array(32 - (points.length % 32))), [
      12,
      Math.ceil(points.length / 32) * 32,
    ]);
    for (const demo of [points, padded])
      expect(read(stream(demo, demo))).toMatchObject({
        frames: 0,
        readings: [],
        discarded: ["wrong_form", "wrong_form"],
      });
  });

  it("with a wrong checksum in the long header is not believed", () => {
    const bad = tiFrame({ dialect: 48, number: 1, targets: [ANNA] });
    for (let at = 8; at < 48; at++) {
      const flipped = new Uint8Array(bad);
      flipped[at] = (flipped[at] ?? 0) ^ 0x10;
      expect(read(flipped).frames, `byte ${at}`).toBe(0);
    }
  });

  it("is held up to one frame, however long it goes on without an end", () => {
    const header = patched(tiFrame({ dialect: 48, number: 1, targets: [] }), [12, 16 * 1024]);
    seal(header);
    new DataView(header.buffer).setUint32(52, 16 * 1024 - 48, true);
    let state = decodeTi(startOfTi, header).state;
    let most = 0;
    for (let at = 0; at < 40; at++) {
      state = decodeTi(state, new Uint8Array(1000)).state;
      most = Math.max(most, state.held.length);
      expect(state.held.buffer.byteLength).toBeLessThanOrEqual(4 * state.held.length);
    }
    expect(most).toBeGreaterThan(15_000);
    expect(most).toBeLessThanOrEqual(16 * 1024);
  });

  it("whose frame claims more than any frame has is not held", () => {
    const endless = frameOf(48, 1, [[6, new Uint8Array(16 * 1024)]]);
    const { state, discarded } = read(endless, 1000);
    expect({ held: state.held.length, discarded }).toEqual({ held: 7, discarded: ["wrong_form"] });
  });

  it("of nothing but magic words ends, and costs little", () => {
    const magics = new Uint8Array(64 * 1024).map((_, at) => [2, 1, 4, 3, 6, 5, 8, 7][at % 8] ?? 0);
    const { frames, discarded, state } = read(magics);
    expect({ frames, failed: discarded.length, held: state.held.length }).toEqual({
      frames: 0,
      failed: 8190,
      held: 16,
    });
  });
});
