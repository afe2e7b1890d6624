import { closeSync, openSync, readFileSync } from "node:fs";
import { type Clock, sleep } from "../base/clock.ts";
import { TelpostError } from "../base/errors.ts";
import { Lifecycle } from "../base/lifecycle.ts";
import { connectReader, type ReaderHandlers } from "../city/index.ts";
import { forwardSocket, senseSocket } from "../cli/places.ts";
import type { ForwardStatus } from "../forward/compose.ts";
import { askControl } from "../ops/control.ts";
import type { SenseStatus } from "../sense/compose.ts";
import { type Passing, startBroker } from "./broker.ts";
import { type DemoFolders, makeFolders, sweepFolders } from "./folders.ts";
import { writeSiteFiles } from "./site-files.ts";
import type { Street } from "./street.ts";

/** What both processes say of themselves on their control sockets; null while one does not answer. */
export interface GatewayStatus {
  readonly sense: SenseStatus | null;
  readonly forward: ForwardStatus | null;
}

/** Runs both processes of a gateway until the signal. */
export type RunGateway = (options: GatewayOptions) => Promise<unknown>;

export interface GatewayOptions {
  readonly configFile: string;
  readonly folders: DemoFolders;
  /** File descriptor that takes their output. */
  readonly output: number;
  /** Takes a sentence when one of them ended by itself and is started again. */
  readonly notice: (text: string) => void;
  readonly signal: AbortSignal;
}

export interface StageOptions {
  readonly clock: Clock;
  /** Makes the devices, given a folder for their ports. */
  readonly makeStreet: (folder: string) => Street;
  readonly runGateway: RunGateway;
  readonly city: Pick<ReaderHandlers, "onWindow" | "onAlarm">;
  readonly onMessage: (message: Passing) => void;
  readonly onNotice: (text: string) => void;
  /** Registers what must be done however this process ends. */
  readonly onExit: (work: () => void) => void;
}

const ASK_MS = 1_000;
const LOOK_MS = 100;
const START_MS = 30_000;
const LAST_LOG_LINES = 5;

/** A broker, a city and a gateway around a simulated street: everything the demo starts, and how all of it ends. */
export class Stage {
  readonly folders: DemoFolders;
  readonly street: Street;
  readonly #options: StageOptions;
  readonly #lifecycle = new Lifecycle();

  constructor(options: StageOptions) {
    this.#options = options;
    sweepFolders(options.clock.realtime());
    this.folders = makeFolders();
    this.#lifecycle.onStop(() => this.folders.remove());
    options.onExit(() => this.folders.remove());
    this.street = options.makeStreet(this.folders.files);
    this.#lifecycle.onStop(() => this.street.remove());
  }

  /** Consumers first: broker, city, gateway. Returns before the gateway is ready. */
  async start(): Promise<void> {
    const { clock, city, onMessage } = this.#options;
    const { folders, street } = this;
    const broker = await startBroker(onMessage);
    this.#lifecycle.onStop(() => broker.stop());
    const site = {
      folder: folders.files,
      brokerPort: broker.port,
      sections: street.sections,
      files: street.files,
      nowMs: clock.realtime(),
    };
    const files = await writeSiteFiles(site);
    const reader = connectReader({ siteFile: files.site, ack: true, ...city });
    this.#lifecycle.onStop(() => reader.stop());
    this.#startGateway(files.config);
  }

  /**
   * Waits until every sensor's port is open and sense has met forward: from then on every passage is seen.
   * @throws TelpostError demo.not_started
   */
  async ready(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const startedMs = clock.monotonic();
    for (;;) {
      const { sense } = await this.status();
      const open = sense?.sensors.every(({ link }) => link === "up") && sense.handover === "connected";
      if (open || signal.aborted) return;
      if (clock.monotonic() - startedMs > START_MS)
        throw new TelpostError("demo.not_started", this.#lastLog());
      await sleep(clock, LOOK_MS, signal);
    }
  }

  async status(): Promise<GatewayStatus> {
    const [sense, forward] = await Promise.all([
      this.#ask<SenseStatus>(senseSocket(this.folders)),
      this.#ask<ForwardStatus>(forwardSocket(this.folders)),
    ]);
    return { sense, forward };
  }

  /** Ends everything, producers first, and removes the folders. */
  stop(): Promise<void> {
    return this.#lifecycle.stop();
  }

  #startGateway(configFile: string): void {
    const { folders } = this;
    const output = openSync(folders.log, "a", 0o600);
    const gone = new AbortController();
    const { runGateway, onNotice: notice } = this.#options;
    const ended = runGateway({ configFile, folders, output, notice, signal: gone.signal });
    this.#lifecycle.onStop(async () => {
      gone.abort();
      await ended;
      closeSync(output);
    });
  }

  async #ask<T>(socket: string): Promise<T | null> {
    try {
      const { clock } = this.#options;
      return (await askControl(socket, "status", { clock, timeoutMs: ASK_MS })) as T;
    } catch (failure) {
      if (failure instanceof TelpostError && failure.code === "usage.not_running") return null;
      throw failure;
    }
  }

  /** Of the two processes: they log no value. */
  #lastLog(): string {
    return readFileSync(this.folders.log, "utf8").trimEnd().split("\n").slice(-LAST_LOG_LINES).join("\n");
  }
}
