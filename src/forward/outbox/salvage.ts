import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import type { ConnectOptions } from "./connection.ts";
import { closeQuietly, freeDamagedName, openDatabase, SIDE_FILES } from "./database.ts";
import { storageError } from "./failures.ts";
import { readDamaged } from "./salvage-read.ts";
import { rebuild } from "./salvage-rebuild.ts";
import { migrate } from "./schema.ts";

/**
 * Makes a new database of what can be read of a damaged one. The damaged files are moved aside together, never deleted.
 * A crash in between loses nothing: the new file is complete before the old one is moved, and `finishSalvage` goes on.
 */

export interface SalvageOptions extends ConnectOptions {
  readonly nowMs: number;
  /** Ids up to this one were given out before. */
  readonly lastId: number;
  /** The WAL lost commits that nothing inside the file knows of. */
  readonly walDamaged: boolean;
}

export interface SalvageReport {
  readonly saved: number;
  /** False when everything was saved. */
  readonly lost: boolean;
  readonly movedTo: string;
}

/** @throws TelpostError of kind storage when the new file cannot be written; the damaged one is then untouched */
export function salvage(options: SalvageOptions): SalvageReport {
  const { file } = options;
  const part = `${file}.salvaged-part`;
  for (const side of SIDE_FILES) rmSync(part + side, { force: true });
  const target = openDatabase(part, options.quota.maxBytes);
  try {
    migrate(target);
    const outcome = readDamaged(file, (source) => rebuild(source, target, options));
    target.close();
    renameSync(part, `${file}.salvaged`);
    syncFolder(file);
    return { ...outcome, movedTo: finishSalvage(file) ?? "" };
  } catch (failure) {
    closeQuietly(target);
    for (const side of SIDE_FILES) rmSync(part + side, { force: true });
    throw storageError(failure);
  }
}

/** Puts a complete salvaged file in its place, also after a crash in the middle of that. Returns where the damaged files went. */
export function finishSalvage(file: string): string | null {
  const complete = `${file}.salvaged`;
  if (!existsSync(complete)) return null;
  const aside = freeDamagedName(file);
  // The database goes last: as long as it stands, its WAL and index belong to it or are already aside.
  for (const side of [...SIDE_FILES].reverse()) {
    if (existsSync(file + side)) renameSync(file + side, aside + side);
  }
  renameSync(complete, file);
  syncFolder(file);
  return aside;
}

function syncFolder(file: string): void {
  const folder = openSync(dirname(file), "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
