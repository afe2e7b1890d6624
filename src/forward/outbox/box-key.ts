import { createCipheriv, createDecipheriv, createHash } from "node:crypto";
import { closeSync, fdatasyncSync, openSync, readFileSync, writeSync } from "node:fs";
import { crc32 } from "node:zlib";
import { TelpostError } from "../../base/errors.ts";
import type { Log } from "../../base/log.ts";
import type { RandomBytes } from "../../base/random.ts";
import { writeWhole } from "../../base/whole-file.ts";
import type { Baseline } from "../../model.ts";

/**
 * The outbox keeps one last total of a running channel, in a box that the gateway's key opens (P2). But a database keeps
 * its past: the WAL, a damaged file that was set aside and a copy of yesterday hold boxes of windows long gone, and the
 * differences of their totals would be exact counts. So each commit locks its boxes once more, under a key that is the
 * hash of the key before. The newest key lies in one small file, overwritten in place after the commit: what was locked
 * earlier cannot be opened any more, by nobody. A file that a power cut left behind by a commit opens it all the same.
 */

const CIPHER = "aes-256-gcm";
const KEY_BYTES = 32;
const INDEX_BYTES = 6;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** Beyond this the file is another's: at a commit a minute, sixteen years of it were lost. */
const MOST_STEPS = 2 ** 23;
/** Index, key and CRC-32 in hex. All of it fits one sector, so that it is never half written. */
const FILE_TEXT = /^([0-9a-f]{12})([0-9a-f]{64})([0-9a-f]{8})$/;

interface Link {
  readonly index: number;
  readonly key: Buffer;
}

/** What is done to a box on its way into the database and back. */
export interface BoxLock {
  lock(baseline: Baseline): Baseline;
  /** Null when it cannot be opened any more. */
  unlock(baseline: Baseline): Baseline | null;
}

/** For who carries boxes from file to file and opens none. */
export const AS_IT_IS: BoxLock = { lock: (baseline) => baseline, unlock: (baseline) => baseline };

export interface BoxKeyOptions {
  readonly path: string;
  readonly random: RandomBytes;
  readonly log: Log;
}

/** See above. */
export class BoxKey implements BoxLock {
  readonly #options: BoxKeyOptions;
  /** The key of the last commit, which is the one on the disk; null before there is any. */
  #last: Link | null;
  #isUsed = false;

  constructor(options: BoxKeyOptions) {
    this.#options = options;
    this.#last = read(options.path);
  }

  /** Locks a box for the commit that comes next, which must lock all boxes that are to last. */
  lock({ channel, endMs, box }: Baseline): Baseline {
    this.#last ??= this.#make();
    const { index, key } = after(this.#last);
    this.#isUsed = true;
    const head = Buffer.alloc(INDEX_BYTES);
    head.writeUIntBE(index, 0, INDEX_BYTES);
    const nonce = this.#options.random(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
    const locked = Buffer.concat([cipher.update(box, "utf8"), cipher.final()]);
    const whole = Buffer.concat([head, nonce, locked, cipher.getAuthTag()]);
    return { channel, endMs, box: whole.toString("base64url") };
  }

  /** The box again; null when it was locked before the last commit, or under another key. */
  unlock({ channel, endMs, box }: Baseline): Baseline | null {
    const whole = Buffer.from(box, "base64url");
    if (whole.length <= INDEX_BYTES + NONCE_BYTES + TAG_BYTES) return null;
    const key = this.#keyOf(whole.readUIntBE(0, INDEX_BYTES));
    const nonce = whole.subarray(INDEX_BYTES, INDEX_BYTES + NONCE_BYTES);
    const opened = key && decrypt(whole.subarray(INDEX_BYTES + NONCE_BYTES), { key, nonce });
    return opened ? { channel, endMs, box: opened.toString("utf8") } : null;
  }

  /** What was locked since the last time is durable: the key before it goes. */
  committed(): void {
    if (!this.#isUsed || !this.#last) return;
    const next = after(this.#last);
    this.#attempt(() => {
      overwrite(this.#options.path, textOf(next));
      this.#last = next;
      this.#isUsed = false;
    });
  }

  /** Boxes under a key that is gone are worth nothing, which costs a catch-up at most. */
  #make(): Link {
    const { path, random } = this.#options;
    const first = { index: 0, key: Buffer.from(random(KEY_BYTES)) };
    this.#attempt(() => writeWhole(path, textOf(first), { mode: 0o600, replace: true }));
    return first;
  }

  #keyOf(index: number): Buffer | null {
    if (!this.#last) return null;
    const steps = index - this.#last.index;
    if (steps < 0 || steps > MOST_STEPS) return null;
    let link = this.#last;
    while (link.index < index) link = after(link);
    return link.key;
  }

  /** A disk that fails here failed the commit before, or will fail the next one: the key moves on then. */
  #attempt(work: () => void): void {
    try {
      work();
    } catch (failure) {
      const detail = (failure as NodeJS.ErrnoException).code ?? "write";
      const { code } = new TelpostError("outbox.write_failed", detail);
      this.#options.log.warn("outbox.write_failed", { code, detail });
    }
  }
}

function after({ index, key }: Link): Link {
  return { index: index + 1, key: createHash("sha256").update("telpost/outbox-box/1").update(key).digest() };
}

function decrypt(sealed: Buffer, { key, nonce }: { key: Buffer; nonce: Buffer }): Buffer | null {
  const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  const plain = decipher.update(sealed.subarray(0, -TAG_BYTES));
  try {
    decipher.final();
    return plain;
  } catch {
    return null; // Another key's, or damaged.
  }
}

function textOf({ index, key }: Link): string {
  const text = index.toString(16).padStart(2 * INDEX_BYTES, "0") + key.toString("hex");
  return text + crc32(text).toString(16).padStart(8, "0");
}

function read(path: string): Link | null {
  const [, index = "", key = "", sum] = FILE_TEXT.exec(textAt(path)) ?? [];
  if (sum === undefined || Number.parseInt(sum, 16) !== crc32(index + key)) return null;
  return { index: Number.parseInt(index, 16), key: Buffer.from(key, "hex") };
}

function textAt(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return ""; // Absent, or unreadable: a new one is made.
  }
}

/** In place, so that the file system does not keep what was there. */
function overwrite(path: string, text: string): void {
  const handle = openSync(path, "r+");
  try {
    if (writeSync(handle, text, 0) !== text.length)
      throw Object.assign(new Error("short write"), { code: "ENOSPC" });
    fdatasyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
