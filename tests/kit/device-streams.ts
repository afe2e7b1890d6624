import { decoderEngine } from "../../src/sense/sensor/decoder-engine.ts";
import { checkValue } from "../../src/sense/sensor/frames/checks.ts";
import { decoder as csv } from "../../src/sense/sensor/generic-csv.ts";
import { decoder as jsonl } from "../../src/sense/sensor/generic-jsonl.ts";
import { ld2450Frame } from "../../src/simulators/hilink-ld2450.ts";
import { sscmaEvent } from "../../src/simulators/sscma-camera.ts";
import { tiFrame } from "../../src/simulators/ti-frames.ts";
import { Bench, deviceFolders, deviceProfile, started } from "./devices.ts";
import type { Dice } from "./dice.ts";
import { type Device, text } from "./talk.ts";

/** Every decoder of the product, with a device at its other end that behaves. */
export interface Talker {
  readonly id: string;
  readonly baudRate: number;
  /** What the profile of this sensor is set to; undefined for the generic decoders, which have none. */
  readonly settings?: Record<string, unknown>;
  /** From one frame, or one question, to the next. */
  readonly everyMs: number;
  /** What shows that a frame arrived as it was sent. */
  readonly proof: "CRC-16" | "CRC-8" | "sum" | "form";
  /** Frame number n of a device that speaks unasked. */
  readonly frame?: (n: number, dice: Dice) => Uint8Array;
  /** The answer of a device that is asked. */
  readonly answer?: Device;
}

/** An engine that works and its device, which may be asked through another function. */
export function working({ id, settings, answer }: Talker, device: Device | undefined = answer): Bench {
  if (id === "generic-jsonl")
    return new Bench(decoderEngine(jsonl({ forms: ["tracks", "passages"] }))).open();
  if (id === "generic-csv")
    return new Bench(
      decoderEngine(csv({ forms: ["passages", "present"], columns: ["in", "out", "present"] })),
    ).open();
  return started(id.split(" ")[0] ?? id, settings, device);
}

/** Passages that have come by at a time: one way and the other. */
export const passedBy = (nowMs: number) => ({
  in: 1000 + Math.floor(nowMs / 1700),
  out: 900 + Math.floor(nowMs / 2300),
});

const word = (value: number) => [(value >> 8) & 0xff, value & 0xff];
const long = (value: number) => [...word(value >>> 16), ...word(value)];

function modbusAnswer(registers: readonly number[]): Uint8Array {
  const body = Uint8Array.of(1, 3, registers.length, ...registers);
  const crc = checkValue("crc16-modbus", body);
  return Uint8Array.of(...body, crc & 0xff, crc >> 8);
}

/** With the check value of one byte that its algorithm gives. */
function sealed(algo: "crc8-07" | "sum8", ...bytes: readonly number[]): Uint8Array {
  const body = Uint8Array.from(bytes);
  return Uint8Array.of(...body, checkValue(algo, body));
}

const hexTotal = (value: number) => `>${value.toString(16).toUpperCase().padStart(8, "0")}\r`;
const bcd = (value: number) => Math.floor(value / 10) * 16 + (value % 10);
const people = (count: number, dice: Dice) =>
  Array.from({ length: count }, (_, person) => ({
    person,
    x: dice.between(-300, 300) / 100,
    y: dice.between(10, 600) / 100,
  }));

/** Somebody walks through the beam for 0.2 s in each second. */
const beam = (n: number, dice: Dice) => {
  const cm = n % 100 < 20 ? dice.between(60, 120) : dice.between(340, 350);
  return sealed("sum8", 0x59, 0x59, cm & 0xff, cm >> 8, 0x40, 0x06, dice.between(0, 255), 8);
};

/** Distances, and every third time a passage. */
const terabee = (n: number, dice: Dice) => {
  if (n % 3 !== 0)
    return sealed("crc8-07", 0x44, 0x44, ...word(dice.between(300, 1400)), ...word(dice.between(300, 1400)));
  const [entered, left] = [500 + n / 3, 400 + Math.floor(n / 6)];
  return sealed("crc8-07", 0x50, 0x43, 0, 0, 0, 7, ...long(entered - left), ...word(entered), ...word(left));
};

const icoms = (n: number, dice: Dice) => {
  const direction = dice.below(2) ? 0x80 : 0;
  const [speed, range] = [dice.between(5, 60), dice.between(300, 3000)];
  const date = [
    bcd(dice.below(100)),
    bcd(n % 60),
    bcd(dice.below(60)),
    bcd(dice.below(24)),
    direction | 0x18,
    0x07,
  ];
  const counter = [n & 0xff, (n >> 8) & 0xff, 0];
  return Uint8Array.of(2, 0x99, speed, 40, ...date, ...counter, range & 0xff, range >> 8, 2, 0x20, 0x26, 3);
};

const ti = (dialect: 40 | 48) => (n: number, dice: Dice) => {
  const targets = people(dice.between(0, 6), dice).map(({ person, x, y }) => ({ id: person, x, y }));
  return tiFrame({ dialect, number: n + 1, targets, points: dice.between(0, 20) });
};

const PLAIN: readonly Omit<Talker, "baudRate">[] = [
  { id: "benewake-tfmini", settings: { nearerThanMetres: 2 }, everyMs: 10, proof: "sum", frame: beam },
  {
    id: "dfrobot-c4001",
    everyMs: 100,
    proof: "form",
    frame: (_n, dice) =>
      text(
        `$DFDMD,${dice.below(2)},1,${dice.between(1, 9)}.${dice.between(100, 999)},0.129,${dice.between(1000, 65_000)}, , *\r\n`,
      ),
  },
  {
    id: "ebyte-e8xx-pulse",
    settings: { e831: false },
    everyMs: 5000,
    proof: "CRC-16",
    answer: (_heard, nowMs) => modbusAnswer([...word(passedBy(nowMs).in), ...word(passedBy(nowMs).out)]),
  },
  {
    id: "hilink-ld2450",
    everyMs: 100,
    proof: "form",
    frame: (_n, dice) =>
      ld2450Frame(
        people(dice.between(0, 3), dice).map(({ x, y }) => ({
          x: x * 1000,
          y: y * 1000,
          speed: dice.between(-90, 90),
        })),
      ),
  },
  { id: "icoms-tma-3b3", everyMs: 1000, proof: "form", frame: icoms },
  {
    id: "icpdas-dcon-counter",
    everyMs: 5000,
    proof: "form",
    answer: (heard, nowMs) => text(hexTotal(passedBy(nowMs)[heard[3] === 0x30 ? "in" : "out"])),
  },
  {
    id: "icpdas-dcon-counter (checksum)",
    settings: { checksum: true },
    everyMs: 5000,
    proof: "sum",
    answer: (heard, nowMs) => {
      const line = hexTotal(passedBy(nowMs)[heard[3] === 0x30 ? "in" : "out"]).slice(0, -1);
      const sum = checkValue("sum8", text(line)).toString(16).toUpperCase().padStart(2, "0");
      return text(`${line}${sum}\r`);
    },
  },
  {
    id: "modbus-counter",
    settings: { firstRegister: 0 },
    everyMs: 5000,
    proof: "CRC-16",
    answer: (_heard, nowMs) => modbusAnswer([...long(passedBy(nowMs).in), ...long(passedBy(nowMs).out)]),
  },
  {
    id: "omnipresense-ops243",
    everyMs: 1000,
    proof: "form",
    answer: (heard, nowMs) =>
      Buffer.from(heard).toString() === "N?"
        ? text(`{"DetectedObjectCount":${passedBy(nowMs).in}}\r\n`)
        : undefined,
  },
  {
    id: "sscma-camera",
    everyMs: 200,
    proof: "form",
    frame: (_n, dice) =>
      text(sscmaEvent(people(dice.between(0, 6), dice), { pixelsPerMetre: 25, left: 120, top: 180 })),
  },
  { id: "terabee-people-counter", everyMs: 100, proof: "CRC-8", frame: terabee },
  { id: "ti-iwr6843 (header of 40)", settings: { chirp: "x" }, everyMs: 55, proof: "form", frame: ti(40) },
  { id: "ti-iwr6843 (header of 48)", settings: { chirp: "x" }, everyMs: 55, proof: "form", frame: ti(48) },
  {
    id: "generic-jsonl",
    everyMs: 100,
    proof: "form",
    frame: (_n, dice) => {
      const tracks = people(dice.between(1, 6), dice).map(({ person, x, y }) => ({ id: `p${person}`, x, y }));
      return text(`${JSON.stringify({ tracks })}\n`);
    },
  },
  {
    id: "generic-csv",
    everyMs: 100,
    proof: "form",
    frame: (_n, dice) => text(`${dice.below(3)},${dice.below(3)},${dice.below(50)}\n`),
  },
];

/** What the generic decoders are set to where nothing is said. */
const GENERIC_BAUD_RATE = 115_200;

/** One for each serial profile, two where a setting changes the frames, and the two generic ones. */
export const TALKERS: readonly Talker[] = PLAIN.map((one) => {
  const folder = one.id.split(" ")[0] ?? one.id;
  if (!deviceFolders.includes(folder)) return { ...one, baudRate: GENERIC_BAUD_RATE };
  const { transport } = deviceProfile(folder);
  if (transport.kind !== "serial") throw new Error(`${folder} has no serial line`);
  return { ...one, baudRate: transport.baudRate };
});
