import { closeSync, fchownSync, fsyncSync, openSync, rmSync, writeFileSync } from "node:fs";
import { TelpostError } from "../base/errors.ts";

/** Who gets a file that root writes for him. */
export interface Caller {
  readonly uid: number;
  readonly gid: number;
}

/** Who called sudo; undefined when nobody did, so that the file belongs to who writes it. */
export function callerOf(env: NodeJS.ProcessEnv): Caller | undefined {
  const [uid, gid] = [Number(env.SUDO_UID), Number(env.SUDO_GID)];
  const isRoot = process.getuid?.() === 0;
  return isRoot && Number.isSafeInteger(uid) && Number.isSafeInteger(gid) ? { uid, gid } : undefined;
}

/**
 * Writes a file that nobody else may read, and never over another one.
 * @throws TelpostError support.exists, support.unwritable
 */
export function writeForCaller(path: string, content: Uint8Array, caller: Caller | undefined): void {
  let handle: number | undefined;
  try {
    handle = openSync(path, "wx", 0o600);
    if (caller) giveTo(handle, caller);
    writeFileSync(handle, content);
    fsyncSync(handle);
  } catch (cause) {
    if (handle !== undefined) rmSync(path, { force: true });
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "EEXIST") throw new TelpostError("support.exists", path, { cause });
    throw new TelpostError("support.unwritable", `${path}: ${code}`, { cause });
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}

function giveTo(handle: number, { uid, gid }: Caller): void {
  try {
    fchownSync(handle, uid, gid);
  } catch {
    // A USB stick with FAT knows no owners.
  }
}
