import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Violation } from "../../faults/oracle.ts";
import { Dice } from "../../kit/dice.ts";
import { comesTrue, Outside } from "../outside.ts";
import type { Machine } from "../qemu.ts";
import type { Bench, Row, Scenario } from "../scenario.ts";
import { pulses } from "../scripts.ts";
import { shareGuest, tell } from "../share.ts";
import { evidence, loggedIn, others, type Question, settled, tally, verdict } from "../truth.ts";
import { VolatileDisk } from "../volatile-disk.ts";

const WINDOW_MS = 5_000;
const LINE = 8;
const BOOT_LIMIT_MS = 1_200_000;
const CUT_LIMIT_MS = 600_000;
const END_LIMIT_MS = 300_000;
/** In the last boot. */
const STALLS = 3;
const STALL_MS = 6_000;
/** How much of what was not flushed a card keeps. */
const KEEPS = [0, 0.5, 1] as const;

/** Takes the power away at moments that follow from the seed, and compares what the city got with what passed. */
export const power: Scenario = {
  name: "power",
  about: "cuts the power at random moments, twice, and ten times with --long",
  async run(bench) {
    const outside = await Outside.start(bench, {
      ack: "city",
      privacy: { windowSeconds: WINDOW_MS / 1000 },
      sensors: [
        `id: gate, profile: gpio-pulse, gpio: { chip: telpost-sim, line: ${LINE}, debounceMs: 0 }, maxPerSecond: 1000`,
      ],
    });
    const disk = await VolatileDisk.listen(await bench.installed(), join(bench.scratch, "nbd"));
    try {
      return await new Cuts(bench, outside, disk).run(bench.long ? 10 : 2);
    } finally {
      await disk.close();
      await outside.stop();
    }
  },
};

class Cuts {
  readonly #bench: Bench;
  readonly #outside: Outside;
  readonly #disk: VolatileDisk;
  readonly #dice: Dice;
  readonly #told: string[] = [];
  readonly #question: Question;

  constructor(bench: Bench, outside: Outside, disk: VolatileDisk) {
    this.#question = { bench, outside, sensor: "gate", windowMs: WINDOW_MS };
    this.#bench = bench;
    this.#outside = outside;
    this.#disk = disk;
    this.#dice = new Dice(bench.seed);
  }

  async run(cuts: number): Promise<Row[]> {
    shareGuest(this.#bench, "power");
    tell(this.#bench, "people.edges", pulses(900, this.#bench.seed, LINE).text);
    for (let boot = 0; boot < cuts; boot++) await this.#cut(await this.#boot(boot), boot);
    const machine = await this.#boot(cuts);
    const before = this.#outside.records("gate").length;
    await comesTrue(() => this.#outside.records("gate").length > before, END_LIMIT_MS);
    await this.#stalls();
    tell(this.#bench, "quiet");
    const violations = await settled(this.#question, END_LIMIT_MS);
    tell(this.#bench, "finish");
    const off = this.#bench.ended(await machine.ends(END_LIMIT_MS));
    return [...this.#rows(cuts, violations), off];
  }

  /** Until people pass. */
  async #boot(boot: number): Promise<Machine> {
    tell(this.#bench, "boot", String(boot));
    const { scratch } = this.#bench;
    const disk = `nbd:unix:${join(scratch, "nbd")}`;
    const before = this.#passed();
    const machine = this.#bench.start({ time: "real", disk, brokerPort: this.#outside.broker.port });
    if (!(await comesTrue(() => this.#passed() > before, BOOT_LIMIT_MS))) {
      await machine.cut();
      throw new Error(
        `boot ${boot}: nobody passed within ${BOOT_LIMIT_MS} ms; see console.log and run.log with --keep`,
      );
    }
    return machine;
  }

  /** Every second cut is aimed: it comes with the next write of the guest, in the middle of a commit. */
  async #cut(machine: Machine, boot: number): Promise<void> {
    // Counted in people, not in seconds: how fast the guest runs depends on this machine.
    const people = this.#dice.between(1, 50);
    const keeps = KEEPS[this.#dice.below(KEEPS.length)] ?? 0;
    const before = this.#passed();
    await comesTrue(() => this.#passed() >= before + people, CUT_LIMIT_MS);
    if (boot % 2 === 1) await Promise.race([this.#disk.written(), wait(10_000)]);
    await machine.cut();
    const { kept, torn, dropped } = this.#disk.cut(this.#dice, keeps);
    const aimed = boot % 2 === 1 ? ", at a write" : "";
    this.#told.push(`after ${people} people${aimed}: ${kept} writes kept, ${torn} torn, ${dropped} dropped`);
  }

  /** The card stands still, each time at a write, and what the processes run from is not in memory any more. */
  async #stalls(): Promise<void> {
    for (let stall = 0; stall < STALLS; stall++) {
      await Promise.race([this.#disk.written(), wait(2 * WINDOW_MS)]);
      this.#disk.stall(STALL_MS);
      tell(this.#bench, "cold");
      await wait(STALL_MS + WINDOW_MS);
    }
  }

  #passed(): number {
    return loggedIn(this.#bench, "truth.log").length;
  }

  #rows(cuts: number, violations: readonly Violation[]): Row[] {
    const seen = evidence(this.#question, true);
    const { partial, words } = tally(seen);
    const boots = Array.from({ length: cuts + 1 }, (_, boot) => boot);
    const faults = Number(this.#bench.text("faults.after")) - Number(this.#bench.text("faults.before"));
    const opened = boots.filter((boot) => this.#bench.text(`verify.${boot}.status`) === "0");
    return [
      {
        what: `${cuts} power cuts (seed ${this.#bench.seed}), then a card that stands still ${STALLS} times for ${STALL_MS / 1000} s: every window is exact, or partial and no more than the truth, or declared; none twice`,
        wanted: "0 wrong",
        got: verdict(violations),
        notes: this.#told.join("; "),
      },
      {
        what: "windows that are not whole: at most the first of each boot, none because of the card",
        wanted: `at most ${cuts + 1}`,
        got: partial <= cuts + 1 ? `at most ${cuts + 1}` : `${partial}`,
        notes: `${this.#passed()} passed; ${words}: ${others(this.#outside.records("gate"))}; declared: ${seen.reasons.join(", ")}`,
      },
      {
        what: "each time sense had to wait for the card",
        wanted: "yes",
        got: faults >= STALLS ? "yes" : `no: ${faults} pages read anew`,
        notes: `${faults} pages read anew`,
      },
      {
        what: "the outbox opens at each boot, and verify finds it sound",
        wanted: `${boots.length} times`,
        got: `${opened.length} times`,
      },
    ];
  }
}
