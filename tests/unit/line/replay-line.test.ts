import { expect, test } from "vitest";
import { ReplayLine } from "../../../src/sense/line/replay-line.ts";
import { LineRecorder } from "../../kit/line-recorder.ts";

function started() {
  const line = new ReplayLine();
  const told = new LineRecorder();
  line.start(told);
  return { line, told };
}

test("every event carries the time of the recording", () => {
  const { line, told } = started();
  line.open(100, { "beam-a": 0 });
  line.feedBytes(Buffer.from("a"), 150.5);
  line.feedEdge("beam-a", 1, 151);
  line.fail("device.gone", 200);
  expect(told.told).toEqual([
    { kind: "up", levels: { "beam-a": 0 }, atMs: 100 },
    { kind: "bytes", atMs: 150.5 },
    { kind: "edge", edge: { name: "beam-a", level: 1, atMs: 151 }, atMs: 151 },
    { kind: "down", code: "device.gone", atMs: 200 },
  ]);
});

test("nothing is heard from a device that is not open", () => {
  const { line, told } = started();
  const feed = (atMs: number) => {
    line.feedBytes(Buffer.from("a"), atMs);
    line.feedEdge("beam-a", 1, atMs);
  };
  feed(1);
  line.open(2);
  line.fail("device.gone", 3);
  feed(4);
  expect(told.told.map(({ kind }) => kind)).toEqual(["up", "down"]);
});

test("a change of the reason is told, the same reason is not told again, and opening starts afresh", () => {
  const { line, told } = started();
  line.fail("device.absent", 1);
  line.fail("device.absent", 2);
  line.fail("device.busy", 3);
  line.open(4);
  line.open(5);
  line.fail("device.busy", 6);
  expect(told.downs).toEqual(["device.absent", "device.busy", "device.busy"]);
  expect(told.ups).toBe(1);
});

test("a line starts once, and not after it was stopped", async () => {
  const { line, told } = started();
  expect(() => line.start(told)).toThrow("starts once");
  await line.stop();
  expect(() => line.start(told)).toThrow("starts once");
});
