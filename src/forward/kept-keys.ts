import { readFileSync } from "node:fs";
import type { TelpostError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import { writeWhole } from "../base/whole-file.ts";
import { KEY_SET_TEXT, MAX_KEY_SET_CHARACTERS } from "../contract/key-set.ts";

/**
 * City key sets on their way to sense, unread: the one that came last from the city, and the one that sense verified and
 * gave back to be kept, for sense has no disk. It lies beside the outbox as a file, which `telpost keys show` can read.
 */
export class KeptKeys {
  readonly #file: string;
  readonly #log: Log;
  #kept: string | null;
  /** What came last from the city; null since the start of this process. */
  latest: string | null = null;

  constructor(file: string, log: Log) {
    this.#file = file;
    this.#log = log;
    this.#kept = this.#read();
  }

  /** What sense gave to keep; null when there is none that can be read. */
  get kept(): string | null {
    return this.#kept;
  }

  /** Keeps a set across restarts. A card that cannot be written costs the copy, not the key: it is said, and sense goes on. */
  keep(jws: string): void {
    if (jws === this.#kept) return;
    this.#kept = jws;
    try {
      writeWhole(this.#file, `${jws}\n`, { mode: 0o600, replace: true });
    } catch (failure) {
      const { code } = failure as NodeJS.ErrnoException;
      this.#log.error("keys.not_kept", {
        code: "key.unwritable",
        detail: `${this.#file}: ${code ?? failure}`,
      });
    }
  }

  #read(): string | null {
    let text: string;
    try {
      text = readFileSync(this.#file, "latin1").trim();
    } catch (failure) {
      const { code } = failure as NodeJS.ErrnoException;
      if (code !== "ENOENT") this.#refuse("key.unreadable", `${this.#file}: ${code}`);
      return null;
    }
    if (text.length <= MAX_KEY_SET_CHARACTERS && KEY_SET_TEXT.test(text)) return text;
    this.#refuse("key.invalid", this.#file);
    return null;
  }

  /** The installed set serves until the city's comes again, so this is no reason to stop. */
  #refuse(code: TelpostError["code"], detail: string): void {
    this.#log.warn("keys.refused", { code, detail });
  }
}
