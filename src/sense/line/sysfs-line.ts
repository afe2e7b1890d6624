import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Clock, Timer } from "../../base/clock.ts";
import { TelpostError } from "../../base/errors.ts";
import type { GpioSettings } from "./gpio-request.ts";
import { guardReads, loadOnoff, type OnoffGpio, type OnoffLine } from "./onoff.ts";
import type { Line, LineListener } from "./port.ts";
import { type DeviceListener, type OpenDevice, ReopenedLine } from "./reopened-line.ts";
import { exportLine, folderOf, globalNumbers, SYSFS, type Sysfs, sysfsCode, unexportLine } from "./sysfs.ts";

/** A chip that is removed takes the files of its lines along, and wakes nobody who waits for them. */
const LOOK_MS = 50;

export interface SysfsLineOptions {
  readonly settings: GpioSettings;
  readonly clock: Clock;
  readonly jitterBelow: (limit: number) => number;
  readonly sysfs?: Sysfs;
  readonly load?: () => Promise<OnoffGpio>;
}

/**
 * GPIO lines of one chip through sysfs and onoff, for machines where the character device will not do. sysfs keeps no
 * edges: it says that a line has changed, and the level that it has when somebody looks. What changed meanwhile is lost,
 * and the time of an edge is that of the look. Two edges to one level show that at least one was lost; an odd number of
 * lost edges shows nothing (docs/decisions/0012).
 */
export class SysfsLine implements Line {
  readonly #line: ReopenedLine;

  constructor({ settings, clock, jitterBelow, sysfs = SYSFS, load = loadOnoff }: SysfsLineOptions) {
    const open = async () => {
      const Gpio = await load();
      const lines = await openLines(settings, clock, { sysfs, Gpio });
      return new OpenSysfs(lines, { clock, debounceMs: settings.debounceMs });
    };
    this.#line = new ReopenedLine({ kind: "gpio", clock, jitterBelow, open, codeOf: sysfsCode });
  }

  start(listener: LineListener): void {
    this.#line.start(listener);
  }

  /** An input takes nothing. */
  write(_bytes: Uint8Array): void {}

  stop(): Promise<void> {
    return this.#line.stop();
  }
}

interface Watched {
  readonly name: string;
  readonly line: OnoffLine;
  /** What is there as long as the line is ours. */
  readonly file: string;
  /** Told last, or found at the opening. */
  level: 0 | 1;
  /** Runs while the level may still bounce. */
  settling?: Timer | undefined;
  failed: boolean;
}

interface Tools {
  readonly sysfs: Sysfs;
  readonly Gpio: OnoffGpio;
}

async function openLines(settings: GpioSettings, clock: Clock, tools: Tools): Promise<Watched[]> {
  if (settings.bias !== "as-is") throw new TelpostError("device.line_refused", `bias ${settings.bias}`);
  const opened: Watched[] = [];
  try {
    for (const [number, name] of globalNumbers(settings, tools.sysfs)) {
      await exportLine(number, tools.sysfs, clock);
      const line = openLine(number, settings.activeLow, tools);
      opened.push(watched(name, line, folderOf(number, tools.sysfs)));
    }
  } catch (failure) {
    for (const { line } of opened) line.unexport();
    throw failure;
  }
  return opened;
}

function openLine(number: number, activeLow: boolean, { sysfs, Gpio }: Tools): OnoffLine {
  try {
    const line = new Gpio(number, "in", "both", { activeLow });
    // onoff says nothing when the settings of a line that was exported before cannot be changed.
    if (line.direction() === "in" && line.edge() === "both" && line.activeLow() === activeLow) return line;
    line.unexport();
  } catch (failure) {
    unexportLine(number, sysfs);
    throw failure;
  }
  throw new TelpostError("device.line_refused", `gpio${number}`);
}

function watched(name: string, line: OnoffLine, folder: string): Watched {
  const one: Watched = { name, line, file: join(folder, "value"), level: line.readSync(), failed: false };
  guardReads(line, () => {
    one.failed = true;
  });
  return one;
}

class OpenSysfs implements OpenDevice {
  readonly #lines: readonly Watched[];
  readonly #clock: Clock;
  readonly #debounceMs: number;
  /** A change since the question waits, and is told as an edge. */
  readonly watched: NonNullable<OpenDevice["watched"]>;
  #listener: DeviceListener | undefined;
  #look: Timer | undefined;
  #lookDueMs = 0;
  /** The last look was late. */
  #wasLate = false;

  constructor(
    lines: readonly Watched[],
    { clock, debounceMs }: { readonly clock: Clock; readonly debounceMs: number },
  ) {
    this.#lines = lines;
    this.#clock = clock;
    this.#debounceMs = debounceMs;
    const levels = Object.fromEntries(lines.map(({ name, level }) => [name, level]));
    this.watched = { sinceMs: clock.monotonic(), levels };
  }

  listen(listener: DeviceListener): void {
    this.#listener = listener;
    for (const one of this.#lines) one.line.watch((_failure, level) => this.#changed(one, level));
    this.#arm();
  }

  write(): void {}

  async close(): Promise<void> {
    this.#listener = undefined;
    this.#look?.cancel();
    for (const one of this.#lines) {
      one.settling?.cancel();
      one.line.unexport();
    }
  }

  #arm(): void {
    this.#lookDueMs = this.#clock.monotonic() + LOOK_MS;
    this.#look = this.#clock.after("gpio.look", LOOK_MS, () => this.#looked());
  }

  #looked(): void {
    this.#wasLate = this.#isLate(this.#clock.monotonic());
    if (this.#lines.every(({ file, failed }) => !failed && existsSync(file))) this.#arm();
    else this.#listener?.gone("device.gone");
  }

  /** The loop stood still for longer than a level has to hold: a pulse may have passed unseen. */
  #isLate(nowMs: number): boolean {
    return nowMs - this.#lookDueMs > this.#debounceMs;
  }

  #changed(one: Watched, level: 0 | 1): void {
    if (one.failed) return; // The next look tells.
    if (this.#debounceMs === 0) return this.#tell(one, level);
    // There and back again while nobody looked.
    const nowMs = this.#clock.monotonic();
    if (level === one.level && !one.settling && (this.#wasLate || this.#isLate(nowMs)))
      this.#listener?.lost(2, nowMs);
    if (!this.#listener) return; // Stopped by whoever listened.
    one.settling?.cancel();
    one.settling = this.#clock.after("gpio.settle", this.#debounceMs, () => this.#settled(one));
  }

  /** As the kernel debounces: what the line shows when it has not changed for so long, and only if that is new. */
  #settled(one: Watched): void {
    one.settling = undefined;
    const level = one.line.readSync();
    if (!one.failed && level !== one.level) this.#tell(one, level);
  }

  #tell(one: Watched, level: 0 | 1): void {
    const atMs = this.#clock.monotonic();
    if (level === one.level) this.#listener?.lost(1, atMs);
    one.level = level;
    this.#listener?.edge({ name: one.name, level, atMs });
  }
}
