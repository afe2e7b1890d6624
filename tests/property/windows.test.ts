import fc from "fast-check";
import { expect, it } from "vitest";
import { isPassages } from "../../src/contract/values.ts";
import type { Output } from "../../src/model.ts";
import { WindowBook } from "../../src/sense/count/windows.ts";

/** Noon, on the grid of all lengths. */
const NOON = Date.parse("2026-06-01T12:00:00Z");
const OUTPUTS: readonly Output[] = [
  { id: "gate", kind: "flow", method: "counted", seconds: 60 },
  { id: "door", kind: "flow", method: "counted", seconds: 60 },
  { id: "slow", kind: "flow", method: "counted", seconds: 300 },
  { id: "plein", kind: "occupancy", method: "counted", seconds: 300, stat: "max" },
  // One sensor may give both.
  { id: "gate", kind: "occupancy", method: "counted", seconds: 60, stat: "max" },
  { id: "door", kind: "occupancy", method: "counted", seconds: 300, stat: "last" },
];
const FLOWS = OUTPUTS.filter(({ kind }) => kind === "flow");
/** What a record is found by. */
const nameOf = ({ id, kind }: Pick<Output, "id" | "kind">) => `${id} ${kind}`;
/** The pipeline looks at least so often; a longer pause is a standstill. */
const LOOK_MS = 1_000;
const STANDSTILL_MS = 3_000;

type Operation =
  | { readonly do: "wait"; readonly ms: number }
  | { readonly do: "stand still"; readonly ms: number }
  | { readonly do: "step"; readonly ms: number }
  | { readonly do: "pass"; readonly output: Output; readonly in: number; readonly out: number }
  | { readonly do: "watch"; readonly output: Output; readonly on: boolean }
  | { readonly do: "kill" };

const output = fc.constantFrom(...OUTPUTS);
const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("wait" as const),
      ms: fc.double({ min: 0, max: 90_000, noNaN: true }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("stand still" as const),
      ms: fc.integer({ min: STANDSTILL_MS + 1, max: 2_000_000 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("step" as const),
      ms: fc.integer({ min: -1_000_000, max: 1_000_000 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("pass" as const),
      output: fc.constantFrom(...FLOWS),
      in: fc.nat(50),
      out: fc.nat(50),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("watch" as const), output, on: fc.boolean() }) },
  { weight: 1, arbitrary: fc.constant({ do: "kill" as const }) },
);

interface Sum {
  in: number;
  out: number;
}

/** Drives a book as the pipeline does, beside sums that know nothing of windows. */
class Model {
  book: WindowBook;
  atMs = 0;
  wallOffset: number;
  steppedBack = false;
  readonly watched = new Set<Output>();
  readonly added = new Map<string, Sum>();
  readonly published = new Map<string, Sum>();
  /** Per output: what was watched, and what the windows say. */
  readonly watchedMs = new Map<string, number>();
  readonly coveredMs = new Map<string, number>();
  readonly lastEnd = new Map<string, number>();
  windows = 0;

  constructor(startMs: number, notBeforeMs: number) {
    this.wallOffset = startMs;
    this.book = new WindowBook(OUTPUTS, startMs, notBeforeMs);
    for (const output of OUTPUTS) this.watch(output, true);
  }

  get wall(): number {
    return this.atMs + this.wallOffset;
  }

  /** True when the open window of an output has begun: before that nothing is counted. */
  counts({ seconds }: Output): boolean {
    return this.begun.has(seconds);
  }

  readonly begun = new Set<number>();

  look(): void {
    if (this.book.nextEndMs <= this.wall) this.take(this.book.advance(this.wall, this.atMs));
    for (const seconds of this.book.lengths())
      if (this.book.startMs(seconds) <= this.wall) this.begun.add(seconds);
  }

  watch(output: Output, on: boolean): void {
    this.book.watch(output, on, this.atMs);
    if (on) this.watched.add(output);
    else this.watched.delete(output);
  }

  pause(ms: number): void {
    this.atMs += ms;
    for (const output of this.watched) if (this.counts(output)) add(this.watchedMs, nameOf(output), ms);
  }

  wait(ms: number): void {
    for (let rest = ms; rest > 0; ) {
      // Not aligned to the ends: a window closes up to a look late, and what came then is the next one's.
      const part = Math.min(rest, LOOK_MS);
      this.pause(part);
      rest -= part;
      this.look();
    }
  }

  do(one: Operation): void {
    switch (one.do) {
      case "wait":
        return this.wait(one.ms);
      case "stand still": {
        const fromMs = this.atMs;
        this.atMs += one.ms;
        for (const output of OUTPUTS) this.book.blind(output, fromMs, this.atMs);
        return this.look();
      }
      case "step":
        this.book.settle(this.atMs);
        this.wallOffset += one.ms;
        if (one.ms < 0) this.steppedBack = true;
        return this.look();
      case "pass": {
        const { output } = one;
        if (!this.watched.has(output)) return;
        this.wait(1);
        this.book.addFlow(output.id, one.in, one.out);
        const sum = sumOf(this.added, nameOf(output));
        sum.in += this.counts(output) ? one.in : 0;
        sum.out += this.counts(output) ? one.out : 0;
        // A window that was watched for no time at all says nothing, whoever passed.
        return this.wait(1);
      }
      case "watch":
        return this.watch(one.output, one.on);
      case "kill":
        this.book = WindowBook.resume(OUTPUTS, JSON.parse(JSON.stringify(this.book.snapshot(this.atMs))));
        for (const output of [...this.watched]) this.watch(output, true);
        return;
    }
  }

  take({ closed }: ReturnType<WindowBook["advance"]>): void {
    for (const { endMs, windows } of closed) {
      const lengths = new Set(windows.map(({ output }) => output.seconds));
      const expected = OUTPUTS.filter(({ seconds }) => lengths.has(seconds)).map(nameOf);
      // Every output whose length ends here has one record, and no other has.
      expect(windows.map(({ output }) => nameOf(output))).toEqual(expected);
      for (const window of windows) {
        const { output, coveredMs, value } = window;
        expect([window.endMs, endMs % (output.seconds * 1000)]).toEqual([endMs, 0]);
        expect(endMs).toBeGreaterThan(this.lastEnd.get(nameOf(output)) ?? 0);
        this.lastEnd.set(nameOf(output), endMs);
        if (!this.steppedBack) expect(coveredMs).toBeLessThanOrEqual(output.seconds * 1000);
        expect(coveredMs).toBeGreaterThanOrEqual(0);
        add(this.coveredMs, nameOf(output), coveredMs);
        this.windows += 1;
        if (value === null || !isPassages(value)) continue;
        const sum = sumOf(this.published, nameOf(output));
        sum.in += value.in;
        sum.out += value.out;
      }
    }
  }
}

function add(sums: Map<string, number>, key: string, value: number): void {
  sums.set(key, (sums.get(key) ?? 0) + value);
}

function sumOf(sums: Map<string, Sum>, key: string): Sum {
  const sum = sums.get(key) ?? { in: 0, out: 0 };
  sums.set(key, sum);
  return sum;
}

const start = fc.record({
  startMs: fc.integer({ min: NOON - 300_000, max: NOON + 300_000 }),
  /** How long after the start no window may begin: the windows of other settings are closed until then. */
  notBeforeMs: fc.integer({ min: -600_000, max: 600_000 }),
});

it("puts every passage into exactly one window, whatever time does, and makes each window once", () => {
  fc.assert(
    fc.property(
      start,
      fc.array(operation, { minLength: 1, maxLength: 60 }),
      ({ startMs, notBeforeMs }, operations) => {
        const model = new Model(startMs, startMs + notBeforeMs);
        model.look();
        for (const one of operations) model.do(one);
        // Whatever is open still is closed, late: the clock may lie far behind the window that is open.
        for (const output of OUTPUTS) model.watch(output, true);
        const behind = Math.max(
          0,
          ...model.book.lengths().map((seconds) => model.book.startMs(seconds) - model.wall),
        );
        model.do({ do: "step", ms: behind });
        model.wait(600_000);
        expect(model.published).toEqual(withEvery(model.added, model.published));
        for (const name of OUTPUTS.map(nameOf)) {
          // Rounded to a millisecond in each window, and a first window is noticed a look late; one may be open still.
          const open = (model.watchedMs.get(name) ?? 0) - (model.coveredMs.get(name) ?? 0);
          expect(open).toBeGreaterThanOrEqual(-model.windows - LOOK_MS);
          expect(open).toBeLessThanOrEqual(300_000 + model.windows);
        }
      },
    ),
    { numRuns: 300 },
  );
});

/** The sums expected, with a zero for each output that published and had nothing to count. */
function withEvery(added: Map<string, Sum>, published: Map<string, Sum>): Map<string, Sum> {
  return new Map(
    [...published.keys(), ...added.keys()].map((key) => [key, added.get(key) ?? { in: 0, out: 0 }]),
  );
}
