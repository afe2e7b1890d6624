import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Machine, type MachineOptions } from "./qemu.ts";

/** One line of the table: what was looked at, what it should be, and what it was. */
export interface Row {
  readonly what: string;
  readonly wanted: string;
  readonly got: string;
  readonly notes?: string;
}

/** One story of a gateway, from a new disk to what the city and the machine can tell afterwards. */
export interface Scenario {
  readonly name: string;
  readonly about: string;
  /** Takes too long for every run: only with --long, or by its name. */
  readonly long?: boolean;
  run(bench: Bench): Promise<Row[]>;
}

export interface BenchOptions {
  readonly image: string;
  /** The package of this checkout. */
  readonly deb: string;
  readonly scratch: string;
  readonly seed: number;
  readonly long: boolean;
  /** Makes the disk on which the package is installed when it is first asked for. @returns its raw image */
  readonly installed?: () => Promise<string>;
}

/** What a scenario works with: a folder that the guest sees as /mnt/host, and machines to boot. */
export class Bench {
  readonly deb: string;
  /** Shared with the guest as /mnt/host. */
  readonly share: string;
  /** Of this scenario alone; not seen by the guest. */
  readonly scratch: string;
  readonly seed: number;
  readonly long: boolean;
  readonly #image: string;
  readonly #machines: Machine[] = [];
  readonly #installed: (() => Promise<string>) | undefined;

  constructor({ image, deb, scratch, seed, long, installed }: BenchOptions) {
    this.#image = image;
    this.#installed = installed;
    this.deb = deb;
    this.scratch = scratch;
    this.seed = seed;
    this.long = long;
    this.share = join(scratch, "share");
    mkdirSync(join(this.share, "results"), { recursive: true });
  }

  /** Switches a machine on. */
  start(options: Omit<MachineOptions, "image" | "share" | "scratch">): Machine {
    const { share, scratch } = this;
    const machine = new Machine({ image: this.#image, share, scratch, ...options });
    this.#machines.push(machine);
    return machine;
  }

  /** Whatever still runs is switched off. */
  async dispose(): Promise<void> {
    for (const machine of this.#machines) await machine.cut();
  }

  /** A disk on which the package is installed, and no configuration: raw, only to be read. */
  installed(): Promise<string> {
    if (!this.#installed) throw new Error("this bench is for the installation");
    return this.#installed();
  }

  /**
   * One boot from a new disk, with nothing outside it. @returns a row that holds when the guest powered itself off within
   * `limitMs`
   */
  async boot({
    limitMs,
    ...options
  }: { readonly limitMs: number } & Pick<MachineOptions, "serial">): Promise<Row> {
    return this.ended(await this.start({ time: "virtual", ...options }).ends(limitMs));
  }

  ended(inTime: boolean): Row {
    return { what: "it powers itself off", wanted: "in time", got: inTime ? "in time" : "not in time" };
  }

  /** True when the guest has written results/NAME. */
  has(name: string): boolean {
    return existsSync(join(this.share, "results", name));
  }

  /** What the guest wrote to results/NAME, or "nothing". */
  text(name: string): string {
    const path = join(this.share, "results", name);
    return existsSync(path) ? readFileSync(path, "utf8").trim() : "nothing";
  }

  /** The same as JSON; undefined where it is none. */
  json<T>(name: string): T | undefined {
    const text = this.text(name);
    return text.startsWith("{") ? (JSON.parse(text) as T) : undefined;
  }
}
