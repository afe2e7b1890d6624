import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { noGaps, withSeen } from "../../../src/city/gaps.ts";
import { type Mark, type Memory, VolatileMemory } from "../../../src/city/memory.ts";
import { SqliteMemory } from "../../../src/city/memory-sqlite.ts";
import { EPOCH, GATEWAY, START_MS } from "./fixtures.ts";

let folder = "";
let open: Memory[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "telpost-seen-"));
});
afterEach(() => {
  for (const memory of open) memory.close();
  open = [];
  rmSync(folder, { recursive: true });
});

const file = () => join(folder, "seen.sqlite");
function sqlite(): Memory {
  const memory = new SqliteMemory(file());
  open.push(memory);
  return memory;
}

function mark(seq: number, more: Partial<Mark> = {}): Mark {
  const windows = [{ window: "00000000000000aa", value: `${seq}`.padStart(16, "0") }];
  const key = { stream: "sealed", gateway: GATEWAY, epoch: EPOCH, seq } as const;
  const hash = `${seq}`.padStart(32, "0");
  return { ...key, endMs: START_MS + seq * 60_000, markedMs: START_MS, hash, windows, ...more };
}

const adapters: [string, () => Memory][] = [
  ["the SQLite memory", sqlite],
  ["the volatile memory", () => new VolatileMemory()],
];
describe.each(adapters)("%s", (_name, make) => {
  test("knows what it was told and nothing else", () => {
    const memory = make();
    memory.remember(GATEWAY, mark(7), noGaps);
    expect(memory.hashOf(mark(7))).toBe(mark(7).hash);
    expect(memory.hashOf(mark(8))).toBeNull();
    expect(memory.hashOf(mark(7, { stream: "event" }))).toBeNull();
    expect(memory.hashOf(mark(7, { epoch: "0000000000000000" }))).toBeNull();
    expect(memory.hashOf(mark(7, { gateway: "denhaag/scheveningen/gw08" }))).toBeNull();
  });

  test("keeps the first mark of a number", () => {
    const memory = make();
    memory.remember(GATEWAY, mark(7), noGaps);
    memory.remember(GATEWAY, mark(7, { hash: "f".repeat(32) }), noGaps);
    expect(memory.hashOf(mark(7))).toBe(mark(7).hash);
  });

  test("finds the windows of every message that ended at an instant", () => {
    const memory = make();
    const other = { window: "00000000000000bb", value: "ffffffffffffffff" };
    memory.remember(GATEWAY, mark(1), noGaps);
    memory.remember(GATEWAY, mark(2, { endMs: mark(1).endMs, windows: [other] }), noGaps);
    expect([...memory.windowsAt(GATEWAY, mark(1).endMs)].sort()).toEqual([
      ["00000000000000aa", "1".padStart(16, "0")],
      [other.window, other.value],
    ]);
    expect(memory.windowsAt(GATEWAY, mark(3).endMs).size).toBe(0);
    expect(memory.windowsAt("a/b/c", mark(1).endMs).size).toBe(0);
  });

  test("keeps the gap state with the mark, and without one", () => {
    const memory = make();
    const seen = { epoch: EPOCH, seq: 3, endMs: START_MS, lengths: [60], anchored: true };
    const gaps = withSeen(noGaps, seen, START_MS);
    expect(memory.gaps(GATEWAY)).toBeNull();
    memory.remember(GATEWAY, null, gaps);
    expect(memory.gaps(GATEWAY)).toEqual(gaps);
    memory.remember(GATEWAY, mark(1), noGaps);
    expect(memory.gaps(GATEWAY)).toEqual(noGaps);
  });

  test("forgets marks by the time they were made, whatever time they carry", () => {
    const memory = make();
    memory.remember(GATEWAY, mark(1, { markedMs: 1000 }), noGaps);
    memory.remember(GATEWAY, mark(2, { markedMs: 2000, endMs: 0 }), noGaps);
    expect(memory.forgetBefore(2000)).toBe(1);
    expect([memory.hashOf(mark(1)), memory.hashOf(mark(2))]).toEqual([null, mark(2).hash]);
    expect(memory.windowsAt(GATEWAY, mark(1).endMs).size).toBe(0);
    expect(memory.forgetBefore(2000)).toBe(0);
  });
});

test("the SQLite memory survives a restart, also one without a close", () => {
  const first = new SqliteMemory(file());
  first.remember(GATEWAY, mark(5), noGaps);
  first.close();
  expect(sqlite().hashOf(mark(5))).toBe(mark(5).hash);
});

test("a file that is no memory is refused with its name, and left as it was", () => {
  writeFileSync(file(), "not a database, and long enough to be looked at ".repeat(10));
  expect(() => new SqliteMemory(file())).toThrow(expect.objectContaining({ code: "receive.memory" }));
  expect(() => new SqliteMemory(join(folder, "none", "seen.sqlite"))).toThrow(/none/);
});

test("a minute of ten sensors costs less than 400 bytes", () => {
  const memory = sqlite();
  const windows = Array.from({ length: 10 }, (_, at) => ({
    window: `${at}`.padStart(16, "0"),
    value: `${at}`.padStart(16, "f"),
  }));
  for (let seq = 0; seq < 400; seq++) memory.remember(GATEWAY, mark(seq, { windows }), noGaps);
  memory.close();
  open = [];
  expect(statSync(file()).size / 400).toBeLessThan(400);
});
