import { closeSync, constants, fstatSync, openSync, readSync, writeSync } from "node:fs";
import { crc32 } from "node:zlib";

/**
 * The fast half of the crash copy: one JSON value of a few kilobytes, replaced after every loop turn that read bytes.
 * Two slots are written in turn, each with a generation and a CRC-32, so that a process killed in the middle of a
 * write leaves the previous value whole. The file lies on tmpfs: a write is a memory copy, and nothing reaches a disk.
 *
 * Slot: magic u32, version u32, generation u64, length u32, crc32 u32 (of the body), body.
 */
const MAGIC = 0x74656c70;
const VERSION = 1;
const HEADER_BYTES = 24;
/** Far above any real state; a larger one is a defect of the program. */
const SLOT_BYTES = 512 * 1024;
const SLOTS = [0, 1] as const;

export class StateFile {
  readonly #fd: number;
  #generation = 0n;
  /** So many bytes of each slot may hold something: a shorter value must not leave the end of a longer one behind it. */
  readonly #used: [number, number];

  /** Opens or makes the file, mode 0600, never through a symbolic link. */
  constructor(path: string) {
    this.#fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
    const { size } = fstatSync(this.#fd);
    this.#used = [Math.min(size, SLOT_BYTES), Math.max(0, size - SLOT_BYTES)];
  }

  /** The newest whole value, or undefined: a fresh file, another version, or both slots damaged. */
  read(): unknown {
    const slots = SLOTS.map((index) => this.#readSlot(index)).filter((slot) => slot !== undefined);
    slots.sort((a, b) => (a.generation < b.generation ? 1 : -1));
    const newest = slots[0];
    if (!newest) return undefined;
    this.#generation = newest.generation;
    return newest.value;
  }

  /** Replaces the value; synchronous, a few microseconds on tmpfs. */
  write(value: unknown): void {
    const body = Buffer.from(JSON.stringify(value), "utf8");
    if (body.length > SLOT_BYTES - HEADER_BYTES) throw new RangeError("crash state too large");
    const generation = this.#generation + 1n;
    const index = generation & 1n ? 1 : 0;
    const used = HEADER_BYTES + body.length;
    const slot = Buffer.alloc(Math.max(used, this.#used[index]));
    slot.writeUInt32BE(MAGIC, 0);
    slot.writeUInt32BE(VERSION, 4);
    slot.writeBigUInt64BE(generation, 8);
    slot.writeUInt32BE(body.length, 16);
    slot.writeUInt32BE(crc32(body), 20);
    body.copy(slot, HEADER_BYTES);
    this.#used[index] = slot.length;
    const written = writeSync(this.#fd, slot, 0, slot.length, index * SLOT_BYTES);
    if (written !== slot.length) throw Object.assign(new Error("short write"), { code: "ENOSPC" });
    this.#used[index] = used;
    // Only now: the next write must never go over the newest whole slot.
    this.#generation = generation;
  }

  close(): void {
    closeSync(this.#fd);
  }

  #readSlot(index: 0 | 1): { generation: bigint; value: unknown } | undefined {
    const start = index * SLOT_BYTES;
    if (fstatSync(this.#fd).size < start + HEADER_BYTES) return undefined;
    const header = Buffer.alloc(HEADER_BYTES);
    readSync(this.#fd, header, 0, HEADER_BYTES, start);
    const length = header.readUInt32BE(16);
    if (header.readUInt32BE(0) !== MAGIC || header.readUInt32BE(4) !== VERSION) return undefined;
    if (length > SLOT_BYTES - HEADER_BYTES) return undefined;
    // The rest was cleared when it was written.
    this.#used[index] = HEADER_BYTES + length;
    const body = Buffer.alloc(length);
    if (readSync(this.#fd, body, 0, length, start + HEADER_BYTES) !== length) return undefined;
    if (crc32(body) !== header.readUInt32BE(20)) return undefined;
    return parse(body, header.readBigUInt64BE(8));
  }
}

function parse(body: Buffer, generation: bigint): { generation: bigint; value: unknown } | undefined {
  try {
    return { generation, value: JSON.parse(body.toString("utf8")) };
  } catch {
    return undefined;
  }
}
