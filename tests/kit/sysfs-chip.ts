import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TelpostError } from "../../src/base/errors.ts";
import type { OnoffGpio, OnoffLine } from "../../src/sense/line/onoff.ts";
import type { Line } from "../../src/sense/line/port.ts";
import type { Sysfs } from "../../src/sense/line/sysfs.ts";
import { SysfsLine } from "../../src/sense/line/sysfs-line.ts";
import type { GpioBench, GpioLineOptions } from "./gpio-chip.ts";

const BASE = 512;
const LINES = 32;

const failure = (code: string) => Object.assign(new Error(code), { code });

/**
 * The kernel's side of GPIO lines as files (drivers/gpio/gpiolib-sysfs.c) and what onoff makes of it, where there is no
 * chip: a folder with a file for each setting, and one mark a line that says it has changed since it was last read.
 */
export class FakeSysfsChip implements GpioBench {
  readonly label = "fake";
  readonly lineName = "line-3";
  readonly root = mkdtempSync(join(tmpdir(), "telpost-sysfs-"));
  readonly #levels = new Map<number, 0 | 1>();
  readonly #taken = new Set<number>();
  readonly #watched = new Map<number, MadeLine>();
  #plugged = false;

  constructor() {
    for (const file of ["export", "unexport"]) writeFileSync(join(this.root, file), "");
  }

  readonly sysfs: Sysfs = {
    root: this.root,
    write: (file, number) => (file === "export" ? this.#export(number) : this.#unexport(number)),
    find: (settings) =>
      Object.entries(settings.lines).map(([name, line]) => {
        if (typeof line === "number" || line === this.lineName)
          return [typeof line === "number" ? line : 3, name];
        throw new TelpostError("device.no_line", line);
      }),
  };

  line(options: GpioLineOptions): Line {
    return new SysfsLine({ ...options, sysfs: this.sysfs, load: async () => this.gpio });
  }

  /** What onoff's Gpio is for this chip. */
  get gpio(): OnoffGpio {
    const chip = this;
    return class extends MadeLine {
      constructor(number: number, direction: string, edge: string, { activeLow }: { activeLow: boolean }) {
        super(chip, number);
        for (const [file, text] of Object.entries({ direction, edge, active_low: activeLow ? "1" : "0" }))
          writeFileSync(join(chip.root, `gpio${number}`, file), text);
      }
    };
  }

  plug(): void {
    this.#plugged = true;
    const folder = join(this.root, `gpiochip${BASE}`);
    mkdirSync(folder, { recursive: true });
    const files = { label: this.label, base: BASE, ngpio: LINES };
    for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), `${text}\n`);
  }

  unplug(): void {
    this.#plugged = false;
    this.#levels.clear();
    this.#watched.clear();
    for (const name of readdirSync(this.root).filter((one) => /^gpio.*\d$/.test(one)))
      rmSync(join(this.root, name), { recursive: true });
  }

  take(line: number): () => void {
    this.#taken.add(line);
    return () => this.#taken.delete(line);
  }

  set(line: number, level: 0 | 1): void {
    if (!this.#plugged || (this.#levels.get(line) ?? 0) === level) return;
    this.#levels.set(line, level);
    this.#watched.get(BASE + line)?.interrupt();
  }

  /** The level of an exported line, after active-low. */
  read(number: number): 0 | 1 {
    const folder = join(this.root, `gpio${number}`);
    if (!existsSync(folder)) throw failure("ENODEV");
    const inverted = readFileSync(join(folder, "active_low"), "utf8") === "1";
    return Number((this.#levels.get(number - BASE) ?? 0) !== Number(inverted)) as 0 | 1;
  }

  attach(number: number, line: MadeLine): void {
    this.#watched.set(number, line);
  }

  #export(number: number): void {
    if (this.#taken.has(number - BASE)) throw failure("EBUSY");
    if (!this.#plugged) throw failure("EINVAL");
    const folder = join(this.root, `gpio${number}`);
    mkdirSync(folder);
    const files = { value: "0", direction: "in", edge: "none", active_low: "0" };
    for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
  }

  #unexport(number: number): void {
    this.#watched.delete(number);
    rmSync(join(this.root, `gpio${number}`), { recursive: true });
  }

  held(): string[] {
    return readdirSync(this.root).filter((name) => /^gpio\d/.test(name));
  }

  dispose(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** One line of onoff, whose epoll wakes it in a later turn of the loop, once for however many changes. */
class MadeLine implements OnoffLine {
  readonly #chip: FakeSysfsChip;
  readonly #number: number;
  #listener: ((failure: null, level: 0 | 1) => void) | undefined;
  #changed = false;

  constructor(chip: FakeSysfsChip, number: number) {
    this.#chip = chip;
    this.#number = number;
    chip.attach(number, this);
  }

  /** The kernel tells; the one who waits is woken once. */
  interrupt(): void {
    this.#changed = true;
    setImmediate(() => {
      if (!this.#changed || !this.#listener) return;
      this.#listener(null, this.readSync());
    });
  }

  readSync(): 0 | 1 {
    this.#changed = false;
    return this.#chip.read(this.#number);
  }

  watch(listener: (failure: null, level: 0 | 1) => void): void {
    this.#listener = listener;
    if (this.#changed) this.interrupt();
  }

  direction = () => this.#file("direction");
  edge = () => this.#file("edge");
  activeLow = () => this.#file("active_low") === "1";
  #file = (name: string) => readFileSync(join(this.#chip.root, `gpio${this.#number}`, name), "utf8");

  unexport(): void {
    this.#listener = undefined;
    if (existsSync(join(this.#chip.root, `gpio${this.#number}`)))
      this.#chip.sysfs.write("unexport", this.#number);
  }
}
