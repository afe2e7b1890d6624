import Database from "better-sqlite3";
import { silentLog } from "../../src/base/log.ts";
import { systemRandom } from "../../src/base/random.ts";
import { openOutbox } from "../../src/forward/outbox/outbox.ts";
import type { Append, Outbox } from "../../src/forward/ports.ts";
import type { Unkept } from "../../src/handover/sense-end.ts";
import { START_MS, VirtualSense } from "./virtual-sense.ts";

/** Rows of the outbox with real sealed messages in them, and a bare table to hold against it. */

export const IDENTITY = { tenant: "denhaag", site: "scheveningen", gateway: "gw07" };
export const MAX_AGE_MS = 30 * 86_400_000;
const MINUTE_MS = 60_000;
/** Every row of the outbox, as one lease. */
export const ALL_ROWS = { afterId: 0, upToId: Number.MAX_SAFE_INTEGER, limit: 1000 };

/** The outbox as telpost-forward opens it. */
export function openBenchOutbox(file: string, nowMs = START_MS): Outbox {
  const quota = { maxBytes: 512 * 2 ** 20, maxAgeMs: MAX_AGE_MS };
  return openOutbox({
    file,
    identity: IDENTITY,
    quota,
    random: systemRandom,
    nowMs,
    log: silentLog,
    clockSynced: () => true,
  });
}

/** Sealed messages of consecutive minutes. */
export async function sealedWindows(count: number): Promise<Unkept[]> {
  const sense = new VirtualSense();
  const windows: Unkept[] = [];
  for (let n = 0; n < count; n++) windows.push(await sense.nextWindow(n));
  return windows;
}

/**
 * Offers of consecutive minutes from `fromMs` on. Few messages are sealed and their bytes used again and again under other
 * numbers: the outbox cannot open them, so it cannot tell.
 */
export function offersOf(windows: readonly Unkept[], count: number, fromMs: number): Append[] {
  return Array.from({ length: count }, (_, seq) => {
    const { message, baselines } = windows[seq % windows.length] ?? raise();
    const endMs = fromMs + (seq + 1) * MINUTE_MS;
    return { type: "message", message: { ...message, seq, endMs }, baselines };
  });
}

function raise(): never {
  throw new Error("no windows");
}

/** One table and the settings of the outbox. */
export function openBare(file: string): Database.Database {
  const database = new Database(file);
  for (const pragma of ["journal_mode = WAL", "synchronous = FULL", "journal_size_limit = -1"])
    database.pragma(pragma);
  database.exec(
    `CREATE TABLE rows (id INTEGER PRIMARY KEY, topic TEXT NOT NULL, epoch TEXT NOT NULL, seq INTEGER NOT NULL,
      at INTEGER NOT NULL, payload TEXT NOT NULL) STRICT;`,
  );
  return database;
}

export const BARE_INSERT = "INSERT INTO rows (topic, epoch, seq, at, payload) VALUES (?, ?, ?, ?, ?)";

/** What the bare table keeps of an offer. */
export function bareValues(offer: Append): (string | number)[] {
  if (offer.type !== "message") throw new Error("only messages");
  const { epoch, seq, endMs, jws } = offer.message;
  return ["telpost/v1/denhaag/scheveningen/gw07/sealed", epoch, seq, endMs, jws];
}
