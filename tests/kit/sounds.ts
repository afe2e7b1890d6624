import { ld2450Frame } from "../../src/simulators/hilink-ld2450.ts";
import { sscmaEvent } from "../../src/simulators/sscma-camera.ts";
import { tiFrame } from "../../src/simulators/ti-frames.ts";
import type { FakeDevice } from "./pty.ts";

const latin1 = (text: string) => Buffer.from(text, "latin1");
const sum8 = (bytes: readonly number[]) => bytes.reduce((sum, byte) => (sum + byte) & 0xff, 0);
const crc8 = (bytes: readonly number[]) =>
  bytes.reduce((crc, byte) => {
    let value = crc ^ byte;
    for (let bit = 0; bit < 8; bit++) value = value & 0x80 ? ((value << 1) ^ 7) & 0xff : value << 1;
    return value;
  }, 0);
const withCrc = (bytes: readonly number[]) => Buffer.from([...bytes, crc8(bytes)]);

/** Marks in positions, identities, counts and distances that must never come out of anything. */
export const CANARIES = ["4242", "4343", "4747", "person-77", "7777"] as const;

const icoms = (day: number) =>
  Buffer.from([2, 0x99, 47, 43, 0x12, 0x59, 0x30, 0x12, day, 6, 0x92, 0x10, 0, 0x47, 0x10, 1, 0x20, 0x26, 3]);

/** What each device says in one step of a tenth of a second, by the number of the step. */
export const SOUNDS: Readonly<Record<string, (step: number) => Uint8Array>> = {
  "hilink-ld2450": (step) =>
    ld2450Frame(
      step % 3 === 0
        ? []
        : [
            { x: 4242, y: 4343, speed: 47 },
            { x: -700, y: 100 + step },
          ],
    ),
  "dfrobot-c4001": (step) =>
    latin1(`$DFDMD,${step % 2},1,47.47,43.43,4242, , *\r\n${step === 0 ? "sensorStart\r\nDone\r\n" : ""}`),
  "sscma-camera": () => latin1(sscmaEvent([{ x: 4.2, y: 4.3 }], { pixelsPerMetre: 100, left: 0, top: 4747 })),
  "ti-iwr6843": (step) =>
    tiFrame({ dialect: step % 2 ? 40 : 40, number: step + 1, targets: [{ id: 7777, x: 4.2, y: 4.3 }] }),
  "benewake-tfmini": () => {
    const measure = [0x59, 0x59, 0xa7, 1, 0x20, 3, 0x40, 8];
    return Buffer.concat(Array.from({ length: 10 }, () => Buffer.from([...measure, sum8(measure)])));
  },
  "terabee-people-counter": (step) => {
    const counted = withCrc([0x50, 0x43, 0, 0, 0, 77, 0, 0, 0, 47, 0, step, 0x10, 0x8f]);
    const distances = withCrc([0x44, 0x44, 3, step, 2, 0x92]);
    return step % 10 === 3 ? Buffer.concat([distances, counted]) : distances;
  },
  "icoms-tma-3b3": (step) => (step % 9 === 2 ? icoms(step % 2 ? 0x92 : 0x12) : Buffer.alloc(0)),
  "generic-jsonl": (step) =>
    latin1(
      step % 5
        ? ""
        : `${JSON.stringify({ tracks: [{ id: "person-77", x: 4.242, y: 4.343 }], present: 47 })}\n`,
    ),
  "omnipresense-ops243": (step) =>
    latin1(`{"speed":4.242,"direction":"inbound","time":${100 + step},"tick":7777}\r\n`),
};

/** A device for so many tenths of a second. */
export function sound(id: string, steps = 30): Uint8Array {
  const make = SOUNDS[id];
  if (!make) throw new Error(`nobody knows how ${id} sounds`);
  return Buffer.concat(Array.from({ length: steps }, (_, step) => make(step)));
}

/**
 * The device speaks from now on, until the timer is cleared. Five steps at once: on a machine so busy that this process
 * gets one turn a second, whoever listens for a second has still heard enough to be sure.
 */
export function keepSpeaking(device: FakeDevice, make: (step: number) => Uint8Array): NodeJS.Timeout {
  let step = 0;
  return setInterval(() => {
    for (let more = 5; more > 0; more--) device.send(make(step++));
  }, 100);
}
