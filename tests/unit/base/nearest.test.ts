import { expect, it } from "vitest";
import { nearest } from "../../../src/base/nearest.ts";

const KEYS = ["port", "baudRate", "dataBits", "parity", "stopBits", "sends", "lines", "id", "maxPerSecond"];

it.each([
  ["bauds", "baudRate"],
  ["baud", "baudRate"],
  ["baudrate", "baudRate"],
  ["prot", "port"],
  ["stop_bits", "stopBits"],
  ["databit", "dataBits"],
  ["snds", "sends"],
  ["ID", "id"],
  ["max_per_second", "maxPerSecond"],
])("takes %s for %s", (word, meant) => {
  expect(nearest(word, KEYS)).toBe(meant);
});

it.each(["", "x", "to", "speed", "password", "constructor", "__proto__"])("takes %j for nothing", (word) => {
  expect(nearest(word, KEYS)).toBeUndefined();
});

it("knows nothing where nothing is known", () => {
  expect(nearest("port", [])).toBeUndefined();
});
