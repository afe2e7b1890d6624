import { describe, expect, it } from "vitest";
import type { Outgoing } from "../../../src/sense/sensor/engine.ts";
import { tiEngine } from "../../../src/sense/sensor/ti/engine.ts";
import { tiFrame } from "../../../src/simulators/ti-frames.ts";
import { readingsOf } from "../../kit/ti-readings.ts";

const CHIRP =
  "% 3 m above the door\r\nsensorStop\r\nflushCfg\r\n\r\nframeCfg 0 2 48 0 55.00 1 0\r\nsensorStart\r\n";
const COMMANDS = ["sensorStop", "flushCfg", "frameCfg 0 2 48 0 55.00 1 0", "sensorStart"];
const FRAME = tiFrame({ dialect: 48, number: 1, targets: [{ id: 0, x: 1, y: 2 }] });

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");
const bytes = (said: string) => new Uint8Array(Buffer.from(said, "latin1"));

/** A radar that answers like the command line of the maker's demos, and sends frames once it was started. */
class Radar {
  readonly engine = tiEngine({ chirp: CHIRP });
  readonly heard: string[] = [];
  answer: (command: string) => string | null = (command) =>
    command === "sensorStop"
      ? `${command}\nIgnored: Sensor is already stopped\n\rDone\n\rmmwDemo:/>`
      : `${command}\nDone\n\rmmwDemo:/>`;
  nowMs = 0;
  powered = true;

  /** Until `untilMs`: does what the engine asks for when it is due, and sends a frame each 55 ms when started. */
  run(untilMs: number): void {
    if (this.nowMs === 0) this.#take(this.engine.opened(0).send);
    while (this.nowMs < untilMs) {
      this.nowMs += 5;
      if ((this.engine.dueMs ?? Number.POSITIVE_INFINITY) <= this.nowMs)
        this.#take(this.engine.tick(this.nowMs).send);
      const runs = this.powered && this.heard.at(-1) === "sensorStart";
      if (runs && this.nowMs % 55 === 0) this.#take(this.engine.bytes("main", FRAME, this.nowMs).send);
    }
  }

  #take(send: readonly Outgoing[]): void {
    for (const { port, bytes: said } of send) {
      expect(port).toBe("command");
      const command = text(said).trimEnd();
      if (!this.powered) continue;
      this.heard.push(command);
      const answer = this.answer(command);
      if (answer !== null) this.#take(this.engine.bytes("command", bytes(answer), this.nowMs).send);
    }
  }
}

describe("the TI radar", () => {
  it("is sent its chirp file line by line, without comments, and works when frames come", () => {
    const radar = new Radar();
    radar.run(30);
    expect(radar.engine.condition).toBe("starting");
    radar.run(1000);
    expect(radar.heard).toEqual(COMMANDS);
    expect(radar.engine.condition).toBe("working");
    radar.run(60_000);
    expect(radar.heard).toEqual(COMMANDS);
  });

  it("waits for the answer to each line before the next one", () => {
    const radar = new Radar();
    radar.answer = (command) => (command === "flushCfg" ? null : `${command}\nDone\n\rmmwDemo:/>`);
    radar.run(1000);
    expect(radar.heard).toEqual(["sensorStop", "flushCfg"]);
  });

  it("gives tracks from its data port, and the number of people when asked to", () => {
    const { engine } = new Radar();
    engine.opened(0);
    const tracks = readingsOf([{ id: 0, x: 1, y: 2 }]);
    expect(engine.bytes("main", FRAME, 10).readings).toEqual(tracks);
    const both = tiEngine({ present: true }).bytes("main", FRAME, 10).readings;
    expect(both).toEqual([...tracks, { type: "present", present: 1 }]);
    expect(engine.bytes("command", FRAME, 20).readings).toEqual([]);
  });

  it("is set up again within seconds after it lost its power, and then works again", () => {
    const radar = new Radar();
    radar.run(10_000);
    radar.powered = false;
    radar.run(12_200);
    expect(radar.engine.condition).toBe("silent");
    radar.run(40_000);
    expect(radar.engine.condition).not.toBe("working");
    radar.powered = true;
    radar.heard.length = 0;
    radar.run(140_000);
    expect(radar.heard.slice(-4)).toEqual(COMMANDS);
    expect(radar.engine.condition).toBe("working");
  });

  it("is asked ever more rarely while it stays silent, but at least once a minute or so", () => {
    const quiet = tiEngine({ chirp: CHIRP });
    const sent: number[] = [];
    let nowMs = 0;
    let send = quiet.opened(0).send;
    for (; nowMs < 600_000; nowMs += 10) {
      for (const { bytes: said } of send) if (text(said).startsWith("sensorStop")) sent.push(nowMs);
      send = quiet.tick(nowMs).send;
    }
    const gaps = sent.slice(1).map((at, before) => at - (sent[before] ?? 0));
    expect(Math.max(...gaps)).toBeGreaterThan(50_000);
    expect(Math.max(...gaps)).toBeLessThan(70_000);
    expect(sent.length).toBeLessThan(60);
    expect(sent.length).toBeGreaterThan(10);
  });

  it("that refuses a line is refused, and asked again later", () => {
    const radar = new Radar();
    radar.answer = (command) =>
      command.startsWith("frameCfg")
        ? "Error: Invalid usage of the CLI command\n\rError -1\n\rmmwDemo:/>"
        : `${command}\nDone\n`;
    radar.run(300);
    expect(radar.engine.condition).toBe("refused");
    expect(radar.heard).toEqual(COMMANDS.slice(0, 3));
    radar.run(3000);
    expect(radar.heard.filter((command) => command === "sensorStop").length).toBeGreaterThan(1);
  });

  it("with its chirps in the firmware is only listened to", () => {
    const engine = tiEngine({});
    expect(engine.opened(0).send).toEqual([]);
    engine.bytes("main", FRAME, 100);
    expect(engine.condition).toBe("working");
    expect(engine.tick(engine.dueMs ?? 0).send).toEqual([]);
    expect(engine.condition).toBe("silent");
    engine.bytes("main", FRAME, 30_000);
    engine.tick(31_500);
    engine.bytes("main", FRAME, 31_600);
    expect(engine.condition).toBe("working");
  });

  it("is not believed to work because rubbish comes, as at a wrong baud rate", () => {
    const engine = tiEngine({});
    engine.opened(0);
    for (let atMs = 0; atMs < 2100; atMs += 50) {
      engine.bytes("main", new Uint8Array(300).fill(0xfe), atMs);
      engine.tick(atMs);
    }
    expect(engine.condition).toBe("silent");
  });
});
