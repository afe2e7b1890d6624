import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type BootOptions, boot } from "./machine.ts";

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

  constructor({ image, deb, scratch, seed, long }: BenchOptions) {
    this.#image = image;
    this.deb = deb;
    this.scratch = scratch;
    this.seed = seed;
    this.long = long;
    this.share = join(scratch, "share");
    mkdirSync(join(this.share, "results"), { recursive: true });
  }

  /**
   * One boot from a new disk. @returns a row that holds when the guest powered itself off within `limitMs`
   */
  async boot(options: Pick<BootOptions, "limitMs" | "adapter">): Promise<Row> {
    const { share, scratch } = this;
    const off = await boot({ image: this.#image, share, scratch, startedAt: new Date(), ...options });
    return {
      what: "it powers itself off",
      wanted: "in time",
      got: off ? "in time" : `not in ${options.limitMs} ms`,
    };
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
