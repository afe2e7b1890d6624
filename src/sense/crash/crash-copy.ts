import { join } from "node:path";
import type { Log } from "../../base/log.ts";
import { ItemFolder } from "./item-folder.ts";
import { StateFile } from "./state-file.ts";
import { prepareCrashFolder } from "./tmpfs.ts";

/** Immutable named texts, in the order of their names. */
export interface ItemStore {
  names(): string[];
  put(name: string, text: string): void;
  get(name: string): string;
  remove(name: string): void;
  readonly bytes: number;
  readonly count: number;
}

/** What survives the death of the process, not of the machine. */
export interface CrashStore {
  /** The newest state, unchecked; undefined when there is none. */
  read(): unknown;
  /** Replaces the state before the loop turn ends. */
  save(state: unknown): void;
  /** Closed windows, noised, that wait to be sealed. */
  readonly waiting: ItemStore;
  /** Sealed messages that forward has not kept yet. */
  readonly unkept: ItemStore;
  /** The city key set in use, when it is newer than the installed one. */
  readonly keys: ItemStore;
  close(): void;
}

/**
 * The crash copy in a folder on tmpfs. A full tmpfs costs the copy, not the counting: it is said once, and again after
 * a write went well in between.
 * @throws TelpostError crash.not_tmpfs, crash.unusable
 */
export function openCrashFolder(path: string, log: Log): CrashStore {
  prepareCrashFolder(path);
  const file = new StateFile(join(path, "state"));
  let failing = false;
  const onFailure = (failure: unknown) => {
    const detail = (failure as NodeJS.ErrnoException).code ?? "write";
    if (!failing) log.error("crash.write_failed", { code: "crash.unusable", detail });
    failing = true;
  };
  const save = (state: unknown) => {
    try {
      file.write(state);
      failing = false;
    } catch (failure) {
      onFailure(failure);
    }
  };
  const waiting = new ItemFolder(join(path, "waiting"), onFailure);
  const unkept = new ItemFolder(join(path, "unkept"), onFailure);
  const keys = new ItemFolder(join(path, "keys"), onFailure);
  return { read: () => file.read(), save, waiting, unkept, keys, close: () => file.close() };
}

/** A crash copy in memory, for `replay`, which nobody resumes. */
export function memoryCrashStore(): CrashStore {
  let state: unknown;
  return {
    read: () => state,
    save(value) {
      state = value;
    },
    waiting: memoryItems(),
    unkept: memoryItems(),
    keys: memoryItems(),
    close() {},
  };
}

function memoryItems(): ItemStore {
  const items = new Map<string, string>();
  let bytes = 0;
  return {
    names: () => [...items.keys()],
    get: (name) => items.get(name) ?? "",
    put(name, text) {
      bytes += text.length - (items.get(name)?.length ?? 0);
      items.set(name, text);
    },
    remove(name) {
      bytes -= items.get(name)?.length ?? 0;
      items.delete(name);
    },
    get bytes() {
      return bytes;
    },
    get count() {
      return items.size;
    },
  };
}

/** What sense holds for a forward that is away, and as much for windows that cannot be sealed. */
const MOST_ITEMS = 2_000;
const MOST_BYTES = 16 * 1024 * 1024;

/** More items wait than sense holds: the oldest has to go, and is declared. */
export function isFull({ count, bytes }: ItemStore): boolean {
  return count > MOST_ITEMS || bytes > MOST_BYTES;
}
