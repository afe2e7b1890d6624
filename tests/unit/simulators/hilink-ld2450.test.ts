import { expect, it } from "vitest";
import { ld2450 } from "../../../src/simulators/hilink-ld2450.ts";
import type { LineBytes } from "../../../src/simulators/simulator.ts";

const walker = { fromMs: 0, untilMs: 1000, from: [-0.5, 1], to: [0.5, 3] } as const;
const command = (hex: string): LineBytes => ({ port: "main", bytes: Buffer.from(hex, "hex") });
const enter = command("FDFCFBFA0400FF00010004030201");
const leave = command("FDFCFBFA0200FE0004030201");
const hex = (send: readonly LineBytes[]) =>
  send.map(({ bytes }) => Buffer.from(bytes).toString("hex")).join("");

it("reports a walker ten times a second, and is silent while it is configured", () => {
  const start = ld2450.start([walker], 0);
  expect(ld2450.tick(start, 99).send).toHaveLength(0);
  expect(hex(ld2450.tick(start, 100).send)).toBe(`aaff03009001b08400804001${"00".repeat(16)}55cc`);
  const { state } = ld2450.answer(start, enter, 0);
  expect(ld2450.tick(state, 100).send).toHaveLength(0);
  expect(hex(ld2450.tick(ld2450.answer(state, leave, 50).state, 100).send)).toHaveLength(60);
});

it("acknowledges a command that comes byte by byte", () => {
  let state = ld2450.start([], 0);
  let sent = "";
  for (const byte of enter.bytes) {
    const answered = ld2450.answer(state, { port: "main", bytes: Uint8Array.of(byte) }, 0);
    state = answered.state;
    sent += hex(answered.send);
  }
  expect(sent).toBe("fdfcfbfa0800ff0100000100400004030201");
});
