import { closeSync, constants, fstatSync, openSync, readSync, realpathSync, type Stats } from "node:fs";
import { isAbsolute, relative } from "node:path";
import { TelpostError } from "./errors.ts";

/** Reading the files that keys lie in. Errors name the file, never what is in it. */

export interface ReadOptions {
  /**
   * `$CREDENTIALS_DIRECTORY` of the unit. systemd guards what lies there by mount and ACL, and the ACL shows as group
   * permission, so the mode says nothing about those files (systemd.exec(5), LoadCredential=).
   */
  readonly credentialsDirectory?: string | undefined;
}

/** The certificates of every public authority are some 220 KiB. */
const MAX_FILE_BYTES = 1024 * 1024;
const OTHERS = 0o077;

/** A file that may be known to everybody. Throws key.unreadable or key.invalid. */
export function readPublicText(path: string): string {
  return readText(path, () => {});
}

/** A file that only its owner may read. Throws key.unreadable, key.too_open or key.invalid. */
export function readPrivateText(path: string, { credentialsDirectory }: ReadOptions = {}): string {
  return readText(path, ({ mode }) => {
    const open = (mode & OTHERS) !== 0;
    if (open && !liesIn(path, credentialsDirectory)) throw new TelpostError("key.too_open", path);
  });
}

/** Checks the file that is open, so that it cannot be exchanged between the check and the reading. */
function readText(path: string, check: (stats: Stats) => void): string {
  // O_NONBLOCK: opening a FIFO by mistake must not hang.
  const file = reading(path, () => openSync(path, constants.O_RDONLY | constants.O_NONBLOCK));
  try {
    const stats = fstatSync(file);
    if (!stats.isFile()) throw new TelpostError("key.unreadable", `${path} is not a file`);
    check(stats);
    if (stats.size > MAX_FILE_BYTES) throw new TelpostError("key.invalid", `${path} is too large`);
    const buffer = Buffer.alloc(stats.size);
    const bytes = reading(path, () => readSync(file, buffer, 0, buffer.length, 0));
    return buffer.toString("utf8", 0, bytes);
  } finally {
    closeSync(file);
  }
}

function reading<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new TelpostError("key.unreadable", path, { cause });
  }
}

/** Links are followed first: a link elsewhere that points into the directory counts, one inside that points out does not. */
function liesIn(path: string, directory: string | undefined): boolean {
  if (!directory) return false;
  const way = reading(path, () => relative(realpathSync(directory), realpathSync(path)));
  return way !== "" && !way.startsWith("..") && !isAbsolute(way);
}
