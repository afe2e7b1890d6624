import { copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { openOutbox } from "../../src/forward/outbox/outbox.ts";
import type { Append, Outbox, Row, Verdict } from "../../src/forward/ports.ts";
import { MemoryOutbox } from "../kit/memory-outbox.ts";
import {
  ALL,
  countingRandom,
  EPOCH_A,
  EPOCH_B,
  identity,
  MINUTE,
  message,
  optionsFor,
  T0,
  tempFolder,
} from "../kit/outbox.ts";

/** Small enough that histories of a few dozen messages meet both limits. */
const quota = { maxBytes: 9000, maxAgeMs: 40 * MINUTE };
const EPOCHS = [EPOCH_A, EPOCH_B];

type Step =
  | { readonly do: "append"; readonly items: readonly Item[]; readonly minutes: number }
  | { readonly do: "lease"; readonly after: number; readonly upTo: number; readonly limit: number }
  | { readonly do: "settle"; readonly which: number; readonly verdict: "accepted" | "rejected" | "released" }
  | { readonly do: "ack"; readonly epoch: number; readonly from: number; readonly count: number }
  | { readonly do: "tidy"; readonly minutes: number }
  | { readonly do: "stopped"; readonly clean: boolean }
  | { readonly do: "releaseAll" | "crash" | "reopen" }
  /** A power cut in the middle of a commit: only this part (of 100) of what it wrote reached the disk. */
  | { readonly do: "cut"; readonly items: readonly Item[]; readonly part: number };

/** `back`: offers an older number again. `bytes`: which of two contents. `late`: its window lies in the past. */
type Item =
  | {
      readonly type: "message";
      readonly epoch: number;
      readonly back: number;
      readonly late: boolean;
      readonly bytes: 0 | 1;
      readonly size: number;
    }
  | { readonly type: "event"; readonly epoch: number; readonly number: number | null };

const item: fc.Arbitrary<Item> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant("message" as const),
      epoch: fc.nat(1),
      back: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(4) }),
      late: fc.oneof(
        { weight: 9, arbitrary: fc.constant(false) },
        { weight: 1, arbitrary: fc.constant(true) },
      ),
      bytes: fc.constantFrom(0 as const, 0 as const, 0 as const, 1 as const),
      size: fc.nat(900),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant("event" as const),
      epoch: fc.nat(1),
      number: fc.option(fc.nat(6)),
    }),
  },
);
const minutes = fc.oneof({ weight: 6, arbitrary: fc.nat(3) }, { weight: 1, arbitrary: fc.nat(60) });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("append" as const),
      items: fc.array(item, { minLength: 1, maxLength: 5 }),
      minutes,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("lease" as const),
      after: fc.nat(20),
      upTo: fc.nat(60),
      limit: fc.nat(8),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("settle" as const),
      which: fc.nat(20),
      verdict: fc.constantFrom(
        "accepted" as const,
        "accepted" as const,
        "rejected" as const,
        "released" as const,
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("ack" as const),
      epoch: fc.nat(1),
      from: fc.nat(20),
      count: fc.nat(5),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("tidy" as const), minutes }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("stopped" as const), clean: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("cut" as const),
      items: fc.array(item, { minLength: 1, maxLength: 5 }),
      part: fc.nat(99),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom("releaseAll" as const, "crash" as const, "reopen" as const) }),
  },
);

/** Runs one history on both outboxes and compares all that can be seen after every step. */
class History {
  readonly #folder = tempFolder("/dev/shm"); // No real fsync: many histories in a short time.
  readonly #model = new MemoryOutbox({ identity, quota, random: countingRandom() });
  readonly #next = [0, 0];
  readonly #sizes = new Map<string, number>();
  #leased: Row[] = [];
  #copies = 0;
  #nowMs = T0;
  #endMs = T0;
  #real: Outbox;

  constructor() {
    this.#real = this.#open();
  }

  #open(): Outbox {
    const file = join(this.#folder, `${this.#copies}.db`);
    return openOutbox(optionsFor(file, { quota, nowMs: this.#nowMs, random: countingRandom() }));
  }

  run(steps: readonly Step[]): void {
    try {
      for (const one of steps) {
        this.#step(one);
        this.#compare();
      }
      this.#step({ do: "releaseAll" });
      expect(this.#real.lease(ALL)).toEqual(this.#model.lease(ALL));
    } finally {
      this.#real.close();
    }
  }

  #step(one: Step): void {
    const both = this.#both();
    if (one.do === "append") this.#append(one.items, one.minutes);
    else if (one.do === "lease") this.#lease(one.after, one.after + one.upTo, one.limit);
    else if (one.do === "settle") this.#settle(one.which, one.verdict);
    else if (one.do === "ack") this.#ack(EPOCHS[one.epoch] ?? "", one.from, one.from + one.count);
    else if (one.do === "tidy") this.#tidy(one.minutes);
    else if (one.do === "stopped") for (const outbox of both) outbox.setStoppedCleanly(one.clean);
    else if (one.do === "releaseAll") for (const outbox of both) outbox.releaseAll();
    else if (one.do === "reopen") this.#reopen();
    else if (one.do === "cut") this.#cut(one.items, one.part);
    else this.#crash();
  }

  #lease(afterId: number, upToId: number, limit: number): void {
    const rows = this.#real.lease({ afterId, upToId, limit });
    expect(rows).toEqual(this.#model.lease({ afterId, upToId, limit }));
    this.#leased.push(...rows);
  }

  #settle(which: number, verdict: Verdict): void {
    const row = this.#leased[which % Math.max(1, this.#leased.length)];
    for (const outbox of this.#both()) outbox.settle(row?.id ?? which, verdict);
  }

  #ack(epoch: string, from: number, to: number): void {
    const settled = this.#both().map((outbox) => outbox.settleNumbers("sealed", epoch, [[from, to]]));
    expect(settled[0]).toBe(settled[1]);
  }

  #tidy(passed: number): void {
    this.#nowMs += passed * MINUTE;
    for (const outbox of this.#both()) outbox.tidy(this.#nowMs);
  }

  #reopen(): void {
    for (const outbox of this.#both()) outbox.close();
    this.#model.crash();
    this.#real = this.#open();
  }

  /** What a kill leaves behind: the files as they are, the memory gone. */
  #crash(): void {
    const from = join(this.#folder, `${this.#copies++}.db`);
    const to = join(this.#folder, `${this.#copies}.db`);
    for (const side of ["", "-wal", ".boxkey"]) copyIfThere(from + side, to + side);
    this.#real.close();
    this.#model.crash();
    this.#real = this.#open();
  }

  /** The commit never returned: of what it changed in the WAL the first part reached the disk, in the order it was written. */
  #cut(items: readonly Item[], part: number): void {
    const from = join(this.#folder, `${this.#copies++}.db`);
    const to = join(this.#folder, `${this.#copies}.db`);
    copyFileSync(from, to);
    copyIfThere(`${from}.boxkey`, `${to}.boxkey`);
    const before = readFileSync(`${from}-wal`);
    this.#real.append(this.#unheard(items), this.#nowMs);
    const after = readFileSync(`${from}-wal`);
    const changed = [...after.keys()].filter((at) => after[at] !== before[at]);
    const cut = changed[Math.floor((changed.length * part) / 100)] ?? after.length;
    writeFileSync(`${to}-wal`, Buffer.concat([after.subarray(0, cut), before.subarray(cut)]));
    expect(readFileSync(from).equals(readFileSync(to))).toBe(true); // Nothing was moved into the database meanwhile.
    this.#real.close();
    this.#model.crash();
    this.#real = this.#open();
  }

  /** Items that the model never hears of, so their numbers are used again. */
  #unheard(items: readonly Item[]): Append[] {
    const [next, endMs] = [[...this.#next], this.#endMs];
    const made = items.map((one) => this.#make(one));
    this.#next.splice(0, next.length, ...next);
    this.#endMs = endMs;
    return made;
  }

  #append(items: readonly Item[], passed: number): void {
    this.#nowMs += passed * MINUTE;
    const made = items.map((one) => this.#make(one));
    expect(this.#real.append(made, this.#nowMs)).toEqual(this.#model.append(made, this.#nowMs));
  }

  #make(one: Item): Append {
    const epoch = EPOCHS[one.epoch] ?? "";
    if (one.type === "event") {
      const source = one.number === null ? null : { epoch, number: one.number };
      return { type: "event", source, atMs: this.#nowMs, event: { kind: "gap", reason: "stopped" } };
    }
    const next = this.#next[one.epoch] ?? 0;
    const seq = Math.max(0, next - one.back);
    this.#next[one.epoch] = Math.max(next, seq + 1);
    if (!one.late) this.#endMs += MINUTE;
    const lengths = seq % 5 === 4 ? [60, 300] : [60];
    // A number offered again has the size it had, so that its bytes are the same.
    const size = this.#sizes.get(`${epoch}/${seq}`) ?? one.size;
    this.#sizes.set(`${epoch}/${seq}`, size);
    const jws = `${epoch}.${seq}.${one.bytes}${"x".repeat(size)}`;
    const baselines = [{ channel: `gate-${seq % 3}/in`, endMs: this.#endMs, box: `box${seq}` }];
    const endMs = one.late ? this.#endMs - 3 * MINUTE : this.#endMs;
    return { type: "message", message: message(seq, { epoch, endMs, lengths, jws }), baselines };
  }

  #compare(): void {
    const stats = this.#real.stats();
    expect(stats).toEqual(this.#model.stats());
    expect(stats.queued + stats.accepted + stats.rejected + stats.dropped).toBe(stats.appended);
    for (const epoch of EPOCHS) {
      expect(sorted(this.#real.senseMemory(epoch))).toEqual(sorted(this.#model.senseMemory(epoch)));
    }
  }

  #both(): Outbox[] {
    return [this.#real, this.#model];
  }
}

function copyIfThere(from: string, to: string): void {
  if (existsSync(from)) copyFileSync(from, to);
}

function sorted(memory: ReturnType<Outbox["senseMemory"]>) {
  return { ...memory, baselines: [...memory.baselines].sort((a, b) => (a.channel < b.channel ? -1 : 1)) };
}

test("any history of appends, leases, verdicts, crashes, power cuts and tidying equals the model's, and no row is lost or twice", () => {
  const histories = fc.array(step, { minLength: 5, maxLength: 40 });
  fc.assert(
    fc.property(histories, (steps) => new History().run(steps)),
    { numRuns: 100 },
  );
});
