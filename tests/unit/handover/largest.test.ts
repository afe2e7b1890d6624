import { expect, it } from "vitest";
import { encodeFrame } from "../../../src/handover/frames.ts";
import { fromForward, fromSense } from "../../../src/handover/protocol.ts";
import { SenseRig } from "../../kit/core.ts";
import { replayConfig } from "../../kit/replayed.ts";
import { FORWARD_HELLO } from "./rig.ts";

/** An id as long as they come. */
const long = (text: string) => text.padEnd(32, "x");

/** 64 sensors with running totals, and as many lines, gauges and texts as the rules let through: 256 records. */
function largest(): string {
  const sensors = Array.from({ length: 64 }, (_, s) => {
    const lines = [0, 1].map((l) => `{ id: ${long(`l${s}-${l}-`)}, from: [0, 0], to: [1, 0], in: left }`);
    const sends = "sends: [totals, tracks, present]";
    return `id: ${long(`s${s}-`)}, profile: generic-jsonl, port: /dev/s${s}, ${sends}, lines: [${lines.join(", ")}]`;
  });
  const text = "\u20ac".repeat(500);
  return replayConfig(
    sensors,
    `mechanism: none, reason: "${text}", override: "${text}", flow: { windowSeconds: 300 }`,
  );
}

it("carries the message of the largest gateway that the configuration allows, with all its baselines", async () => {
  const rig = new SenseRig(largest());
  for (const { sensor } of rig.core.feeds) rig.send(sensor.id, '{"inTotal":5,"outTotal":7}\n');
  await rig.advance(300_000);
  const [unkept] = rig.core.sealing.unkept();
  expect(unkept?.baselines).toHaveLength(128);
  const [opened] = await rig.opened();
  expect(opened?.records).toHaveLength(256);
  const offer = { type: "offer", ...unkept };
  expect(() => encodeFrame(offer)).not.toThrow();
  expect(fromSense.safeParse(offer).error).toBeUndefined();
});

it("carries the largest memory that forward may hand back: every baseline and the longest key set", () => {
  const baselines = Array.from({ length: 512 }, (_, index) => ({
    channel: `${long(`c${index}-`)}/out`,
    endMs: 8.64e15,
    box: "x".repeat(256),
  }));
  const lastEnds = Array.from({ length: 16 }, () => ({ seconds: 86_400, endMs: 8.64e15 }));
  const keys = `key.set.${"x".repeat(64 * 1024 - 8)}`;
  const hello = { ...FORWARD_HELLO, lastEnds, baselines, keys };
  expect(() => encodeFrame(hello)).not.toThrow();
  expect(fromForward.safeParse(hello).error).toBeUndefined();
});
