import { expect, it } from "vitest";
import { ld2450, ld2450Start, ld2450Truth } from "../../../src/simulators/hilink-ld2450.ts";

const walker = { fromMs: 0, untilMs: 1000, from: [-500, 1000], to: [500, 3000] } as const;
const enter = Buffer.from("FDFCFBFA0400FF00010004030201", "hex");
const leave = Buffer.from("FDFCFBFA0200FE0004030201", "hex");
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

it("reports a walker ten times a second, and is silent while it is configured", () => {
  const start = ld2450Start([walker], 0);
  expect(ld2450.tick(start, 99).send).toHaveLength(0);
  expect(hex(ld2450.tick(start, 100).send)).toBe(`aaff03009001b0840080${"00".repeat(18)}55cc`);
  const { state } = ld2450.answer(start, enter, 0);
  expect(ld2450.tick(state, 100).send).toHaveLength(0);
  expect(ld2450.tick(ld2450.answer(state, leave, 50).state, 100).send).toHaveLength(30);
});

it("acknowledges a command that comes byte by byte", () => {
  let state = ld2450Start([], 0);
  let sent = "";
  for (const byte of enter) {
    const answered = ld2450.answer(state, Uint8Array.of(byte), 0);
    state = answered.state;
    sent += hex(answered.send);
  }
  expect(sent).toBe("fdfcfbfa0800ff0100000100400004030201");
});

it("knows the truth of a line", () => {
  expect(ld2450Truth([walker], 2000)).toEqual({ away: 1, towards: 0 });
});
