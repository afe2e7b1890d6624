import { copyFileSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, onTestFinished, test } from "vitest";
import { SystemClock } from "../../../src/base/clock.ts";
import { silentLog } from "../../../src/base/log.ts";
import { parseConfig } from "../../../src/config/parse.ts";
import { startForward } from "../../../src/forward/compose.ts";
import { PAGE_BYTES } from "../../../src/forward/outbox/database.ts";
import { configWith } from "../../kit/config.ts";
import { eventBodies, message, offer, openForTest, sealedRows, tempFolder } from "../../kit/outbox.ts";

/** Every way a database can lie broken on the card, through everything that starts with forward. */

const parsed = parseConfig(
  configWith("id: gate-3, profile: generic-jsonl, port: /dev/ttyUSB2, baudRate: 115200"),
  [],
);
if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
const CONFIG = parsed.value;
const COUNT = 300;
const IN_WAL = 5;
const clock = new SystemClock();
const NOW = clock.realtime();
const FIRST_MS = Math.floor(NOW / 60_000 - 2 * COUNT) * 60_000;

function offerOf(seq: number) {
  const jws = `${seq}.${"y".repeat(700 + (seq % 4) * 500)}`;
  return offer(message(seq, { endMs: FIRST_MS + seq * 60_000, jws }));
}

/** An outbox as a kill leaves it: most rows in the database, the last in the WAL, pages of every kind in use. */
function killedOutbox(): string {
  const folder = tempFolder();
  const live = join(folder, "live.db");
  const outbox = openForTest(live, { nowMs: NOW });
  outbox.append(
    Array.from({ length: COUNT }, (_, seq) => offerOf(seq)),
    NOW,
  );
  outbox.append([offer(message(3, { jws: "other bytes" }))], NOW);
  outbox.settleNumbers("sealed", message(0).epoch, [[100, 120]]);
  outbox.tidy(NOW + 25 * 3_600_000);
  for (let seq = COUNT; seq < COUNT + IN_WAL; seq++) outbox.append([offerOf(seq)], NOW);
  const file = join(folder, "outbox.db");
  for (const side of ["", "-wal"]) copyFileSync(live + side, file + side);
  outbox.close();
  for (const name of readdirSync(folder)) if (name.startsWith("live")) rmSync(join(folder, name));
  return file;
}

/** Pages of a kind, by the table or index they belong to. */
function pagesOf(file: string, name: string, kind: string): number[] {
  const copy = `${file}.look`;
  copyFileSync(file, copy);
  const database = new Database(copy);
  const pages = database
    .prepare<[string, string], number>(
      "SELECT pageno FROM dbstat WHERE name = ? AND pagetype = ? ORDER BY pageno",
    )
    .pluck()
    .all(name, kind);
  database.close();
  for (const side of ["", "-wal", "-shm"]) rmSync(copy + side, { force: true });
  return pages;
}

function spoil(file: string, change: (bytes: Buffer) => void): void {
  const bytes = readFileSync(file);
  change(bytes);
  writeFileSync(file, bytes);
}

const zero = (name: string, kind: string) => (file: string) => {
  const pages = pagesOf(file, name, kind);
  const page = pages[Math.floor(pages.length / 2)] ?? 0;
  expect(page, `${name} has no page that is ${kind}`).toBeGreaterThan(0);
  spoil(file, (bytes) => bytes.fill(0, (page - 1) * PAGE_BYTES, page * PAGE_BYTES));
};

interface Fixture {
  readonly name: string;
  readonly spoil: (file: string) => void;
  /** At least so many of the rows are saved; the others are declared. */
  readonly saved: number;
  /** An ordinary crash, or one bad row: nothing is set aside. */
  readonly sound?: boolean;
  /** What the power cut took was never acknowledged, so there is nothing to declare. */
  readonly undeclared?: boolean;
}

const QUEUED = COUNT + IN_WAL - 21;
const fixtures: readonly Fixture[] = [
  { name: "a missing shm", spoil: () => {}, saved: QUEUED, sound: true },
  {
    name: "a WAL cut in its last commit",
    spoil: (file) => truncateSync(`${file}-wal`, readFileSync(`${file}-wal`).length - 100),
    saved: QUEUED - IN_WAL,
    sound: true,
    undeclared: true,
  },
  {
    name: "a WAL without a byte",
    spoil: (file) => truncateSync(`${file}-wal`, 0),
    saved: QUEUED - IN_WAL,
    sound: true,
    undeclared: true,
  },
  {
    name: "a WAL of garbage",
    spoil: (file) => spoil(`${file}-wal`, (bytes) => bytes.fill(0x5a)),
    saved: QUEUED - IN_WAL,
  },
  {
    name: "the first page zeroed",
    spoil: (file) => spoil(file, (bytes) => bytes.fill(0, 0, PAGE_BYTES)),
    saved: 0,
  },
  { name: "a page of rows zeroed", spoil: zero("rows", "leaf"), saved: QUEUED - 10 },
  { name: "a page that leads to rows zeroed", spoil: zero("rows", "internal"), saved: 0 },
  { name: "an overflow page zeroed", spoil: zero("rows", "overflow"), saved: QUEUED - 1, sound: true },
  { name: "a page of the index zeroed", spoil: zero("rows_number", "leaf"), saved: QUEUED },
  {
    name: "a page that leads into the index zeroed",
    spoil: zero("rows_number", "internal"),
    saved: QUEUED,
  },
  { name: "the page of the state zeroed", spoil: zero("state", "leaf"), saved: QUEUED - IN_WAL },
  { name: "the page of the refusals zeroed", spoil: zero("refused", "leaf"), saved: QUEUED - IN_WAL },
  { name: "the page of the settings zeroed", spoil: zero("meta", "leaf"), saved: QUEUED - IN_WAL },
  {
    name: "a wrong header",
    spoil: (file) => spoil(file, (bytes) => bytes.write("not a database!!")),
    saved: QUEUED - IN_WAL,
  },
  {
    name: "a wrong application id",
    spoil: (file) => spoil(file, (bytes) => bytes.writeUInt32BE(0x12345678, 68)),
    saved: QUEUED - IN_WAL,
  },
  {
    name: "a half-written database",
    spoil: (file) => truncateSync(file, Math.floor(readFileSync(file).length / 2 / PAGE_BYTES) * PAGE_BYTES),
    saved: COUNT / 5,
  },
  { name: "an empty database beside its WAL", spoil: (file) => truncateSync(file, 0), saved: 0 },
  { name: "a missing database beside its WAL", spoil: (file) => rmSync(file), saved: 0 },
  { name: "a text file", spoil: (file) => writeFileSync(file, "hello\n".repeat(500)), saved: 0 },
  {
    name: "a flipped bit in a row",
    spoil: (file) =>
      spoil(file, (bytes) => {
        const at = bytes.indexOf("40.yyyy") + 50;
        bytes[at] = (bytes[at] ?? 0) ^ 1;
      }),
    saved: QUEUED - 1,
    sound: true,
  },
];

/** Starts and stops everything of forward on this outbox. */
async function runForward(file: string): Promise<void> {
  const sockets = tempFolder();
  const forward = await startForward({
    config: { ...CONFIG, broker: { ...CONFIG.broker, url: "mqtt://127.0.0.1:9" } },
    configFolder: sockets,
    configHash: "test",
    instead: null,
    handoverSocket: join(sockets, "h.sock"),
    controlSocket: join(sockets, "c.sock"),
    outboxFile: file,
    credentialsDirectory: undefined,
    bootId: "5f3a6c1e-0000-4000-8000-000000000001",
    clock,
    log: silentLog,
  });
  onTestFinished(() => forward.stop());
  expect(forward.status().storage).toBeNull();
  await forward.stop();
}

describe("forward starts on", () => {
  test.each(fixtures)(
    "$name, and saves and declares",
    async ({ spoil: break_, saved, sound, undeclared }) => {
      const file = killedOutbox();
      break_(file);
      await runForward(file);
      const outbox = openForTest(file, { nowMs: NOW });
      const seqs = sealedRows(outbox).map(({ seq }) => seq);
      expect(new Set(seqs).size).toBe(seqs.length);
      expect(seqs.length).toBeGreaterThanOrEqual(saved);
      outbox.tidy(NOW);
      outbox.releaseAll();
      const gaps = eventBodies(outbox).filter(({ reason }) => reason === "corrupt_rows");
      const aside = readdirSync(join(file, "..")).filter((name) => name.includes("damaged"));
      // What the WAL holds in full mends a page of the database: then nothing is lost.
      const lost = seqs.length < QUEUED;
      if (sound) expect(aside).toEqual([]);
      else if (lost) expect(aside).not.toEqual([]);
      if (lost && !undeclared) expect(gaps).not.toEqual([]);
      expect(outbox.append([offerOf(COUNT + IN_WAL)], NOW)).toEqual(["kept"]);
    },
  );

  test("none of a newer major version: it says so and leaves the files as they are", async () => {
    const file = killedOutbox();
    const database = new Database(file);
    database.exec("UPDATE meta SET value = '9' WHERE key = 'major'");
    database.close();
    const before = readFileSync(file);
    await expect(runForward(file)).rejects.toMatchObject({ code: "outbox.newer" });
    expect(readFileSync(file).equals(before)).toBe(true);
  });
});
