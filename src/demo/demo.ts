import { type Clock, sleep, type Timer } from "../base/clock.ts";
import type { Passing } from "./broker.ts";
import { totalLines } from "./picture/devices.ts";
import type { Show } from "./show.ts";
import { FLOW_SECONDS } from "./site-files.ts";
import { type GatewayStatus, type RunGateway, Stage } from "./stage.ts";
import { Story } from "./story.ts";
import { GenericStreet, type Street } from "./street.ts";
import type { SensorView, View } from "./view.ts";
import { lastLines, missingOf, timeOfDay, waitingIn } from "./words.ts";

export interface DemoOptions {
  readonly clock: Clock;
  readonly runGateway: RunGateway;
  readonly show: Show;
  /** Registers what must be done however this process ends. */
  readonly onExit: (work: () => void) => void;
  /** How often the picture may change, ms. */
  readonly paintMs: number;
  /** Default: the street with the four generic sensors. */
  readonly makeStreet?: (folder: string) => Street;
  /** How long people walk; null: until the signal. */
  readonly seconds: number | null;
  /** Ends it. */
  readonly signal: AbortSignal;
}

const ASK_MS = 500;
/** At the end, how long messages on their way may still take. */
const DRAIN_MS = 5_000;
const DRAIN_LOOK_MS = 100;

/** Runs a gateway in front of a simulated street until the signal. */
export async function runDemo(options: DemoOptions): Promise<void> {
  const demo = new Demo(options);
  try {
    await demo.run();
  } finally {
    await demo.stop();
  }
}

class Demo {
  readonly #options: DemoOptions;
  readonly #stage: Stage;
  readonly #story: Story;
  readonly #startedMs: number;
  readonly #enough = new AbortController();
  /** The signal, or people have walked long enough. */
  readonly #ending: AbortSignal;
  #status: GatewayStatus = { sense: null, forward: null };
  #saying = "";
  /** What there is to say while nothing special happens. */
  #usual = "";
  #broker = { messages: 0, sealedBytes: null as number | null };
  #timers: Timer[] = [];
  #last: readonly string[] = [];

  constructor(options: DemoOptions) {
    this.#options = options;
    const { clock, runGateway, onExit, makeStreet = () => new GenericStreet(clock) } = options;
    this.#startedMs = clock.monotonic();
    this.#ending = AbortSignal.any([options.signal, this.#enough.signal]);
    this.#stage = new Stage({
      clock,
      makeStreet,
      runGateway,
      onExit,
      onMessage: (message) => this.#passed(message),
      onNotice: (text) => this.#say(text),
      city: {
        onWindow: (windows, meta) => this.#opened(windows, meta),
        onAlarm: ({ reason }) => this.#say(`The city refused a message: ${reason}.`),
      },
    });
    this.#story = new Story(this.#stage.street.ledger);
    const sensors = this.#stage.street.sensors().length;
    this.#say(`Starting a broker, a city and a gateway with ${sensors} simulated sensors.`);
  }

  async run(): Promise<void> {
    const { show, paintMs } = this.#options;
    const signal = this.#ending;
    const stage = this.#stage;
    show.says(`Log of the two processes: ${stage.folders.log}`);
    this.#every(paintMs, () => show.stands(this.#view()));
    await stage.start();
    await stage.ready(signal);
    this.#every(ASK_MS, () => void this.#ask());
    if (!signal.aborted) this.#openStreet();
    await aborted(signal);
    this.#say("Ending: nobody walks any more, the last messages arrive.");
    stage.street.close();
    await this.#lastWindows();
    await this.#drained();
    this.#last = this.#lastLines();
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) timer.cancel();
    try {
      await this.#stage.stop();
    } finally {
      this.#options.show.ends(this.#last);
    }
  }

  #openStreet(): void {
    const { clock, seconds: limit } = this.#options;
    const beginMs = this.#stage.street.open();
    const endAfterMs = beginMs - clock.realtime() + (limit ?? 0) * 1000;
    if (limit !== null) this.#timers.push(clock.after("demo.end", endAfterMs, () => this.#enough.abort()));
    const length = FLOW_SECONDS * 1000;
    const endMs = (Math.floor(beginMs / length) + 1) * length;
    const seconds = this.#elapsedSeconds().toFixed(1);
    this.#say(
      `All sensors open after ${seconds} s. The first window with people closes at ${timeOfDay(endMs)} UTC.`,
    );
  }

  #opened(...message: Parameters<Story["add"]>): void {
    this.#options.show.opened(this.#story.add(...message));
    if (this.#usual === "") {
      const seconds = this.#elapsedSeconds().toFixed(1);
      this.#usual = `Every ${FLOW_SECONDS} s: count, add noise, seal, deliver. First opened after ${seconds} s.`;
      this.#say(this.#usual);
    } else if (!this.#ending.aborted) this.#saying = this.#usual;
  }

  #passed({ topic, bytes }: Passing): void {
    this.#broker.messages++;
    if (topic.endsWith("/sealed")) this.#broker.sealedBytes = bytes;
  }

  async #ask(): Promise<void> {
    this.#status = await this.#stage.status();
  }

  /** Waits until everything that was counted has been proven, or for five seconds. */
  async #drained(): Promise<void> {
    const { clock } = this.#options;
    const untilMs = clock.monotonic() + DRAIN_MS;
    do {
      await sleep(clock, DRAIN_LOOK_MS);
      await this.#ask();
    } while (waitingIn(this.#status) !== 0 && clock.monotonic() < untilMs);
  }

  /** Unless somebody asked for the end: what is asked for now and then is asked for once more, and published. */
  async #lastWindows(): Promise<void> {
    const { clock, signal } = this.#options;
    await sleep(clock, this.#stage.street.lastWindowsMs, signal);
  }

  #lastLines(): readonly string[] {
    const messages = this.#story.messages();
    const sensors = this.#sensors();
    const inTime = !this.#options.signal.aborted;
    return [
      ...totalLines(sensors, inTime),
      ...lastLines(this.#elapsedSeconds(), this.#story.totals(), messages, missingOf(messages, this.#status)),
    ];
  }

  #sensors(): readonly SensorView[] {
    const states = this.#status.sense?.sensors;
    return this.#stage.street.sensors().map(({ outputs, ...told }) => {
      const link = states?.find(({ id }) => id === told.id)?.link ?? null;
      return { ...told, link, sums: this.#story.sumsOf(outputs), present: this.#story.presentOf(outputs) };
    });
  }

  #view(): View {
    const { forward } = this.#status;
    return {
      saying: this.#saying,
      elapsedSeconds: this.#elapsedSeconds(),
      sensors: this.#sensors(),
      sealedBytes: this.#broker.sealedBytes,
      totals: this.#story.totals(),
      outbox: forward && { waiting: forward.outbox.queued, proven: forward.outbox.accepted },
      brokerMessages: this.#broker.messages,
      messages: this.#story.messages(),
      records: this.#story.records,
      logFile: this.#stage.folders.log,
    };
  }

  #say(text: string): void {
    this.#saying = text;
    this.#options.show.says(text);
  }

  #elapsedSeconds(): number {
    return (this.#options.clock.monotonic() - this.#startedMs) / 1000;
  }

  /** Calls `work` now and so often until the end. */
  #every(ms: number, work: () => void): void {
    const at = this.#timers.length;
    const tick = () => {
      this.#timers[at] = this.#options.clock.after("demo.look", ms, tick);
      work();
    };
    tick();
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
