import { expect, it } from "vitest";
import { SealedDiary } from "../../../src/sense/diary.ts";

const NOON = Date.parse("2026-07-18T12:00:00Z");
const message = (seq: number, lengths = [60]) => ({
  epoch: "k3k3k3k3k3k3k3k3",
  seq,
  endMs: NOON + seq * 60_000,
  lengths,
  sealedAtMs: NOON + seq * 60_000 + 437,
  clockSynced: true,
});

it("remembers what was not watched, to the second, and when it was sealed, to the second", () => {
  const diary = new SealedDiary();
  diary.add(message(0), [
    { sensor: "whole", seconds: 60, covered: 60 },
    { sensor: "late timer", seconds: 60, covered: 59.9 },
    { sensor: "part", seconds: 60, covered: 41.7 },
    { sensor: "none", seconds: 60, covered: 0 },
    { sensor: "total", seconds: 60, covered: 0, of: ["part", "none"] },
  ]);
  expect(diary.entries()).toEqual([
    {
      ...message(0),
      sealedAtMs: NOON,
      short: [
        ["part", 60, 41],
        ["none", 60, 0],
      ],
    },
  ]);
});

it("knows the newest message of each length", () => {
  const diary = new SealedDiary();
  diary.add(message(0, [60, 300]), []);
  diary.add(message(1), []);
  expect(diary.newest().map(({ seq }) => seq)).toEqual([1, 0]);
});

it("forgets the oldest: its answer fits the control socket, even after days without any of 64 sensors", () => {
  const diary = new SealedDiary();
  const dead = Array.from({ length: 64 }, (_, n) => {
    return { sensor: `sensor-with-a-long-name-${n}`.padEnd(64, "x"), seconds: 60, covered: 0 };
  });
  for (let seq = 0; seq < 3_000; seq++) diary.add(message(seq), seq < 1_400 ? [] : dead);
  expect(diary.entries().at(-1)?.seq).toBe(2_999);
  expect(JSON.stringify(diary.entries()).length).toBeLessThan(1_000_000);
  for (let seq = 3_000; seq < 6_000; seq++) diary.add(message(seq), []);
  expect(diary.entries()).toHaveLength(1_500);
});
