import { describe, expect, it, test } from "vitest";
import type { Clock } from "../../../src/base/clock.ts";
import { type Log, silentLog } from "../../../src/base/log.ts";
import { VirtualClock } from "../../../src/base/virtual-clock.ts";
import { LIGHT_BLINKS, LIGHT_SIGNS, type LightSign } from "../../../src/model.ts";
import { type LightStates, patternOf, signOf } from "../../../src/sense/light/pattern.ts";
import { makeLight } from "../../../src/sense/start-light.ts";
import { StatusLight } from "../../../src/sense/status-light.ts";
import { SenseRig } from "../../kit/core.ts";
import { FakeGpioChip } from "../../kit/gpio-chip.ts";
import { Watcher } from "../../kit/ladder.ts";
import { EXACT, replayConfig } from "../../kit/replayed.ts";

const WELL: LightStates = { sensorsUp: true, clockSynced: true, delivery: "ok", sealing: true };

describe("what the light says", () => {
  test.each<[LightSign, Partial<LightStates>]>([
    ["well", {}],
    ["sensor", { sensorsUp: false }],
    ["sensor", { sensorsUp: false, clockSynced: false, delivery: null, sealing: false }],
    ["clock", { clockSynced: false }],
    ["clock", { clockSynced: false, delivery: "broker", sealing: false }],
    ["forward", { delivery: null }],
    ["forward", { delivery: null, sealing: false }],
    ["broker", { delivery: "broker" }],
    ["broker", { delivery: "broker", sealing: false }],
    ["backlog", { delivery: "backlog" }],
    ["backlog", { sealing: false }],
  ])("is %s for %j, the first thing to see to", (sign, states) => {
    expect(signOf({ ...WELL, ...states })).toBe(sign);
  });

  it.each(LIGHT_SIGNS)("is read back by who counts blinks: %s", (sign) => {
    const clock = new VirtualClock(0);
    const watcher = new Watcher(clock);
    lightOn(clock, watcher, () => statesOf(sign)).start();
    clock.advance(20_000);
    const [, ...turns] = watcher.read.slice(0, -1);
    expect(turns.length).toBeGreaterThan(1);
    expect(new Set(turns)).toEqual(new Set([sign === "well" ? "beat" : LIGHT_BLINKS[sign]]));
  });

  it("never stands still for longer than two and a half seconds, and takes a few writes a second at most", () => {
    for (const sign of LIGHT_SIGNS) {
      const turn = patternOf(sign);
      const [first, last] = [turn[0], turn.at(-1)];
      expect([first?.level, last?.level]).toEqual([1, 0]);
      // The dark of the last blink and the pause are one.
      const darkMs = turn.slice(-2).reduce((sum, { level, ms }) => sum + (level === 0 ? ms : 0), 0);
      expect(Math.max(darkMs, ...turn.map(({ ms }) => ms))).toBeLessThanOrEqual(2_500);
      const seconds = turn.reduce((sum, { ms }) => sum + ms, 0) / 1_000;
      expect(turn.length / seconds).toBeLessThan(3);
    }
  });
});

/** States of which the sign is the first trouble. */
function statesOf(sign: LightSign): LightStates {
  if (sign === "sensor") return { ...WELL, sensorsUp: false };
  if (sign === "clock") return { ...WELL, clockSynced: false };
  if (sign === "forward") return { ...WELL, delivery: null };
  return sign === "well" ? WELL : { ...WELL, delivery: sign };
}

function lightOn(clock: Clock, watcher: Watcher, states: () => LightStates): StatusLight {
  return new StatusLight({ clock, log: silentLog, states, drive: () => watcher.output });
}

describe("a light that runs", () => {
  it("ends the count that it is at before it says something else", () => {
    const clock = new VirtualClock(0);
    const watcher = new Watcher(clock);
    let sign: LightSign = "forward";
    const light = lightOn(clock, watcher, () => statesOf(sign));
    light.start();
    clock.advance(1_000);
    sign = "clock";
    expect(light.state()).toEqual({ sign: "forward" });
    clock.advance(9_000);
    expect(watcher.read.slice(0, 2)).toEqual([5, 2]);
    expect(light.state()).toEqual({ sign: "clock" });
  });

  it("shows no blink less on a machine that is late with every turn", () => {
    const clock = new VirtualClock(0);
    const late: Clock = {
      monotonic: () => clock.monotonic(),
      realtime: () => clock.realtime(),
      after: (name, ms, fn) => clock.after(name, ms + 500, fn),
    };
    const watcher = new Watcher(clock);
    lightOn(late, watcher, () => statesOf("backlog")).start();
    clock.advance(30_000);
    expect(watcher.flashes.slice(0, 4).map(({ litMs }) => litMs)).toEqual([800, 800, 800, 800]);
    expect(watcher.read.slice(0, 2)).toEqual([4, 4]);
  });
});

/** A light on a made chip. */
function onChip() {
  const clock = new VirtualClock(0);
  const chip = new FakeGpioChip(() => clock.monotonic());
  const logged: string[] = [];
  const write = (event: string, fields?: { code?: string }) =>
    void logged.push(`${event} ${fields?.code ?? ""}`.trim());
  const log: Log = { debug() {}, info: write, warn: write, error: write };
  const settings = { chip: "fake", line: 22, activeLow: false };
  const light = new StatusLight({ clock, log, states: () => WELL, drive: () => chip.drive(settings) });
  return { clock, chip, logged, log, light };
}

describe("a light whose line is not to be had", () => {
  it("is told once with the code, is asked for again, and comes when the line is free", () => {
    const { clock, chip, logged, light } = onChip();
    chip.plug();
    const letGo = chip.take(22);
    light.start();
    clock.advance(35_000);
    expect(light.state()).toEqual({ sign: null, code: "device.line_busy" });
    expect(logged).toEqual(["light.down device.line_busy"]);
    letGo();
    clock.advance(10_000);
    expect(light.state()).toEqual({ sign: "well" });
    expect(logged).toEqual(["light.down device.line_busy", "light.up"]);
    light.stop();
  });

  it("says device.gone when the chip goes away under it, holds nothing, and comes back with the chip", () => {
    const { clock, chip, logged, light } = onChip();
    chip.plug();
    light.start();
    clock.advance(4_000);
    chip.unplug();
    clock.advance(4_000);
    expect(light.state()).toEqual({ sign: null, code: "device.gone" });
    expect(chip.held()).toEqual([]);
    chip.plug();
    clock.advance(12_000);
    expect(light.state()).toEqual({ sign: "well" });
    expect(logged).toEqual(["light.up", "light.down device.gone", "light.up"]);
    light.stop();
  });

  it("costs nobody the process, whatever the machine answers", () => {
    const { clock, logged, log } = onChip();
    // A chip that vanishes while its lines are looked at: no error of ours.
    const drive = () => {
      throw Object.assign(new Error("GPIO_V2_GET_LINEINFO: ENODEV"), { code: "ENODEV" });
    };
    const light = new StatusLight({ clock, log, states: () => WELL, drive });
    light.start();
    clock.advance(25_000);
    expect(light.state()).toEqual({ sign: null, code: "device.io" });
    expect(logged).toEqual(["light.down device.io"]);
    light.stop();
  });

  it("is dark and free after a stop, also when it was lit", () => {
    const { clock, chip, light } = onChip();
    chip.plug();
    light.start();
    expect(chip.driven(22)).toBe(1);
    light.stop();
    expect([chip.driven(22), chip.held()]).toEqual([0, []]);
    expect(clock.nextDue()).toBeUndefined();
  });
});

const GATE = "id: gate, profile: generic-jsonl, port: /dev/ttyUSB0";
const LIGHT = { gpio: { chip: "fake", line: 22, activeLow: false } };

/** The light of a whole sense, and what is around it. */
function wired() {
  const rig = new SenseRig(replayConfig([GATE], EXACT));
  const watcher = new Watcher(rig.clock);
  const around = { connected: true };
  const light = makeLight(rig.core, LIGHT, {
    clock: rig.clock,
    log: silentLog,
    driveGpio: () => watcher.output,
    clockSynced: () => rig.synced,
    connected: () => around.connected,
  });
  return { rig, around, light, watcher };
}

describe("the light of a gateway", () => {
  it("goes by the sensors, the clock, the keys and the word of forward", async () => {
    const { rig, light } = wired();
    const signs: unknown[] = [];
    const look = async () => {
      light.onDelivery("ok");
      await rig.advance(8_000);
      signs.push(light.state()?.sign);
    };
    light.start();
    await look();
    rig.hasKey = false;
    await rig.advance(60_000);
    await look();
    rig.synced = false;
    await look();
    rig.lines.get("gate")?.fail("device.gone", rig.clock.monotonic());
    await look();
    expect(signs).toEqual(["well", "backlog", "clock", "sensor"]);
    light.stop();
  });

  it("says that forward is away when it is, and when it hangs", async () => {
    const { rig, around, light } = wired();
    light.start();
    const sign = () => light.state()?.sign;
    expect(sign()).toBe("forward");
    light.onDelivery("ok");
    await rig.advance(6_000);
    expect(sign()).toBe("well");
    around.connected = false;
    await rig.advance(3_000);
    expect(sign()).toBe("forward");
    around.connected = true;
    await rig.advance(6_000);
    expect(sign()).toBe("well");
    await rig.advance(10_000);
    expect(sign()).toBe("forward");
    light.stop();
  });

  it("does nothing at all where there is none", () => {
    const { rig } = wired();
    const clock = new VirtualClock(0);
    const parts = { clock, log: silentLog, clockSynced: () => true, connected: () => true };
    const none = makeLight(rig.core, undefined, { ...parts, driveGpio: () => expect.fail("asked") });
    none.start();
    none.onDelivery("broker");
    expect([none.state(), clock.nextDue()]).toEqual([null, undefined]);
    none.stop();
  });
});
