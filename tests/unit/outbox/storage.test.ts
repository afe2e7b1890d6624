import { spawn } from "node:child_process";
import { copyFileSync, existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { openDatabase } from "../../../src/forward/outbox/database.ts";
import { openOutbox } from "../../../src/forward/outbox/outbox.ts";
import { migrate, schemaVersion } from "../../../src/forward/outbox/schema.ts";
import {
  ALL,
  ample,
  codeOf,
  EPOCH_A,
  eventBodies,
  identity,
  MINUTE,
  message,
  offer,
  offers,
  openForTest,
  optionsFor,
  sealedRows,
  T0,
  tempFolder,
} from "../../kit/outbox.ts";

test("every connection is durable: WAL, synchronous FULL, secure_delete, a small cache, no limit that truncates the WAL", () => {
  const database = openDatabase(join(tempFolder(), "outbox.db"), ample.maxBytes);
  const read = (name: string) => database.pragma(name, { simple: true });
  expect(
    ["journal_mode", "synchronous", "secure_delete", "cache_size", "journal_size_limit"].map(read),
  ).toEqual(["wal", 2, 1, -1000, -1]);
  database.close();
});

test("a database that cannot be put into WAL mode is refused", () => {
  const folder = tempFolder();
  const file = join(folder, "outbox.db");
  const other = new Database(file);
  other.exec("CREATE TABLE t (a); BEGIN IMMEDIATE; INSERT INTO t VALUES (1)"); // Holds the rollback journal.
  expect(["outbox.unusable", "outbox.locked"]).toContain(codeOf(() => openDatabase(file, ample.maxBytes)));
  other.close();
});

test("a second opener is refused while the first lives, in another process too, and readers are not", async () => {
  const file = join(tempFolder(), "outbox.db");
  const outbox = openForTest(file);
  outbox.append(offers(2), T0);
  expect(codeOf(() => openOutbox(optionsFor(file)))).toBe("outbox.locked");
  const script = `
    import Database from "better-sqlite3";
    import { openOutbox } from "./src/forward/outbox/outbox.ts";
    import { optionsFor } from "./tests/kit/outbox-data.ts";
    const reader = new Database(${JSON.stringify(file)}, { readonly: true });
    console.log(reader.prepare("SELECT count(*) FROM rows").pluck().get());
    try { openOutbox(optionsFor(${JSON.stringify(file)})); } catch (failure) { console.log(failure.code); }`;
  expect(await runScript(script)).toBe("3\noutbox.locked\n");
  outbox.close();
  openForTest(file);
});

test("a folder that does not exist is named unusable", () => {
  expect(codeOf(() => openOutbox(optionsFor(join(tempFolder(), "none", "outbox.db"))))).toBe(
    "outbox.unusable",
  );
});

test("the database of the next minor version opens and works; another major version is refused", () => {
  const file = join(tempFolder(), "outbox.db");
  openForTest(file).close();
  const newer = openDatabase(file, ample.maxBytes);
  newer.exec(
    "ALTER TABLE rows ADD COLUMN colour TEXT NOT NULL DEFAULT 'grey'; CREATE TABLE more (a) STRICT".replace(
      "(a)",
      "(a TEXT)",
    ),
  );
  newer.pragma("user_version = 2");
  newer.close();
  const outbox = openForTest(file);
  expect(outbox.append(offers(1), T0)).toEqual(["kept"]);
  expect(sealedRows(outbox)).toHaveLength(1);
  outbox.close();
  const major = openDatabase(file, ample.maxBytes);
  expect(schemaVersion(major)).toBe(2);
  major.exec("UPDATE meta SET value = '2' WHERE key = 'major'");
  major.close();
  expect(codeOf(() => openOutbox(optionsFor(file)))).toBe("outbox.newer");
  expect(readdirSync(join(file, "..")).filter((name) => name.includes("damaged"))).toEqual([]);
});

test("migrations go on from where the file stands, and one that fails leaves it there", () => {
  const database = openDatabase(join(tempFolder(), "outbox.db"), ample.maxBytes);
  const first = "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT";
  expect(migrate(database, [first])).toBe(1);
  expect(() =>
    migrate(database, [first, "CREATE TABLE b (x TEXT) STRICT; CREATE TABLE b (x TEXT) STRICT"]),
  ).toThrow();
  expect(schemaVersion(database)).toBe(1);
  expect(migrate(database, [first, "CREATE TABLE b (x TEXT) STRICT"])).toBe(1);
  expect(schemaVersion(database)).toBe(2);
  database.close();
});

test("another identity is refused while rows wait and adopted when none do", () => {
  const file = join(tempFolder(), "outbox.db");
  const first = openForTest(file);
  first.append(offers(1), T0);
  first.close();
  const moved = { identity: { ...identity, site: "kijkduin" } };
  expect(codeOf(() => openOutbox(optionsFor(file, moved)))).toBe("config.identity_changed");
  const drained = openForTest(file);
  for (const { id } of drained.lease(ALL)) drained.settle(id, "accepted");
  drained.close();
  const outbox = openForTest(file, moved);
  outbox.append([offer(message(1))], T0);
  expect(outbox.lease(ALL).map(({ topic }) => topic)).toEqual(["telpost/v1/denhaag/kijkduin/gw07/sealed"]);
});

test("ids rise after the table was empty and the outbox was opened again", () => {
  const file = join(tempFolder(), "outbox.db");
  const first = openForTest(file);
  first.append(offers(3), T0);
  for (const { id } of first.lease(ALL)) first.settle(id, "accepted");
  first.close();
  const outbox = openForTest(file);
  outbox.append([offer(message(3))], T0);
  expect(outbox.lease(ALL).map(({ id }) => id)).toEqual([5]);
});

test("after a clean stop nothing of an accepted payload is left in the database, and there is no WAL", () => {
  const folder = tempFolder();
  const file = join(folder, "outbox.db");
  const outbox = openForTest(file);
  const secret = (seq: number) => `canary${seq}canary`.repeat(40);
  outbox.append(
    Array.from({ length: 40 }, (_, seq) => offer(message(seq, { jws: secret(seq) }))),
    T0,
  );
  expect(outbox.settleNumbers("sealed", EPOCH_A, [[0, 38]])).toBe(39);
  outbox.close();
  const bytes = readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), "latin1"))
    .join("");
  expect(bytes).toContain("canary39canary");
  expect(bytes.match(/canary\d+canary/g)?.every((found) => found === "canary39canary")).toBe(true);
  expect(existsSync(`${file}-wal`)).toBe(false);
});

test("a day after the last time tidying truncates the WAL, and not before", () => {
  const file = join(tempFolder(), "outbox.db");
  const outbox = openForTest(file);
  outbox.append(offers(20), T0);
  outbox.tidy(T0 + 23 * 60 * MINUTE);
  expect(statSync(`${file}-wal`).size).toBeGreaterThan(0);
  outbox.tidy(T0 + 24 * 60 * MINUTE);
  expect(statSync(`${file}-wal`).size).toBe(0);
});

test("the WAL is overwritten in place: 20,000 messages appended and settled leave it at a few megabytes", () => {
  // On tmpfs, where an fsync costs nothing: the size does not depend on the disk.
  const file = join(tempFolder("/dev/shm"), "outbox.db");
  const outbox = openForTest(file);
  let largest = 0;
  for (let seq = 0; seq < 20_000; seq += 10) {
    outbox.append(offers(10, seq), T0 + seq * MINUTE);
    for (const { id } of outbox.lease(ALL)) outbox.settle(id, "accepted");
    if (seq % 500 === 0) largest = Math.max(largest, statSync(`${file}-wal`).size);
  }
  expect(largest).toBeLessThan(8 * 2 ** 20);
  expect(largest).toBeGreaterThan(2 ** 20); // It went round.
  expect(statSync(file).size).toBeLessThan(2 ** 20);
  expect(outbox.stats()).toMatchObject({ queued: 0, appended: 20_001, accepted: 20_001 });
});

test("an append that the disk cannot hold keeps nothing of it, and the next one works", () => {
  const file = join(tempFolder(), "outbox.db");
  const outbox = openForTest(file, { quota: { maxBytes: 2 ** 16, maxAgeMs: ample.maxAgeMs } });
  outbox.append(offers(2), T0);
  const before = outbox.stats();
  const huge = Array.from({ length: 120 }, (_, seq) =>
    offer(message(seq + 2, { jws: `${seq}${"x".repeat(200_000)}` })),
  );
  expect(codeOf(() => outbox.append(huge, T0))).toBe("outbox.full");
  expect(outbox.stats()).toEqual(before);
  expect(outbox.senseMemory(EPOCH_A).lastSeqKept).toBe(1);
  expect(outbox.append([offer(message(2))], T0)).toEqual(["kept"]);
  expect(sealedRows(outbox).map(({ seq }) => seq)).toEqual([0, 1, 2]);
});

test("settlements survive a failed commit in memory and go with the next", () => {
  const file = join(tempFolder(), "outbox.db");
  const outbox = openForTest(file);
  outbox.append(offers(3), T0);
  outbox.settleNumbers("sealed", EPOCH_A, [[0, 1]]);
  const blocker = new Database(file, { timeout: 0 });
  blocker.exec("BEGIN IMMEDIATE");
  expect(codeOf(() => outbox.append([offer(message(3))], T0))).toBe("outbox.locked");
  expect(outbox.stats()).toMatchObject({ appended: 4, accepted: 2, queued: 2 });
  blocker.close();
  outbox.append([offer(message(3))], T0);
  expect(outbox.stats()).toMatchObject({ appended: 5, accepted: 2, queued: 3 });
  expect(sealedRows(outbox).map(({ seq }) => seq)).toEqual([2, 3]);
});

test("a drain commits its settlements in portions, so that the next window does not wait for all of them", () => {
  const file = join(tempFolder("/dev/shm"), "outbox.db");
  const outbox = openForTest(file);
  outbox.append(offers(1500), T0);
  for (let n = 0; n < 15; n++)
    for (const { id } of outbox.lease({ ...ALL, limit: 100 })) outbox.settle(id, "accepted");
  const reader = new Database(file, { readonly: true });
  expect(reader.prepare("SELECT count(*) FROM rows").pluck().get()).toBe(501);
  reader.close();
  expect(outbox.stats()).toMatchObject({ queued: 1, accepted: 1500 });
});

test("a row whose bits changed is never sent: it is dropped and declared", () => {
  const file = join(tempFolder(), "outbox.db");
  const first = openForTest(file);
  first.append(offers(5), T0);
  first.close();
  const vandal = new Database(file);
  vandal.exec(
    "UPDATE rows SET payload = CAST(replace(payload, 'x', 'y') AS BLOB) WHERE seq = 2 AND stream = 'sealed'",
  );
  vandal.close();
  const outbox = openForTest(file);
  expect(sealedRows(outbox).map(({ seq }) => seq)).toEqual([0, 1, 3, 4]);
  expect(outbox.stats()).toMatchObject({ dropped: 1, queued: 5, appended: 6 });
  outbox.tidy(T0);
  outbox.releaseAll();
  expect(eventBodies(outbox).at(-1)).toEqual({
    kind: "gap",
    reason: "corrupt_rows",
    numbers: { epoch: EPOCH_A, ranges: [[2, 2]] },
    windows: [{ seconds: 60, from: "2026-07-18T14:02:00Z", to: "2026-07-18T14:03:00Z" }],
  });
  expect(outbox.stats()).toMatchObject({ dropped: 1, queued: 6, appended: 7 });
});

test("memory of epochs is bounded: the newest 64 stay", () => {
  const file = join(tempFolder("/dev/shm"), "outbox.db");
  const outbox = openForTest(file);
  const epochOf = (n: number) => n.toString(36).padStart(16, "0");
  for (let n = 0; n < 70; n++) {
    outbox.append([offer(message(7, { epoch: epochOf(n), endMs: T0 + n * MINUTE + MINUTE }))], T0);
  }
  outbox.close();
  const again = openForTest(file);
  const known = Array.from({ length: 70 }, (_, n) => again.senseMemory(epochOf(n)).lastSeqKept);
  expect(known.filter((seq) => seq === 7)).toHaveLength(64);
  expect(known[69]).toBe(7);
  expect(known[5]).toBeNull();
});

/** Runs a module in a fresh process at the root of the checkout; its standard output. */
function runScript(script: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["--input-type=module-typescript", "-e", script]);
    let output = "";
    let errors = "";
    child.stdout.on("data", (chunk) => {
      output += chunk;
    });
    child.stderr.on("data", (chunk) => {
      errors += chunk;
    });
    child.on("error", reject);
    child.on("close", () => (output === "" ? reject(new Error(errors)) : resolve(output)));
  });
}

test("a copy of database and WAL taken while it runs opens with everything that was appended", () => {
  const folder = tempFolder();
  const file = join(folder, "outbox.db");
  const outbox = openForTest(file);
  outbox.append(offers(50), T0);
  for (const side of ["", "-wal"]) copyFileSync(file + side, join(folder, `copy.db${side}`));
  const copy = openForTest(join(folder, "copy.db"));
  expect(sealedRows(copy)).toHaveLength(50);
  expect(copy.stats()).toEqual(outbox.stats());
});
