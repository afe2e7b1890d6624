import type { Database } from "better-sqlite3";
import { z } from "zod";
import { TelpostError } from "../../base/errors.ts";
import { readMeta, writeMeta } from "./schema.ts";
import { noWalks, type Walks } from "./state.ts";

/** Walk tests stand in \`meta\`: they change a few times in the life of a gateway, and releases of before leave them alone. */
const KEY = "walk_tests";

const use = z.strictObject({ atMs: z.number(), monotonicMs: z.number(), bootId: z.string().max(64) });
const walks = z.strictObject({ used: z.int().min(0), recent: z.array(use).max(16) });

/** @throws TelpostError outbox.damaged when it does not make sense */
export function readWalks(database: Database): Walks {
  const text = readMeta(database, KEY);
  if (text === undefined) return noWalks;
  try {
    return walks.parse(JSON.parse(text));
  } catch (failure) {
    throw new TelpostError("outbox.damaged", KEY, { cause: failure });
  }
}

export function writeWalks(database: Database, told: Walks): void {
  writeMeta(database, KEY, JSON.stringify(told));
}
