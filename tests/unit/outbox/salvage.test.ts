import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { PAGE_BYTES as PAGE } from "../../../src/forward/outbox/database.ts";
import type { Append, Outbox } from "../../../src/forward/ports.ts";
import {
  ALL,
  codeOf,
  EPOCH_A,
  eventBodies,
  MINUTE,
  message,
  offer,
  offers,
  openForTest,
  sealedRows,
  T0,
  tempFolder,
} from "../../kit/outbox.ts";

const COUNT = 60;
const ALL_SEQS = Array.from({ length: COUNT }, (_, seq) => seq);

/** Messages that fill a page each, so that a page is a row; with a larger size pages that hang on it hold the rest. */
function large(count: number, from = 0, size = 700): Append[] {
  return Array.from({ length: count }, (_, index) =>
    offer(message(from + index, { jws: `${from + index}.${"x".repeat(size)}` })),
  );
}

/** A closed outbox with COUNT messages of a page each. */
function closedOutbox(): string {
  const file = join(tempFolder(), "outbox.db");
  const outbox = openForTest(file);
  outbox.append(large(COUNT), T0);
  outbox.close();
  return file;
}

/** The page on which message `seq` lies. */
function pageOf(file: string, seq: number): number {
  const bytes = readFileSync(file);
  const at = bytes.indexOf(`${seq}.xxxx`, 0, "latin1");
  expect(at).toBeGreaterThan(0);
  return Math.floor(at / PAGE);
}

function spoil(file: string, change: (bytes: Buffer) => void): void {
  const bytes = readFileSync(file);
  change(bytes);
  writeFileSync(file, bytes);
}

function seqs(outbox: Outbox): number[] {
  const found = sealedRows(outbox).map(({ seq }) => seq);
  outbox.releaseAll();
  return found;
}

function gaps(outbox: Outbox): Record<string, unknown>[] {
  const found = eventBodies(outbox).filter(({ kind }) => kind === "gap");
  outbox.releaseAll();
  return found;
}

function asideOf(file: string): string[] {
  return readdirSync(dirname(file))
    .filter((name) => name.includes("damaged"))
    .map((name) => name.replace(basename(file), ""));
}

/** Whatever was salvaged, the outbox works on: the books agree, and it keeps, leases and settles. */
function expectToWork(outbox: Outbox, file: string): void {
  const { appended, queued, accepted, rejected, dropped, lastId } = outbox.stats();
  expect(queued + accepted + rejected + dropped).toBe(appended);
  expect(outbox.append([offer(message(COUNT))], T0)).toEqual(["kept"]);
  const rows = outbox.lease(ALL);
  expect(rows.at(-1)).toMatchObject({ seq: COUNT, stream: "sealed" });
  expect(rows.at(-1)?.id).toBeGreaterThan(lastId);
  for (const { id } of rows) outbox.settle(id, "accepted");
  outbox.close();
  expect(openForTest(file).stats().queued).toBe(0);
}

test("an undamaged outbox is not salvaged", () => {
  const file = closedOutbox();
  const outbox = openForTest(file);
  expect(seqs(outbox)).toHaveLength(COUNT);
  expect(asideOf(file)).toEqual([]);
});

test("a zeroed page: all other rows are saved, and the lost one is declared by number and window", () => {
  const file = closedOutbox();
  const page = pageOf(file, 30);
  spoil(file, (bytes) => bytes.fill(0, page * PAGE, (page + 1) * PAGE));
  const outbox = openForTest(file);
  const saved = seqs(outbox);
  expect(saved).toEqual(ALL_SEQS.filter((seq) => seq !== 30));
  expect(gaps(outbox)).toEqual([
    {
      kind: "gap",
      reason: "corrupt_rows",
      numbers: { epoch: EPOCH_A, ranges: [[30, 30]] },
      windows: [{ seconds: 60, from: "2026-07-18T14:30:00Z", to: "2026-07-18T14:31:00Z" }],
    },
  ]);
  expect(outbox.stats()).toMatchObject({ appended: COUNT + 2, dropped: 1, queued: COUNT + 1 });
  expect(asideOf(file)).toContain(".damaged-1");
  expectToWork(outbox, file);
});

test("several bad pages: the rows between them are saved, each loss is declared", () => {
  const file = closedOutbox();
  for (const seq of [20, 33, 46]) {
    const page = pageOf(file, seq);
    spoil(file, (bytes) => bytes.fill(0, page * PAGE, (page + 1) * PAGE));
  }
  const outbox = openForTest(file);
  expect(seqs(outbox)).toEqual(ALL_SEQS.filter((seq) => ![20, 33, 46].includes(seq)));
  expect(gaps(outbox)).toMatchObject([
    {
      numbers: {
        ranges: [
          [20, 20],
          [33, 33],
          [46, 46],
        ],
      },
    },
  ]);
});

test("books that do not add up are not believed: the rows are saved and counted again", () => {
  const file = closedOutbox();
  const database = new Database(file);
  database.exec("UPDATE state SET accepted = accepted + 5");
  database.close();
  const outbox = openForTest(file);
  expect(seqs(outbox)).toHaveLength(COUNT);
  expect(asideOf(file)).toContain(".damaged-1");
  expectToWork(outbox, file);
});

test("a half-written page: the rows on it are declared, the others saved", () => {
  const file = closedOutbox();
  const page = pageOf(file, 12);
  spoil(file, (bytes) => bytes.fill(0, page * PAGE + PAGE / 2, (page + 1) * PAGE));
  const outbox = openForTest(file);
  expect(seqs(outbox)).toEqual(ALL_SEQS.filter((seq) => seq !== 12));
  outbox.tidy(T0); // Such a page may look sound, and its row be found out only when it is leased.
  expect(gaps(outbox)).toMatchObject([{ reason: "corrupt_rows", numbers: { ranges: [[12, 12]] } }]);
  expectToWork(outbox, file);
});

test("a file cut short: the rows on what is left are saved, and the rest is declared", () => {
  const file = closedOutbox();
  truncateSync(file, Math.floor(statSync(file).size / PAGE / 2) * PAGE);
  const outbox = openForTest(file);
  const saved = seqs(outbox);
  expect(saved.length).toBeGreaterThan(COUNT / 3);
  expect(saved).toEqual(Array.from(saved, (_, seq) => seq));
  const [gap] = gaps(outbox);
  expect(gap).toMatchObject({
    reason: "corrupt_rows",
    numbers: { epoch: EPOCH_A, ranges: [[saved.length, COUNT - 1]] },
    windows: [{ seconds: 60, to: "2026-07-18T15:00:00Z" }],
  });
  expectToWork(outbox, file);
});

test("a wrong header: everything is saved and nothing declared", () => {
  const file = closedOutbox();
  spoil(file, (bytes) => bytes.write("not a database!!", 0, "latin1"));
  const outbox = openForTest(file);
  expect(seqs(outbox)).toHaveLength(COUNT);
  expect(gaps(outbox)).toEqual([]);
  expect(asideOf(file)).toEqual([".damaged-1"]);
  expectToWork(outbox, file);
});

test("a file of noise: nothing can be saved, and that is declared", () => {
  const file = closedOutbox();
  spoil(file, (bytes) => bytes.fill(0xa5));
  const outbox = openForTest(file);
  expect(seqs(outbox)).toEqual([]);
  expect(gaps(outbox)).toEqual([{ kind: "gap", reason: "corrupt_rows" }]);
  expectToWork(outbox, file);
});

test("the index of numbers destroyed: all rows are saved from the table, nothing is declared", () => {
  const file = closedOutbox();
  const database = new Database(file);
  const root = Number(
    database.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'rows_number'").pluck().get(),
  );
  database.close();
  spoil(file, (bytes) => bytes.fill(0, (root - 1) * PAGE, root * PAGE));
  const outbox = openForTest(file);
  expect(seqs(outbox)).toHaveLength(COUNT);
  expect(gaps(outbox)).toEqual([]);
  expectToWork(outbox, file);
});

test("the state destroyed: the rows are saved, what sense must know is rebuilt from them, the loss is declared", () => {
  const file = closedOutbox();
  const database = new Database(file);
  const root = Number(
    database.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'state'").pluck().get(),
  );
  database.close();
  spoil(file, (bytes) => bytes.fill(0, (root - 1) * PAGE, root * PAGE));
  const outbox = openForTest(file);
  expect(seqs(outbox)).toHaveLength(COUNT);
  expect(gaps(outbox)).toEqual([{ kind: "gap", reason: "corrupt_rows" }]);
  expect(outbox.senseMemory(EPOCH_A)).toMatchObject({
    lastSeqKept: COUNT - 1,
    lastEnds: [{ seconds: 60, endMs: T0 + COUNT * MINUTE }],
  });
  expect(outbox.append(large(1, COUNT - 1), T0)).toEqual(["kept"]);
  expect(outbox.append([offer(message(COUNT - 1))], T0)).toEqual(["same_number_other_bytes"]);
});

/** Files as a kill leaves them: the last messages are in the WAL only. */
function killedOutbox(): string {
  const folder = tempFolder();
  const outbox = openForTest(join(folder, "live.db"));
  outbox.append(offers(10), T0);
  outbox.tidy(T0 + 25 * 60 * MINUTE); // Moves the first ten into the database.
  for (let seq = 10; seq < 20; seq++) outbox.append([offer(message(seq))], T0);
  const file = join(folder, "outbox.db");
  for (const side of ["", "-wal"]) copyFileSync(join(folder, `live.db${side}`), file + side);
  return file;
}

test("a missing shm is made again, and nothing is lost", () => {
  const file = killedOutbox();
  expect(existsSync(`${file}-shm`)).toBe(false);
  const outbox = openForTest(file);
  expect(seqs(outbox)).toHaveLength(20);
  expect(asideOf(file)).toEqual([]);
});

test("a WAL that ends in an unfinished commit is an ordinary crash: nothing is declared", () => {
  const file = killedOutbox();
  truncateSync(`${file}-wal`, statSync(`${file}-wal`).size - 100);
  const outbox = openForTest(file);
  expect(seqs(outbox)).toHaveLength(19);
  expect(gaps(outbox)).toEqual([]);
  expect(asideOf(file)).toEqual([]);
});

test("a WAL of garbage: the rows of the database are saved, and that more is lost is declared", () => {
  const file = killedOutbox();
  spoil(`${file}-wal`, (bytes) => bytes.fill(0x5a));
  const outbox = openForTest(file);
  expect(seqs(outbox)).toEqual(Array.from({ length: 10 }, (_, seq) => seq));
  expect(gaps(outbox)).toEqual([{ kind: "gap", reason: "corrupt_rows" }]);
  expect(asideOf(file)).toEqual(expect.arrayContaining([".damaged-1", ".damaged-1-wal"]));
});

test("a WAL spoiled in the middle: the commits before it are saved, and that more is lost is declared", () => {
  const file = killedOutbox();
  const middle = Math.floor(statSync(`${file}-wal`).size / 2);
  spoil(`${file}-wal`, (bytes) => bytes.fill(0, middle, middle + 200));
  const outbox = openForTest(file);
  const saved = seqs(outbox);
  expect(saved.length).toBeGreaterThanOrEqual(10);
  expect(saved.length).toBeLessThan(20);
  expect(gaps(outbox)).toEqual([{ kind: "gap", reason: "corrupt_rows" }]);
});

test("events are numbered in a new epoch after a salvage, and the old ones keep theirs", () => {
  const file = closedOutbox();
  spoil(file, (bytes) => bytes.write("not a database!!", 0, "latin1"));
  const outbox = openForTest(file);
  outbox.append([{ type: "event", source: null, atMs: T0, event: { kind: "gap", reason: "stopped" } }], T0);
  const events = outbox.lease(ALL).filter(({ stream }) => stream === "event");
  expect(events.map(({ seq }) => seq)).toEqual([0, 0]);
  expect(new Set(events.map(({ epoch }) => epoch)).size).toBe(2);
});

test("a crash in the middle of moving the files is finished at the next start", () => {
  const file = closedOutbox();
  const folder = dirname(file);
  // The salvaged file is complete, the damaged one half moved: its WAL is aside, itself not yet.
  copyFileSync(file, `${file}.salvaged`);
  writeFileSync(`${file}.damaged-1-wal`, "old");
  spoil(file, (bytes) => bytes.fill(0xa5));
  const outbox = openForTest(file);
  expect(seqs(outbox)).toHaveLength(COUNT);
  expect(gaps(outbox)).toEqual([]);
  expect(asideOf(file).sort()).toEqual([".damaged-1", ".damaged-1-wal"]);
  expect(readdirSync(folder).some((name) => name.includes("salvaged"))).toBe(false);
});

test("damage found while it runs is salvaged at the next use, and ids still rise", () => {
  const file = join(tempFolder(), "outbox.db");
  const outbox = openForTest(file);
  const count = 900; // More than the cache holds.
  outbox.append(large(count, 0, 3773), T0);
  outbox.tidy(T0 + 25 * 60 * MINUTE);
  const { lastId } = outbox.stats();
  const page = pageOf(file, 30);
  spoil(file, (bytes) => bytes.fill(0, page * PAGE, (page + 1) * PAGE));
  expect(codeOf(() => outbox.lease(ALL))).toBe("outbox.damaged");
  expect(outbox.append([offer(message(count))], T0)).toEqual(["kept"]);
  expect(outbox.stats().lastId).toBeGreaterThan(lastId);
  expect(seqs(outbox)).toEqual(
    Array.from({ length: count + 1 }, (_, seq) => seq).filter((seq) => seq !== 30),
  );
  expect(gaps(outbox)).toMatchObject([{ numbers: { ranges: [[30, 30]] } }]);
});

test("the evidence of each salvage is kept under a number of its own", () => {
  const file = closedOutbox();
  for (const _ of [1, 2]) {
    spoil(file, (bytes) => bytes.write("not a database!!", 0, "latin1"));
    openForTest(file).close();
  }
  expect(asideOf(file).sort()).toEqual([".damaged-1", ".damaged-2"]);
});
