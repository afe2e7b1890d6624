import { describe, expect, it } from "vitest";
import { readRequest, writeSingle } from "../../../src/sense/sensor/dialogue/modbus.ts";
import { profileEngine } from "../../../src/sense/sensor/profile/engine.ts";
import { type PowerUp, powered } from "../../../src/simulators/catalog.ts";
import { ebytePulse } from "../../../src/simulators/ebyte-e8xx-pulse.ts";
import { type ModbusCounterOptions, modbusCounter } from "../../../src/simulators/modbus-counter.ts";
import { countUntil, passagesOf, type Walker } from "../../../src/simulators/scene.ts";
import { deviceProfile, hex, settingsOf } from "../../kit/devices.ts";
import { Meeting } from "../../kit/meeting.ts";
import { crowd, walks } from "../../kit/scenes.ts";

type Device = ReturnType<PowerUp>;

/** What a device answers to some bytes, as hex. */
const asks = (device: Device) => (request: Uint8Array, atMs: number) =>
  device
    .hear({ port: "main", bytes: request }, atMs)
    .map(({ bytes }) => Buffer.from(bytes).toString("hex"))
    .join("");

/** An answer without its check sum. */
const body = (answer: string) => answer.slice(0, -4);

const READ_BOTH = hex("010300300002C404");
const READ_MODE = readRequest(1, 3, 0x0055, 1);
const CLEAR_BY_READING = writeSingle(1, 6, 0x0055, 1);
const CLEAR_BY_HAND = writeSingle(1, 6, 0x0055, 0);

/** So many in, then so many out, all right before a moment. */
const people = (entered: number, left: number, untilMs: number): Walker[] => [
  ...Array.from({ length: entered }, () => walks("in", untilMs - 1)),
  ...Array.from({ length: left }, () => walks("out", untilMs - 1)),
];

describe("a simulated Ebyte", () => {
  const nineteen = people(16, 3, 1000);

  it("answers the worked request of the manual with its worked answer, also when it comes byte by byte", () => {
    const ask = asks(powered(ebytePulse())(nineteen, 0));
    expect(ask(READ_BOTH, 1000)).toBe("01030400100003bbf7");
    const pieces = [...READ_BOTH].map((byte) => ask(Uint8Array.of(byte), 1000));
    expect(pieces).toEqual([...Array(7).fill(""), "01030400100003bbf7"]);
  });

  it("clears the inputs of the worked mask and says the request again", () => {
    const ask = asks(powered(ebytePulse())(nineteen, 0));
    expect(ask(hex("01060040000A0819"), 1000)).toBe("01060040000a0819");
    // 0x0A is inputs 2 and 4.
    expect(body(ask(READ_BOTH, 1000))).toBe("01030400100000");
  });

  it("keeps silent for other units and wrong check sums, and hears the request behind rubbish", () => {
    const ask = asks(powered(ebytePulse())(nineteen, 0));
    expect(ask(readRequest(2, 3, 0x0030, 2), 1000)).toBe("");
    expect(ask(hex("010300300002C405"), 1000)).toBe("");
    expect(ask(Buffer.concat([hex("00ff13"), READ_BOTH]), 1000)).toBe("01030400100003bbf7");
  });

  it("refuses functions, addresses and values that it has not", () => {
    const ask = asks(powered(ebytePulse())([], 0));
    expect(body(ask(readRequest(1, 1, 0x0030, 2), 0))).toBe("018101");
    expect(body(ask(readRequest(1, 3, 0x0031, 2), 0))).toBe("018302");
    expect(body(ask(writeSingle(1, 6, 0x0055, 2), 0))).toBe("018603");
    // An E851 has no register that could be set to clear by hand.
    expect(body(asks(powered(ebytePulse({ e831: false }))([], 0))(CLEAR_BY_HAND, 0))).toBe("018602");
  });

  it("starts at zero when power comes on, and with the set-up of its installer", () => {
    const device = powered(ebytePulse({ clearsOnRead: true }))(nineteen, 0);
    const ask = asks(device);
    ask(CLEAR_BY_HAND, 1000);
    expect(body(ask(READ_MODE, 1000))).toBe("0103020000");
    device.reboot(2000);
    expect(body(ask(READ_MODE, 2000))).toBe("0103020001");
    expect(body(ask(READ_BOTH, 2000))).toBe("01030400000000");
  });

  it("loses people with automatic clearing when an answer is lost, and none by hand", () => {
    const ask = asks(powered(ebytePulse())(nineteen, 0));
    expect(ask(CLEAR_BY_READING, 0)).toBe(Buffer.from(CLEAR_BY_READING).toString("hex"));
    expect(body(ask(READ_BOTH, 1000))).toBe("01030400100003");
    expect(body(ask(READ_BOTH, 1000))).toBe("01030400000000");
  });
});

/** The last totals that were read, whatever came before. */
const last = ({ readings }: Meeting) => readings.at(-1);
const ebyteEngine = () =>
  profileEngine(
    deviceProfile("ebyte-e8xx-pulse"),
    settingsOf(deviceProfile("ebyte-e8xx-pulse"), { e831: true }),
  );

describe("an Ebyte and its engine", () => {
  const scene = crowd(40, 1500, 700);
  const passages = passagesOf(scene, 2);

  it("agree on every passage, over the wrap of 16 bits", () => {
    const many = [...people(65_530, 0, 1000), ...crowd(40, 6100, 700)];
    const talk = new Meeting(ebyteEngine(), powered(ebytePulse())(many, 0)).run(40_000);
    const truth = countUntil(passagesOf(many, 2), 40_000);
    expect(truth.in).toBeGreaterThan(65_536);
    expect(last(talk)).toEqual({ type: "totals", in: truth.in - 65_536, out: truth.out });
    expect(talk.readings[1]).toEqual({ type: "totals", in: 65_530, out: 0 });
    expect(talk.discarded).toEqual([]);
  });

  it("set a device that clears by reading to clear by hand, so that lost answers lose nobody", () => {
    const talk = new Meeting(ebyteEngine(), powered(ebytePulse({ clearsOnRead: true }))(scene, 0));
    let answers = 0;
    // Two answers of three go missing: the third attempt of each poll succeeds.
    talk.lost = () => answers++ % 3 !== 2;
    talk.run(40_000);
    expect(talk.readings.length).toBeGreaterThan(5);
    expect(last(talk)).toEqual({ type: "totals", ...countUntil(passages, 40_000) });
    expect(talk.engine.condition).toBe("working");
  });

  it("go on after a power cut from zero", () => {
    const talk = new Meeting(ebyteEngine(), powered(ebytePulse())(scene, 0)).run(12_000).reboot().run(40_000);
    const [before, after] = [countUntil(passages, 12_000), countUntil(passages, 40_000)];
    expect(last(talk)).toEqual({ type: "totals", in: after.in - before.in, out: after.out - before.out });
  });
});

const SETTINGS = { unit: 7, firstRegister: 100, readFunction: 4, lowWordFirst: true } as const;
const counterEngine = (settings: Record<string, unknown>) =>
  profileEngine(deviceProfile("modbus-counter"), settingsOf(deviceProfile("modbus-counter"), settings));

describe("a simulated counter with two totals of 32 bits", () => {
  it("puts the words in the order of its maker, and has no other registers and functions", () => {
    const totals = { in: 0x0001_0002, out: 0xffff_fffe };
    const read = (options: ModbusCounterOptions) =>
      body(asks(powered(modbusCounter(options))([], 0))(readRequest(1, 4, 100, 4), 0));
    const there = { firstRegister: 100, readFunction: 4, totals } as const;
    expect(read(there)).toBe("01040800010002fffffffe");
    expect(read({ ...there, lowWordFirst: true })).toBe("01040800020001fffeffff");
    expect(read({ ...there, firstRegister: 101 })).toBe("018402");
    expect(read({ ...there, readFunction: 3 })).toBe("018401");
  });

  it("and its engine agree, over the wrap of 32 bits, power cuts and lost answers", () => {
    const scene = crowd(40, 1500, 700);
    const totals = { in: 0xffff_fff0, out: 70_000 };
    const talk = new Meeting(
      counterEngine(SETTINGS),
      powered(modbusCounter({ ...SETTINGS, totals }))(scene, 0),
    );
    let answers = 0;
    talk.lost = () => answers++ % 3 !== 2;
    talk.run(12_000).reboot().run(40_000);
    const truth = countUntil(passagesOf(scene, 2), 40_000);
    expect(last(talk)).toEqual({
      type: "totals",
      in: (totals.in + truth.in) % 2 ** 32,
      out: totals.out + truth.out,
    });
    expect(talk.engine.condition).toBe("working");
  });

  it("is refused by an engine that asks for the wrong registers", () => {
    const talk = new Meeting(
      counterEngine({ ...SETTINGS, firstRegister: 0 }),
      powered(modbusCounter(SETTINGS))([], 0),
    );
    expect(talk.run(10_500).engine.condition).toBe("refused");
    expect(talk.readings).toEqual([]);
  });
});
