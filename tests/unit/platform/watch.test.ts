import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TelpostError } from "../../../src/base/errors.ts";
import type { LogEvent, LogFields } from "../../../src/base/log.ts";
import { VirtualClock } from "../../../src/base/virtual-clock.ts";
import { readPlatform } from "../../../src/forward/platform/files.ts";
import { PlatformWatch } from "../../../src/forward/platform/watch.ts";
import type { GatewayEvent } from "../../../src/model.ts";
import { ERRORS, MadeMachine, TEMPERATURE, UNDER_VOLTAGE } from "./made-machine.ts";

const MINUTE = 60_000;

let machine: MadeMachine;
let clock: VirtualClock;
let watch: PlatformWatch;
let told: string[];
let logged: string[];
let storage: "outbox.full" | "outbox.read_only" | null;
let isBroken: boolean;

beforeEach(() => {
  machine = new MadeMachine().makePi();
  clock = new VirtualClock(0);
  [told, logged, storage, isBroken] = [[], [], null, false];
  const log = (event: LogEvent, fields?: LogFields) =>
    void logged.push(`${event} ${fields?.code ?? fields?.what}`);
  watch = new PlatformWatch({
    clock,
    log: { debug: log, info: log, warn: log, error: log },
    read: () => readPlatform(machine),
    storage: () => storage,
    declare(events) {
      if (isBroken) throw new TelpostError("outbox.write_failed");
      told.push(...events.map(nameOf));
    },
  });
});
afterEach(() => {
  watch.stop();
  machine.dispose();
});

function nameOf(event: GatewayEvent): string {
  if (event.kind !== "platform") throw new Error(event.kind);
  return `${event.what} ${event.state}`;
}

/** What was told of this one. */
const of = (what: string) => told.filter((one) => one.startsWith(what));

describe("the watch over the machine", () => {
  it("tells what is wrong at its start, and half an hour later what is well: each once", () => {
    machine.write(ERRORS, "3");
    machine.remove(UNDER_VOLTAGE);
    watch.start();
    clock.advance(30 * MINUTE - 1);
    expect(told).toEqual(["card_errors raised"]);
    clock.advance(3 * 60 * MINUTE);
    const well = ["throttled", "hot", "card_worn", "read_only", "disk_full"];
    expect(told).toEqual(["card_errors raised", ...well.map((what) => `${what} cleared`)]);
    expect(logged).toEqual(["platform.raised platform.card_errors"]);
    expect(watch.conditions()).toEqual({
      under_voltage: "unknown",
      throttled: "ok",
      hot: "ok",
      card_errors: "alarm",
      card_worn: "ok",
      read_only: "ok",
      disk_full: "ok",
    });
  });

  it("raises at the next look, and clears half an hour after it was last seen", () => {
    watch.start();
    machine.write(UNDER_VOLTAGE, "1");
    clock.advance(29_999);
    expect(told).toEqual([]);
    clock.advance(1);
    expect(told).toEqual(["under_voltage raised"]);
    machine.write(UNDER_VOLTAGE, "0");
    clock.advance(30 * MINUTE);
    expect(of("under_voltage")).toHaveLength(1);
    clock.advance(MINUTE);
    expect(of("under_voltage")).toEqual(["under_voltage raised", "under_voltage cleared"]);
    expect(logged).toEqual(["platform.raised platform.under_voltage", "platform.cleared under_voltage"]);
  });

  it("takes a supply that dips all day for one trouble", () => {
    watch.start();
    for (let dip = 0; dip < 40; dip++) {
      machine.write(UNDER_VOLTAGE, dip % 2 === 0 ? "1" : "0");
      clock.advance(7 * MINUTE);
    }
    expect(of("under_voltage")).toEqual(["under_voltage raised"]);
  });

  it("is hot from 80 degrees that last until below 70", () => {
    watch.start();
    const at = (degrees: number, minutes: number) => {
      machine.write(TEMPERATURE, String(degrees * 1000));
      clock.advance(minutes * MINUTE);
    };
    at(79.9, 10);
    at(81, 0.5);
    at(75, 10);
    expect(of("hot")).toEqual([]);
    at(80, 2);
    expect(of("hot")).toEqual(["hot raised"]);
    at(70, 120);
    expect(of("hot")).toEqual(["hot raised"]);
    at(69.9, 32);
    expect(of("hot")).toEqual(["hot raised", "hot cleared"]);
  });

  it("knows from the outbox when the disk is full or takes no writes", () => {
    storage = "outbox.full";
    watch.start();
    storage = "outbox.read_only";
    clock.advance(MINUTE);
    expect(told).toEqual(["disk_full raised", "read_only raised"]);
  });

  it("tells again what could not be kept, and counts it as told only then", () => {
    isBroken = true;
    machine.mount("ro");
    watch.start();
    clock.advance(10 * MINUTE);
    expect([told, logged]).toEqual([[], []]);
    isBroken = false;
    clock.advance(MINUTE);
    expect(told).toEqual(["read_only raised"]);
  });

  it("leaves what it cannot see any more as it was told", () => {
    machine.write(UNDER_VOLTAGE, "1");
    watch.start();
    machine.remove(UNDER_VOLTAGE);
    clock.advance(120 * MINUTE);
    expect(of("under_voltage")).toEqual(["under_voltage raised"]);
    expect(watch.conditions().under_voltage).toBe("alarm");
  });

  it("stops", () => {
    watch.start();
    watch.stop();
    expect(clock.nextDue()).toBeUndefined();
  });
});
