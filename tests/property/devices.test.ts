import { readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import type { Reading } from "../../src/model.ts";
import { DISCARDS } from "../../src/sense/sensor/decoder.ts";
import { type Damage, damageOf, damageTable, strike } from "../kit/damage.ts";
import { TALKERS, type Talker, working } from "../kit/device-streams.ts";
import { type Bench, deviceEngine, text } from "../kit/devices.ts";
import { Dice } from "../kit/dice.ts";
import { nastyFor } from "../kit/nasty.ts";

/** As many as the short table of docs/damage.md has; `TELPOST_RUNS=4000` for the long form. */
const SHORT_RUNS = 40;
const RUNS = Number(process.env.TELPOST_RUNS ?? SHORT_RUNS);
const HANG_MS = 600_000;
/** Four times the longest frame of all, and the noise of the tests themselves; the inputs together are more. */
const MOST_HELD = 192 * 1024;

/** What a reading may never be, whatever came: outside these nothing is people. */
function isPlausible(reading: Reading): boolean {
  const whole = (value: number | undefined, most: number) =>
    value === undefined || (Number.isInteger(value) && value >= 0 && value <= most);
  const near = ({ x, y }: { x: number; y: number }) => Math.abs(x) <= 1000 && Math.abs(y) <= 1000;
  switch (reading.type) {
    case "passages":
      return whole(reading.in, 10_000) && whole(reading.out, 10_000);
    case "totals":
      return whole(reading.in, 2 ** 48) && whole(reading.out, 2 ** 48);
    case "present":
      return whole(reading.present, 100_000);
    case "presentByClass":
      return Object.values(reading.present).every((one) => whole(one, 100_000));
    case "targets":
      return reading.targets.every(near);
    case "tracks":
      return reading.points.every(near);
  }
}

/** Tighter, where the profile says more. */
const BOUNDS: Readonly<Record<string, (reading: Reading) => boolean>> = {
  "hilink-ld2450": (reading) =>
    reading.type === "targets"
      ? reading.targets.every(({ x, y }) => Math.abs(x) <= 6.5 && y >= 0 && y <= 8.5)
      : reading.type === "present" && reading.present <= 3,
  "dfrobot-c4001": (reading) => reading.type === "present" && reading.present <= 1,
  "sscma-camera": (reading) => reading.type === "present" && reading.present <= 64,
  "icoms-tma-3b3": (reading) => reading.type === "passages" && reading.in + reading.out === 1,
  "ebyte-e8xx-pulse": (reading) => reading.type === "totals" && (reading.in ?? 0) <= 0xffff,
};
const isPossible = (id: string) => (reading: Reading) =>
  isPlausible(reading) && (BOUNDS[id]?.(reading) ?? true);

function chunked(bytes: Uint8Array, size: () => number): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = size();
    chunks.push(bytes.subarray(at, at + length));
    at += length;
  }
  return chunks;
}

/** Some frames, or answers to what was just asked. */
function goodBytes({ frame, answer }: Talker, bench: Bench, count: number, dice: Dice): Uint8Array {
  if (frame) return Buffer.concat(Array.from({ length: count }, (_, n) => frame(n, dice)));
  const request = Buffer.from(bench.sent.at(-1) ?? "", "hex");
  return answer?.(request, bench.nowMs) ?? new Uint8Array(0);
}

interface Waiting {
  readonly bench: Bench;
  /** A device that is asked answers again from now on. */
  speak(): void;
}

/** Working; a device that is asked has just been asked, and does not answer. */
function waiting(talker: Talker): Waiting {
  let silent = false;
  const bench = working(talker, (heard, nowMs) => (silent ? undefined : talker.answer?.(heard, nowMs)));
  const speak = () => {
    silent = false;
  };
  if (!talker.answer) return { bench, speak };
  bench.pass(2 * talker.everyMs);
  silent = true;
  const asked = bench.sent.length;
  while (bench.sent.length === asked) bench.pass(10);
  return { bench, speak };
}

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;
/** Bytes in buffers that somebody still holds. */
function bytesHeld(): number {
  // Memory of buffers is given back beside the program: the second collection waits for what the first one found.
  collectGarbage();
  collectGarbage();
  return process.memoryUsage().arrayBuffers;
}

describe.each(TALKERS.map((talker) => ({ id: talker.id, talker })))("bytes of $id", ({ id, talker }) => {
  it("give the same readings in any chunks, damaged or not", { timeout: HANG_MS }, () => {
    for (let seed = 1; seed <= Math.ceil(RUNS / 3); seed++) {
      const said = (cut: (bytes: Uint8Array, dice: Dice) => Uint8Array[]) => {
        const dice = new Dice(seed);
        const { bench } = waiting(talker);
        const good = [...goodBytes(talker, bench, 8, dice)];
        const { at, until, put } = strike(good, 0, good.length, dice);
        const bytes = seed % 4 === 0 ? good : [...good.slice(0, at), ...put, ...good.slice(until)];
        const before = bench.readings.length;
        bench.bytes(...cut(Uint8Array.from(bytes), new Dice(seed)));
        return { readings: bench.readings.slice(before), discarded: bench.discarded.toSorted() };
      };
      const whole = said((bytes) => [bytes]);
      expect(said((bytes) => chunked(bytes, () => 1))).toEqual(whole);
      expect(said((bytes, dice) => chunked(bytes, () => dice.between(1, 40)))).toEqual(whole);
    }
  });

  it("that are nasty throw nothing, say nothing impossible, and the next good frames are read", () => {
    for (const [name, nasty] of Object.entries(nastyFor(id)))
      for (const size of [64 * 1024, 100]) {
        const some = size === 100 ? nasty.subarray(0, 3000) : nasty;
        const device = waiting(talker);
        const { bench } = device;
        bench.bytes(...chunked(some, () => size));
        expect(bench.readings.every(isPossible(id)), name).toBe(true);
        expect(bench.discarded.every((why) => DISCARDS.includes(why))).toBe(true);
        expect(isRead(talker, device), `good frames behind ${name}`).toBe(true);
      }
  });

  it("come without end, and no more is held of them than a frame", { timeout: HANG_MS }, () => {
    const { bench } = waiting(talker);
    const before = bytesHeld();
    for (const input of Object.values(nastyFor(id))) {
      bench.bytes(...chunked(input.slice(0, 32 * 1024), () => 4096));
      bench.discarded.length = 0;
    }
    expect(bytesHeld() - before).toBeLessThan(MOST_HELD);
  });
});

/** Whether good frames are read again: behind an end of line, and within the longest frame that rubbish may have begun. */
function isRead(talker: Talker, { bench, speak }: Waiting): boolean {
  const dice = new Dice(3);
  speak();
  bench.bytes(text("\r\n"));
  const before = bench.readings.length;
  for (let n = 0; n < 400 && bench.readings.length === before; n++) {
    bench.pass(talker.everyMs);
    if (talker.frame) bench.bytes(talker.frame(n, dice));
  }
  return bench.readings.length > before;
}

describe("damage to the bytes of a device", () => {
  it("does what docs/damage.md says, and never more", { timeout: HANG_MS }, () => {
    const all: Damage[] = TALKERS.map((talker) =>
      damageOf(talker, RUNS, ({ readings }) => expect(readings.every(isPossible(talker.id))).toBe(true)),
    );
    if (RUNS !== SHORT_RUNS) console.log(damageTable(all));
    else {
      const page = readFileSync(new URL("../../docs/damage.md", import.meta.url), "utf8");
      const short = page.split("<!-- short -->")[1]?.split("<!-- end of short -->")[0]?.trim();
      expect(damageTable(all), "npm run figures writes the page anew").toBe(short);
    }
    for (const { id, proof, withWrong, withWrongSums, backAfter } of all) {
      // A CRC-8 lets one damage in 256 through.
      if (proof === "CRC-16")
        expect({ id, withWrong, withWrongSums }).toEqual({ id, withWrong: 0, withWrongSums: 0 });
      expect(withWrong, id).toBeLessThan(RUNS / 2);
      expect(backAfter, id).toBeLessThan(20);
    }
  });
});

describe("edges of GPIO lines", () => {
  it.each(["gpio-pulse", "gpio-two-beam"])(
    "of %s, in any disorder, give whole passages one at a time",
    (id) => {
      const names = id === "gpio-pulse" ? ["pulse"] : ["a", "b", "c"];
      for (let seed = 1; seed <= 5 * RUNS; seed++) {
        const dice = new Dice(seed);
        const engine = deviceEngine(id);
        engine.opened(0);
        const readings: Reading[] = [];
        let edges = 0;
        for (let atMs = 0; atMs < 20_000; edges++) {
          // Bursts of bounces, ghosts, both beams in one ms, and pauses longer than any passage.
          atMs += dice.below(8) === 0 ? dice.below(7000) : dice.below(40);
          const name = names[dice.below(names.length)] ?? "a";
          const step =
            dice.below(4) === 0 ? engine.tick(atMs) : engine.edge(name, dice.below(2) ? 1 : 0, atMs);
          readings.push(...step.readings);
          expect(step.discarded.every((why) => DISCARDS.includes(why))).toBe(true);
          expect(engine.dueMs === null || Number.isFinite(engine.dueMs)).toBe(true);
        }
        expect(readings.every((one) => one.type === "passages" && one.in + one.out === 1)).toBe(true);
        expect(readings.length).toBeLessThanOrEqual(edges / 2);
      }
    },
  );

  it("that come 200 times a second, as in rain, count no more than the rate allows", () => {
    const engine = deviceEngine("gpio-pulse");
    engine.opened(0);
    let counted = 0;
    for (let n = 0; n < 4000; n++) counted += engine.edge("pulse", n % 2 ? 0 : 1, n * 2.5).readings.length;
    expect(counted).toBeLessThanOrEqual(10 * 11);
  });
});
