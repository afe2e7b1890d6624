import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TelpostError } from "../base/errors.ts";

const PREFIX = "telpost-demo-";
const OWNER = "pid";
const DAY_MS = 86_400_000;
/** On tmpfs: sense refuses any other place for its crash copy. */
const MEMORY = "/dev/shm";

/** Where one demo keeps things; all of it goes when it ends. */
export interface DemoFolders {
  /** Keys, configuration, outbox and log. */
  readonly files: string;
  readonly state: string;
  readonly log: string;
  /** Sockets, in memory. */
  readonly runtime: string;
  /** Crash copy of sense, in memory. */
  readonly crash: string;
  remove(): void;
}

/**
 * Makes the folders of a demo, for its user only.
 * @throws TelpostError crash.unusable where there is no /dev/shm
 */
export function makeFolders(): DemoFolders {
  const memory = makeFolder(MEMORY);
  const files = makeFolder(tmpdir());
  const folders = {
    files,
    state: join(files, "state"),
    log: join(files, "telpost.log"),
    runtime: join(memory, "run"),
    crash: join(memory, "sense"),
  };
  for (const folder of [folders.state, folders.runtime, folders.crash]) mkdirSync(folder, { mode: 0o700 });
  const remove = () => {
    for (const folder of [memory, files]) rmSync(folder, { recursive: true, force: true });
  };
  return { ...folders, remove };
}

/** Removes what demos that were killed left behind more than a day ago. */
export function sweepFolders(nowMs: number, parents: readonly string[] = [MEMORY, tmpdir()]): void {
  for (const parent of parents) {
    const names = readdirSync(parent).filter((name) => name.startsWith(PREFIX));
    for (const folder of names.map((name) => join(parent, name))) {
      if (isLeftover(folder, nowMs)) rmSync(folder, { recursive: true, force: true });
    }
  }
}

function makeFolder(parent: string): string {
  try {
    // mkdtemp makes it with mode 0700.
    const folder = mkdtempSync(join(parent, PREFIX));
    writeFileSync(join(folder, OWNER), `${process.pid}\n`);
    return folder;
  } catch (cause) {
    throw new TelpostError("crash.unusable", parent, { cause });
  }
}

/** The parents are open to everybody: a link, or what belongs to somebody else, is left alone. */
function isLeftover(folder: string, nowMs: number): boolean {
  try {
    const stats = lstatSync(folder);
    if (!stats.isDirectory() || stats.uid !== process.getuid?.() || nowMs - stats.mtimeMs < DAY_MS)
      return false;
    return !isAlive(Number.parseInt(readFileSync(join(folder, OWNER), "utf8"), 10));
  } catch (failure) {
    // Without its owner's number it was cut off while it was made, or just removed: both can go.
    if ((failure as NodeJS.ErrnoException).code === "ENOENT") return true;
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (failure) {
    return (failure as NodeJS.ErrnoException).code !== "ESRCH";
  }
}
