import { expect, it } from "vitest";
import { VirtualClock } from "../../../src/base/virtual-clock.ts";
import { MOST_REMEMBERED, WindowDiary } from "../../../src/forward/diary.ts";
import type { Append, Row } from "../../../src/forward/ports.ts";

const EPOCH = "k3k3k3k3k3k3k3k3";
const NOON = Date.parse("2026-07-18T12:00:00Z");
const clockAt = () => new VirtualClock(NOON + 250);
const windows = (seq: number) => ({ epoch: EPOCH, seq, endMs: NOON, lengths: [60] });
const append = (seq: number): Append => ({
  type: "message",
  message: { ...windows(seq), jws: "x" },
  baselines: [],
});
const row = (seq: number): Row => ({
  id: seq,
  stream: "sealed",
  topic: "t",
  epoch: EPOCH,
  seq,
  atMs: NOON,
  payload: "x",
});
const ack = (from: number, to: number) => ({ stream: "sealed", epoch: EPOCH, ranges: [[from, to]] }) as const;

it("tells when a message was kept, sent and proven, to the second", () => {
  const diary = new WindowDiary(clockAt(), []);
  diary.kept([append(0), append(1)], ["kept", "same_number_other_bytes"]);
  diary.sent(row(0));
  expect(diary.entries([windows(0)])).toEqual([
    { ...windows(0), keptAtMs: NOON, sentAtMs: NOON, provenAtMs: null, waits: true },
  ]);
  diary.proven({ ...ack(0, 0), ranges: [[0, 0]] });
  expect(diary.entries([windows(0)])).toMatchObject([{ provenAtMs: NOON, waits: false }]);
});

it("takes no proof for what never went out, nor for another stream or epoch", () => {
  const diary = new WindowDiary(clockAt(), [windows(0), windows(1)]);
  diary.sent(row(0));
  diary.sent({ ...row(1), stream: "event" });
  diary.proven({ stream: "event", epoch: EPOCH, ranges: [[0, 9]] });
  diary.proven({ stream: "sealed", epoch: "0".repeat(16), ranges: [[0, 9]] });
  expect(diary.entries([]).map(({ provenAtMs }) => provenAtMs)).toEqual([null, null]);
  diary.proven({ stream: "sealed", epoch: EPOCH, ranges: [[0, 9]] });
  expect(diary.entries([]).map(({ provenAtMs }) => provenAtMs)).toEqual([NOON, null]);
});

it("knows what waited at its start, and what was dropped since", () => {
  const diary = new WindowDiary(clockAt(), [windows(0), windows(1)]);
  expect(diary.entries([windows(1)])).toMatchObject([
    { seq: 0, keptAtMs: null, waits: false },
    { seq: 1, keptAtMs: null, waits: true },
  ]);
});

it("forgets the oldest", () => {
  const diary = new WindowDiary(clockAt(), []);
  for (let seq = 0; seq <= MOST_REMEMBERED; seq++) diary.kept([append(seq)], ["kept"]);
  expect(diary.entries([])[0]?.seq).toBe(1);
});
