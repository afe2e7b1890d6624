import type { Clock, Timer } from "../base/clock.ts";
import type { Size } from "../base/lines.ts";
import type { Terminal } from "../base/terminal.ts";
import type { BothStatus } from "../ops/first-window.ts";
import { History } from "./history.ts";
import { type Action, actionsIn } from "./keys.ts";
import { mostFrom, type TopView, topScreen, topText } from "./screen.ts";

/** What a screen shows on. */
export interface TopPorts {
  readonly clock: Clock;
  readonly version: string;
  /** @throws TelpostError control.denied */
  readonly ask: () => Promise<BothStatus>;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** How often to look. */
  readonly everySeconds: number;
}

/** A refresh writes at most so much: less than a second on a line of 9600 baud. */
const MOST_BYTES = 900;
/** What did not fit comes this much later. */
const REST_MS = 1_000;
const FASTEST_SECONDS = 1;
const SLOWEST_SECONDS = 60;

/** The keyboard. */
export interface Keys {
  /** Calls `fn` with what was typed; an end of the input is `q`. */
  onText(fn: (text: string) => void): void;
}

/** The live screen until `q`, Ctrl-C, the signal or the end of the input. The terminal is given back by the caller. */
export function runScreen(ports: TopPorts, terminal: Terminal, keys: Keys): Promise<void> {
  return new Promise((resolve, reject) => {
    const screen = new Screen(ports, terminal, { resolve, reject });
    keys.onText((text) => {
      for (const action of actionsIn(text)) screen.act(action);
    });
    terminal.onResize(() => screen.paint());
    ports.signal.addEventListener("abort", () => screen.end(), { once: true });
    if (ports.signal.aborted) screen.end();
    else screen.start();
  });
}

/** One look, or so many, as lines for pipes and logs. */
export async function runText(
  ports: TopPorts,
  times: number,
  out: (line: string) => void,
): Promise<BothStatus> {
  const history = new History();
  for (let time = 1; ; time++) {
    const status = await ports.ask();
    const view = viewOf(ports, history, status);
    for (const line of topText({ ...view, everySeconds: ports.everySeconds, paused: false, from: 0 }))
      out(line);
    if (time >= times || ports.signal.aborted) return status;
    await pause(ports);
    if (ports.signal.aborted) return status;
    out("");
  }
}

function pause({ clock, everySeconds, signal }: TopPorts): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.after("top", everySeconds * 1000, resolve);
    signal.addEventListener("abort", () => {
      timer.cancel();
      resolve();
    });
  });
}

function viewOf({ clock, version }: TopPorts, history: History, status: BothStatus) {
  const [atMs, nowMs] = [clock.monotonic(), clock.realtime()];
  history.add(status, atMs);
  return { ...status, version, history, atMs, nowMs };
}

interface End {
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

class Screen {
  readonly #ports: TopPorts;
  readonly #terminal: Terminal;
  readonly #end: End;
  readonly #history = new History();
  #seen: ReturnType<typeof viewOf> | undefined;
  #everySeconds: number;
  #paused = false;
  #from = 0;
  #ended = false;
  #look: Timer | undefined;
  #rest: Timer | undefined;

  constructor(ports: TopPorts, terminal: Terminal, end: End) {
    this.#ports = ports;
    this.#terminal = terminal;
    this.#end = end;
    this.#everySeconds = ports.everySeconds;
  }

  start(): void {
    this.#terminal.enter();
    void this.#refresh();
  }

  end(): void {
    this.#ended = true;
    this.#look?.cancel();
    this.#rest?.cancel();
    this.#end.resolve();
  }

  act(action: Action): void {
    if (this.#ended) return;
    if (action === "quit") return this.end();
    if (action === "redraw") this.#terminal.forget();
    if (action === "pause") this.#paused = !this.#paused;
    if (action === "down") this.#from = Math.min(this.#from + 1, this.#most());
    if (action === "up") this.#from = Math.max(0, Math.min(this.#from, this.#most()) - 1);
    if (action === "faster") this.#everySeconds = Math.max(FASTEST_SECONDS, this.#everySeconds - 1);
    if (action === "slower") this.#everySeconds = Math.min(SLOWEST_SECONDS, this.#everySeconds + 1);
    this.paint();
  }

  /** Draws what is known; the rest of a large change follows a little later. */
  paint(): void {
    this.#rest?.cancel();
    const view = this.#view();
    if (this.#ended || !view) return;
    const whole = this.#terminal.paint(topScreen(view, this.#size()), MOST_BYTES);
    if (!whole) this.#rest = this.#ports.clock.after("top rest", REST_MS, () => this.paint());
  }

  async #refresh(): Promise<void> {
    try {
      if (!this.#paused) this.#seen = viewOf(this.#ports, this.#history, await this.#ports.ask());
    } catch (failure) {
      this.#ended = true;
      return this.#end.reject(failure);
    }
    if (this.#ended) return;
    this.paint();
    this.#look = this.#ports.clock.after("top", this.#everySeconds * 1000, () => void this.#refresh());
  }

  #view(): TopView | undefined {
    return (
      this.#seen && {
        ...this.#seen,
        everySeconds: this.#everySeconds,
        paused: this.#paused,
        from: this.#from,
      }
    );
  }

  #most(): number {
    return mostFrom(this.#view(), this.#size());
  }

  #size(): Size {
    return this.#terminal.size;
  }
}
