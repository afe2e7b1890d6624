import { existsSync, mkdirSync, statfsSync } from "node:fs";
import { TelpostError } from "../../base/errors.ts";

/** f_type of tmpfs and ramfs: linux/magic.h, TMPFS_MAGIC and RAMFS_MAGIC. */
const MEMORY_FILE_SYSTEMS = new Set([0x01021994, 0x858458f6]);

/**
 * Makes the crash folder (mode 0700) and makes sure that it lies in memory: an open window must never touch a disk (P2).
 * @throws TelpostError crash.not_tmpfs, crash.unusable
 */
export function prepareCrashFolder(path: string): void {
  let type: number;
  try {
    // Not recursive: the parent must be there, and a recursive mkdir below /proc never returns.
    if (!existsSync(path)) mkdirSync(path, { mode: 0o700 });
    type = statfsSync(path).type;
  } catch (cause) {
    throw new TelpostError("crash.unusable", path, { cause });
  }
  if (!MEMORY_FILE_SYSTEMS.has(type)) throw new TelpostError("crash.not_tmpfs", path);
}
