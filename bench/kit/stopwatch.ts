import { SystemClock } from "../../src/base/clock.ts";
import type { Worked } from "./bench.ts";

/** Measures wall and CPU time of one stretch of work in this process. */
export class Stopwatch {
  readonly #clock = new SystemClock();
  readonly #sinceMs = this.#clock.monotonic();
  readonly #cpu = process.cpuUsage();

  /** What has passed since it was made. */
  read(count: number): Worked {
    const { user, system } = process.cpuUsage(this.#cpu);
    const seconds = (this.#clock.monotonic() - this.#sinceMs) / 1000;
    return { seconds, cpuSeconds: (user + system) / 1e6, count };
  }
}

/** The last and only line a worker prints. */
export function report(worked: Worked): void {
  process.stdout.write(`${JSON.stringify(worked)}\n`);
}
