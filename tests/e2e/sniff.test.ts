import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SystemClock } from "../../src/base/clock.ts";
import { powered } from "../../src/simulators/catalog.ts";
import { ld2450 } from "../../src/simulators/hilink-ld2450.ts";
import { PluggedDevice } from "../../src/simulators/plugged-device.ts";
import { LiveGateway } from "../kit/live-gateway.ts";
import { FakeDevice } from "../kit/pty.ts";
import { CANARIES, SOUNDS } from "../kit/sounds.ts";
import { type Ended, telpost } from "../kit/telpost.ts";
import { TerminalPerson } from "../kit/terminal.ts";
import { until } from "../kit/until.ts";
import { filesBelow } from "../privacy/thief.ts";

/** A real sense at real pseudo-terminals, which an engineer listens to while it holds their ports. */

const live = new LiveGateway();
const folder = mkdtempSync(join(tmpdir(), "telpost-sniff-"));
const clock = new SystemClock();
const radar = new PluggedDevice(powered(ld2450)([], clock.monotonic()), { clock, folder });
const [beam, gate] = [new FakeDevice(), new FakeDevice()];
let talking: NodeJS.Timeout | undefined;

/** The beam speaks ten times a second from now on. */
function speak(make: (step: number) => Uint8Array): void {
  clearInterval(talking);
  let step = 0;
  talking = setInterval(() => beam.send(make(step++)), 100);
}

const measures = (step: number) => SOUNDS["benewake-tfmini"]?.(step) ?? new Uint8Array();

const crash = () => ["--crash", live.places.crash];
const sniff = (sensor: string, ...args: string[]) =>
  telpost(["sniff", sensor, "--seconds", "1", ...crash(), ...args]);

/** Without a trace of what the device says. */
function expectDecent({ out, err }: Ended): void {
  for (const canary of CANARIES) expect(out + err).not.toContain(canary);
  expect(out.split("\n").filter((line) => line.length > 80 && !line.includes("/"))).toEqual([]);
}

beforeAll(async () => {
  radar.plug();
  for (const device of [beam, gate]) device.plug();
  const broker = 'url: "mqtt://127.0.0.1:1"';
  await live.prepare({
    broker,
    cityBroker: broker,
    privacy: "profile: lab, flow: { windowSeconds: 2 }",
    sensors: [
      `id: radar, profile: hilink-ld2450, port: ${radar.path()}, lines: [{ id: l, from: [-3, 2], to: [3, 2], in: left }]`,
      `id: beam, profile: benewake-tfmini, port: ${beam.link}, nearerThanMetres: 3`,
      `id: gate, profile: generic-jsonl, port: ${gate.link}`,
    ],
  });
  live.startForward();
  const sense = live.startSense();
  await until(() => sense.said("sensor.up").length === 3, "all sensors are up");
  await until(() => sense.said("handover.connected").length > 0, "sense and forward have met");
});

afterAll(async () => {
  clearInterval(talking);
  await live.dispose();
  radar.unplug();
  for (const device of [beam, gate]) device.dispose();
  rmSync(folder, { recursive: true });
});

describe("telpost sniff", () => {
  it("tells how the frames of a good device come, by its profile", async () => {
    const ended = await sniff("radar");
    expect(ended.err).toBe("");
    expect(ended.out).toMatch(/hears +its frames\nframe +report: header AA FF 03 00; bytes: 30\n/);
    expect(ended.out).toMatch(/time +about (50|100|200) ms from frame to frame/);
    expect(ended.out).toMatch(/errors +none/);
    expect(ended.code).toBe(0);
    expectDecent(ended);
  });

  it("tells where frames break, and gives the same as JSON", async () => {
    speak((step) => (step % 4 === 3 ? Uint8Array.from(measures(step)).fill(0, 8, 9) : measures(step)));
    const told = JSON.parse((await sniff("beam", "--json")).out);
    expect(told).toMatchObject({
      ...{ sensor: "beam", profile: "benewake-tfmini", ports: [beam.link], seconds: 1, hears: "frames" },
      kinds: [{ name: "measure", header: "59 59", bytes: "9" }],
      errors: "some",
      failures: [{ frame: "measure", why: "check", at: 8 }],
    });
  });

  it("says of garbage that the baud rate may be wrong, and what finds it", async () => {
    speak((step) => Uint8Array.of(0, 0xff, 0x80, step & 0xff, 0xf8, 0));
    const ended = await sniff("beam");
    expect(ended.out).toMatch(/hears +bytes, of which none are its frames/);
    expect(ended.out).toContain(`sudo telpost probe ${beam.link}`);
    expect(ended.code).toBe(1);
  });

  it("says of silence what to check", async () => {
    clearInterval(talking);
    const ended = await sniff("beam");
    expect(ended.out).toMatch(/hears +nothing of its frames[\s\S]*next +Check its power and cable/);
    expect(ended.code).toBe(1);
  });

  it("tells nothing of a sensor whose frames are passages, nor of one that is not there", async () => {
    gate.send(Buffer.from('{"in":7}\n'));
    const [refused, unknown] = [await sniff("gate"), await sniff("rada")];
    expect(refused).toMatchObject({ code: 2, out: "" });
    expect(refused.err).toContain("sniff.passages");
    expect(refused.err).toContain("telpost walktest SENSOR --bytes");
    expect(unknown.err).toContain("did you mean radar?");
  });

  it("shows such a sensor's bytes within a walk test, and keeps them nowhere", async () => {
    const person = new TerminalPerson(["walktest", "gate", "--bytes", ...crash()]);
    try {
      await person.answers("Your name", "A. Engineer");
      await person.answers("Why", "wiring");
      await person.reads("Walk IN once");
      gate.send(Buffer.from('{"in":1,"who":"person-77"}\n'));
      await person.reads("< 7B 22 69 6E 22 3A 31");
      await person.reads("(line)");
      await person.reads("counted: in 1, out 0");
      person.types("");
      await person.reads("Now OUT");
      person.hangsUp();
      await person.ended();
    } finally {
      person.dispose();
    }
    await until(() => (live.sense?.said("walk.ended").length ?? 0) > 0, "the walk test has ended");
    gate.send(Buffer.from('{"in":1}\n'));
    const { runtime, crash: copy, state } = live.places;
    const files = [runtime, copy, state].flatMap(filesBelow).map((path) => readFileSync(path, "latin1"));
    expect([...files, ...live.said()].filter((text) => /7B 22|person-77|"say":/.test(text))).toEqual([]);
  });

  it("hands over to the probe when telpost does not run and the port is free", async () => {
    await live.sense?.stop();
    speak(measures);
    const config = ["--config", live.path("telpost.yaml")];
    const ended = await sniff("beam", ...config);
    expect(ended.out).toContain("telpost-sense does not run, so the port is probed.");
    expect(ended.out).toContain("fits   benewake-tfmini at 115200 8N1");
    expect(ended.code).toBe(0);
    expect(await sniff("gate", ...config)).toMatchObject({ code: 2, out: "" });
  });
});
