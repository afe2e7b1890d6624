import { expect, it } from "vitest";
import { mayShowBytes, WalkBytes } from "../../../src/sense/walk-bytes.ts";
import { type ToEngineer, toEngineer } from "../../../src/walk/talk.ts";
import { sensorOf } from "../../kit/sniffing.ts";
import { sound } from "../../kit/sounds.ts";

const PORT = "port: /dev/ttyUSB0";
const icoms = sensorOf(`profile: icoms-tma-3b3, ${PORT}`);

function watching(sensor = icoms) {
  const told: ToEngineer[] = [];
  return { told, bytes: new WalkBytes(sensor, 1_000, (one) => told.push(toEngineer.parse(one))) };
}

it("shows what comes and what the framer makes of it, by the time since the walk test began", () => {
  const { told, bytes } = watching();
  const frame = sound("icoms-tma-3b3", 3);
  bytes.bytes("main", frame, 3_250.4);
  bytes.bytes("main", Uint8Array.from(frame).fill(9, 18), 3_300);
  bytes.sent({ port: "main", bytes: Uint8Array.of(1, 0xab) }, 3_400);
  expect(told).toEqual([
    expect.objectContaining({
      say: "bytes",
      sinceMs: 2250,
      way: "from",
      found: ["passage 19 bytes"],
      hidden: 0,
    }),
    expect.objectContaining({ found: ["passage failed: tail at 18"] }),
    { say: "bytes", sinceMs: 2400, way: "to", hex: "01 AB", found: [], hidden: 0 },
  ]);
  expect(told[0]).toMatchObject({ hex: expect.stringMatching(/^02 99 2F( [0-9A-F]{2}){15} 03$/) });
});

it("shows no more than 256 bytes a second, 64 a line, and says how much it hides", () => {
  const { told, bytes } = watching();
  for (let at = 0; at < 100; at++) bytes.bytes("main", new Uint8Array(1000), 1_000 + at);
  bytes.bytes("main", new Uint8Array(1), 2_100);
  const shown = told.map((one) => (one.say === "bytes" ? (one.hex.length + 1) / 3 : 0));
  expect(shown).toEqual([64, 64, 64, 64, 1]);
  const hidden = told.reduce((sum, one) => sum + (one.say === "bytes" ? one.hidden : 0), 0);
  expect(hidden).toBe(100_000 - 4 * 64);
});

it("shows no more than 20 lines a second, and edges of GPIO lines", () => {
  const { told, bytes } = watching(sensorOf("profile: gpio-pulse, gpio: { chip: pinctrl-rp1, line: 17 }"));
  for (let at = 0; at < 50; at++) bytes.edge({ name: "pulse", level: at % 2 ? 1 : 0, atMs: 1_000 + at });
  expect(told).toHaveLength(20);
  expect(told[1]).toEqual({ say: "edge", sinceMs: 1, name: "pulse", level: 1 });
});

it("shows nothing of a device that may send pictures", () => {
  expect(mayShowBytes(icoms)).toBe(true);
  expect(mayShowBytes(sensorOf(`profile: sscma-camera, ${PORT}`))).toBe(false);
});
