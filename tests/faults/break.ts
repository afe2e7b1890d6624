import { setTimeout as wait } from "node:timers/promises";
import type { People } from "./people.ts";
import type { Weather } from "./proxy.ts";
import type { Random } from "./random.ts";
import { type Rig, SENSORS, type SensorId, type Who } from "./rig.ts";
import type { Fault } from "./schedule.ts";

/** Passages rest around a step of the clock, so that it is known on which side of it each was read. */
const HUSH_MS = 200;
/** Whatever happens meanwhile, the clock steps at last. */
const MOST_HUSHES = 50;
const OFF_MS = 400;
/** A process that a failing disk ended may be seen to have ended this much later. */
const OBITUARY_MS = 2_000;

/** Does to a rig what a schedule says. Faults may overlap: what is held down by two comes back after both. */
export class Breaker {
  readonly #rig: Rig;
  readonly #people: People;
  readonly #random: Random;
  readonly #held = new Map<string, number>();
  #weather = 0;
  #syncs = 0;
  #disk = 0;
  #odd = 0;
  #diskBadUntilMs = 0;

  constructor(rig: Rig, people: People, random: Random) {
    this.#rig = rig;
    this.#people = people;
    this.#random = random;
  }

  /** True when the disk failed just now: forward may then end by itself. */
  get diskWasBad(): boolean {
    return performance.now() < this.#diskBadUntilMs;
  }

  /** Resolves when the fault is over and what it took down was started again. */
  async apply(fault: Fault): Promise<void> {
    switch (fault.kind) {
      case "kill":
        return this.#down([fault.who], fault.downMs);
      case "power_cut":
        return this.#cutPower(fault.downMs, fault.torn);
      case "kill_broker":
        return this.#killBroker(fault.downMs);
      case "stop_forward":
        return this.#stopForward(fault.ms);
      case "net_cut":
        return this.#rig.proxy.cut();
      case "net_drop":
        return this.#network("drop", fault.ms);
      case "net_mute":
        return this.#network("mute", fault.ms);
      case "net_refuse":
        return this.#network("refuse", fault.ms);
      case "net_delay":
        return this.#network({ delayMs: fault.delayMs }, fault.ms);
      case "odd_broker":
        return this.#oddBroker(fault);
      case "disk_stall":
        return this.#stallDisk(fault.ms, fault.syncMs);
      case "disk_fails":
        return this.#failDisk(fault);
      case "clock_step":
        return this.#stepClock(fault.ms);
      case "unplug":
        return this.#unplug(fault.sensor, fault.ms);
      case "reboot":
        await this.#unplug(fault.sensor, OFF_MS);
        return this.#babble(fault.sensor, Buffer.from("\r\nboot: 1.4.2 ready\r\n"));
      case "babble":
        return this.#babble(fault.sensor, this.#noise(fault.bytes));
    }
  }

  async #down(who: readonly Who[], downMs: number): Promise<void> {
    await this.#takeDown(who);
    await wait(downMs);
    this.#bringUp(who);
  }

  async #takeDown(who: readonly Who[]): Promise<void> {
    for (const one of who) this.#hold(one, 1);
    const killed = who.map((one) => this.#rig.kill(one));
    if (who.includes("sense")) for (const sensor of SENSORS) this.#people.down(sensor);
    await Promise.all(killed);
  }

  #bringUp(who: readonly Who[]): void {
    for (const one of who) {
      if (this.#hold(one, -1) > 0) continue;
      if (one === "sense") for (const sensor of SENSORS) this.#expect(sensor);
      this.#rig.run(one);
    }
  }

  /** A sensor may come up when it is plugged in and sense runs. */
  #expect(sensor: SensorId): void {
    if (this.#count("sense") === 0 && this.#count(sensor) === 0) this.#people.starting(sensor);
  }

  async #cutPower(downMs: number, torn: number): Promise<void> {
    await this.#takeDown(["sense", "forward"]);
    this.#people.powerCut();
    this.#rig.forgetMemory();
    this.#rig.machine.cutPower(this.#random, torn);
    await wait(downMs);
    this.#bringUp(["sense", "forward"]);
  }

  async #killBroker(downMs: number): Promise<void> {
    const first = this.#hold("broker", 1) === 1;
    if (first) await this.#rig.broker.kill();
    await wait(downMs);
    if (this.#hold("broker", -1) === 0) await this.#rig.broker.resume();
  }

  async #stopForward(ms: number): Promise<void> {
    this.#rig.pause(true);
    await wait(ms);
    this.#rig.pause(false);
  }

  async #network(weather: Weather, ms: number): Promise<void> {
    const own = ++this.#weather;
    this.#rig.proxy.set(weather);
    await wait(ms);
    if (own === this.#weather) this.#rig.proxy.set("fine");
  }

  async #oddBroker({ ms, connack, puback }: Extract<Fault, { kind: "odd_broker" }>): Promise<void> {
    const { odd, proxy, broker } = this.#rig;
    const own = ++this.#odd;
    odd.script.connect = () => connack;
    odd.script.publish = () => puback;
    proxy.lead(odd.port);
    await wait(ms);
    if (own === this.#odd) proxy.lead(broker.port);
  }

  async #stallDisk(ms: number, syncMs: number): Promise<void> {
    const own = ++this.#syncs;
    this.#rig.machine.stallSyncs(syncMs);
    await wait(ms);
    if (own === this.#syncs) this.#rig.machine.stallSyncs(0);
  }

  async #failDisk({ ms, how }: Extract<Fault, { kind: "disk_fails" }>): Promise<void> {
    const own = ++this.#disk;
    this.#diskBadUntilMs = Math.max(this.#diskBadUntilMs, performance.now() + ms + OBITUARY_MS);
    this.#rig.machine.fail(how);
    await wait(ms);
    if (own === this.#disk) this.#rig.machine.fail(null);
  }

  async #stepClock(ms: number): Promise<void> {
    this.#people.hush(true);
    for (let waits = 0; waits === 0 || (waits < MOST_HUSHES && !this.#people.settled); waits++)
      await wait(HUSH_MS);
    this.#rig.machine.stepClock(ms);
    await wait(HUSH_MS);
    this.#people.hush(false);
  }

  async #unplug(sensor: SensorId, ms: number): Promise<void> {
    this.#hold(sensor, 1);
    this.#people.cut(sensor);
    this.#rig.devices[sensor].unplug();
    await wait(ms);
    if (this.#hold(sensor, -1) > 0) return;
    this.#expect(sensor);
    this.#rig.devices[sensor].plug();
  }

  #babble(sensor: SensorId, bytes: Buffer): void {
    if (!this.#people.isUp(sensor)) return;
    this.#people.disturbed(sensor);
    // The end of a line, so that the next one is whole.
    this.#rig.devices[sensor].send(Buffer.concat([bytes, Buffer.from("\n")]));
  }

  #noise(bytes: number): Buffer {
    return Buffer.from(Array.from({ length: bytes }, () => this.#random.between(0, 255)));
  }

  #hold(what: string, by: 1 | -1): number {
    const count = this.#count(what) + by;
    this.#held.set(what, count);
    return count;
  }

  #count(what: string): number {
    return this.#held.get(what) ?? 0;
  }
}
