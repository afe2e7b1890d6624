import { once } from "node:events";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { SystemClock } from "../../src/base/clock.ts";
import type { ForwardStatus } from "../../src/forward/compose.ts";
import type { OutboxStats } from "../../src/forward/ports.ts";
import { askControl } from "../../src/ops/control.ts";
import { LiveGateway, type LiveProcess } from "../kit/live-gateway.ts";
import { type Mosquitto, startPlainMosquitto } from "../kit/mosquitto.ts";
import { FakeDevice } from "../kit/pty.ts";
import { type ScriptedBroker, startScriptedBroker } from "../kit/scripted-broker.ts";
import { CityJudge } from "./city.ts";
import { FaultyMachine } from "./disk.ts";
import { BrokerProxy } from "./proxy.ts";
import type { Tools } from "./tools.ts";

export const WINDOW_MS = 3000;
export const SENSORS = ["gate", "door", "turnstile"] as const;
export type SensorId = (typeof SENSORS)[number];
export type Who = "sense" | "forward";

/** Nobody listens to what the gateway writes to it: a listener would look for it a thousand times a second. */
const deaf = () => new FakeDevice({ deaf: true });

/** A process that ends by itself is started again after this long, as systemd would. */
const RESTART_MS = 300;

export interface RigOptions {
  readonly tools: Tools;
  readonly protocol: "5" | "3.1.1";
  /** A line of either process came up. */
  readonly onUp: (sensor: SensorId) => void;
  /** A process ended by itself. */
  readonly onCrash: (who: Who, words: string) => void;
}

/** A gateway with everything around it that can go wrong: real processes, broker, disk, terminals, and the city. */
export class Rig {
  readonly live = new LiveGateway();
  readonly devices: { readonly [sensor in SensorId]: FakeDevice };
  readonly #options: RigOptions;
  #broker: Mosquitto | undefined;
  #odd: ScriptedBroker | undefined;
  #proxy: BrokerProxy | undefined;
  #machine: FaultyMachine | undefined;
  #city: CityJudge | undefined;
  #stopped = false;
  /** Everything that was started, in order. */
  readonly processes: { readonly who: Who; readonly process: LiveProcess }[] = [];
  /** Processes that ought to run. */
  readonly #wanted = new Set<Who>();

  constructor(options: RigOptions) {
    this.#options = options;
    this.devices = { gate: deaf(), door: deaf(), turnstile: deaf() };
  }

  async start(): Promise<void> {
    for (const device of Object.values(this.devices)) device.plug();
    this.#broker = await startPlainMosquitto();
    this.#odd = await startScriptedBroker();
    this.#proxy = await BrokerProxy.start(this.#broker.port);
    const { protocol } = this.#options;
    const settings = `ack: city, protocol: "${protocol}", keepaliveSeconds: 5`;
    const device = (id: SensorId, more = "") =>
      `id: ${id}, profile: generic-jsonl, port: ${this.devices[id].link}${more}`;
    await this.live.prepare({
      broker: `url: "mqtt://127.0.0.1:${this.#proxy.port}", ${settings}`,
      cityBroker: `url: "mqtt://127.0.0.1:${this.#broker.port}"`,
      privacy: `profile: lab, mechanism: none, reason: fault harness, flow: { windowSeconds: ${WINDOW_MS / 1000} }`,
      sensors: [device("gate"), device("door"), device("turnstile", ", sends: [totals], maxPerSecond: 1000")],
    });
    const { library, program, compileCache } = this.#options.tools;
    mkdirSync(this.live.path("machine"));
    this.#machine = new FaultyMachine(library, this.live.path("machine"), this.live.places.state);
    this.live.launch = { program, env: { ...this.#machine.env, NODE_COMPILE_CACHE: compileCache } };
    this.#city = new CityJudge(this.live.path("site.yaml"));
    this.run("forward");
    this.run("sense");
  }

  get machine(): FaultyMachine {
    return started(this.#machine);
  }

  get proxy(): BrokerProxy {
    return started(this.#proxy);
  }

  get broker(): Mosquitto {
    return started(this.#broker);
  }

  get odd(): ScriptedBroker {
    return started(this.#odd);
  }

  get city(): CityJudge {
    return started(this.#city);
  }

  /** Starts a process and keeps it running until it is killed from here. */
  run(who: Who): void {
    if (this.#stopped || this.#wanted.has(who)) return;
    this.#wanted.add(who);
    const process = who === "sense" ? this.live.startSense() : this.live.startForward();
    this.processes.push({ who, process });
    process.onPrinted = ({ event, sensor }) => {
      if (event === "sensor.up" && this.live.sense === process) this.#options.onUp(sensor as SensorId);
    };
    void once(process.child, "exit").then(() => this.#ended(who, process));
  }

  /** SIGKILL, at once. It does not start again by itself. */
  async kill(who: Who): Promise<void> {
    this.#wanted.delete(who);
    await (who === "sense" ? this.live.sense : this.live.forward)?.stop("SIGKILL");
  }

  /** Asks sense for its status; false when it is not there or takes too long. */
  async senseAnswers(timeoutMs: number): Promise<boolean> {
    const socket = join(this.live.places.crash, "sense.sock");
    return (await ask(socket, timeoutMs)) !== null;
  }

  /** The state of the outbox; null when forward is not there or takes too long. */
  async outbox(timeoutMs: number): Promise<OutboxStats | null> {
    const socket = join(this.live.places.runtime, "forward.sock");
    return ((await ask(socket, timeoutMs)) as ForwardStatus | null)?.outbox ?? null;
  }

  get forwardIsReady(): boolean {
    return (this.live.forward?.said("process.ready").length ?? 0) > 0;
  }

  /** What lies on tmpfs is gone: the crash copy and the sockets. */
  forgetMemory(): void {
    const { crash, runtime } = this.live.places;
    rmSync(crash, { recursive: true, force: true });
    rmSync(runtime, { recursive: true, force: true });
    mkdirSync(runtime);
  }

  pause(paused: boolean): void {
    this.live.forward?.child.kill(paused ? "SIGSTOP" : "SIGCONT");
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.kill("sense");
    await this.kill("forward");
    await this.#city?.stop();
    await this.#proxy?.stop();
    await this.#odd?.stop();
    await this.#broker?.stop();
    this.#machine?.dispose();
    await this.live.dispose();
    for (const device of Object.values(this.devices)) device.dispose();
  }

  async #ended(who: Who, process: LiveProcess): Promise<void> {
    if (!this.#wanted.has(who) || this.#stopped) return;
    this.#wanted.delete(who);
    this.#options.onCrash(who, process.text.trimEnd().split("\n").slice(-5).join("\n"));
    await wait(RESTART_MS);
    this.run(who);
  }
}

async function ask(socket: string, timeoutMs: number): Promise<unknown> {
  try {
    return await askControl(socket, "status", { clock: new SystemClock(), timeoutMs });
  } catch {
    return null; // It does not run, or stands still: that is what the faults are for.
  }
}

function started<T>(part: T | undefined): T {
  if (part === undefined) throw new Error("the rig was not started");
  return part;
}
