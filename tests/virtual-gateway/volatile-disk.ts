import { once } from "node:events";
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import type { Dice } from "../kit/dice.ts";
import { Ask, negotiate, type Request, reply } from "./nbd.ts";

const PAGE = 4096;
const SECTOR = 512;
const EIO = 5;

interface Write {
  readonly offset: number;
  readonly data: Buffer;
}

/** What a power cut did to the writes that nobody had flushed. */
export interface Cut {
  readonly kept: number;
  readonly torn: number;
  readonly dropped: number;
}

/**
 * A disk with a cache that forgets: a server of the Network Block Device protocol for QEMU. Writes stay in memory until
 * the guest flushes them; `cut` drops the others, as a card does whose power goes. The image below is only read.
 */
export class VolatileDisk {
  readonly #image: number;
  readonly #size: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** What is on the card, and what the guest sees: the card and every write since. Pages that differ from the image. */
  readonly #stable = new Map<number, Buffer>();
  readonly #seen = new Map<number, Buffer>();
  #unflushed: Write[] = [];
  #onWritten: (() => void)[] = [];
  #standsUntilMs = 0;
  #failing = 0;

  private constructor(image: string) {
    this.#image = openSync(image, "r");
    this.#size = fstatSync(this.#image).size;
    this.#server = createServer((socket) => void this.#serve(socket));
  }

  /** @param image raw, a multiple of 4096 bytes long @param path of the Unix socket, for `nbd:unix:<path>` */
  static async listen(image: string, path: string): Promise<VolatileDisk> {
    const disk = new VolatileDisk(image);
    disk.#server.listen(path);
    await once(disk.#server, "listening");
    return disk;
  }

  /** The power goes: each write since the last flush is kept with this probability, torn at a sector, or dropped. */
  cut(dice: Dice, keepProbability: number): Cut {
    for (const socket of this.#sockets) socket.destroy();
    const fates = { kept: 0, torn: 0, dropped: 0 };
    for (const { offset, data } of this.#unflushed) {
      const keeps = dice.below(1000) < keepProbability * 1000;
      const sectors = keeps ? data.length / SECTOR : dice.below(2) * dice.below(data.length / SECTOR);
      fates[keeps ? "kept" : sectors > 0 ? "torn" : "dropped"]++;
      this.#put(this.#stable, this.#stable, { offset, data: data.subarray(0, sectors * SECTOR) });
    }
    this.#unflushed = [];
    this.#seen.clear();
    return fates;
  }

  /** Resolves with the next write that the guest makes. */
  written(): Promise<void> {
    return new Promise((resolve) => this.#onWritten.push(resolve));
  }

  /** Nothing is answered for so long: a card that cleans up. */
  stall(ms: number): void {
    this.#standsUntilMs = performance.now() + ms;
  }

  /** The next writes and flushes fail: a card that dies. */
  failing(requests: number): void {
    this.#failing = requests;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
    closeSync(this.#image);
  }

  async #serve(socket: Socket): Promise<void> {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    // A QEMU that was killed, or a cut.
    socket.on("error", () => socket.destroy());
    for await (const request of negotiate(socket, this.#size)) {
      while (performance.now() < this.#standsUntilMs) await wait(this.#standsUntilMs - performance.now());
      if (socket.destroyed) return;
      const failed = request.ask !== Ask.read && this.#failing > 0;
      if (failed) this.#failing--;
      reply(socket, request, failed ? EIO : 0, failed ? undefined : this.#do(request));
    }
  }

  /** @returns what was read, for a read */
  #do({ ask, offset, length, data, durable }: Request): Buffer | undefined {
    if (ask === Ask.read) return this.#get(offset, length);
    if (ask === Ask.write) {
      this.#unflushed.push({ offset, data });
      this.#put(this.#seen, this.#stable, { offset, data });
      for (const tell of this.#onWritten.splice(0)) tell();
    }
    // A write that must be durable takes the earlier ones with it: more than it must, never less.
    if (ask === Ask.flush || durable) {
      for (const [page, bytes] of this.#seen) this.#stable.set(page, bytes);
      this.#seen.clear();
      this.#unflushed = [];
    }
  }

  #get(offset: number, length: number): Buffer {
    const bytes = Buffer.alloc(length);
    readSync(this.#image, bytes, 0, length, offset);
    for (let page = Math.floor(offset / PAGE); page * PAGE < offset + length; page++) {
      const changed = this.#seen.get(page) ?? this.#stable.get(page);
      if (!changed) continue;
      const at = page * PAGE - offset;
      changed.copy(bytes, Math.max(0, at), Math.max(0, -at));
    }
    return bytes;
  }

  /** Puts bytes into pages of their own, made from the layer below where there are none yet. */
  #put(layer: Map<number, Buffer>, below: Map<number, Buffer>, { offset, data }: Write): void {
    for (let page = Math.floor(offset / PAGE); page * PAGE < offset + data.length; page++) {
      const from = Math.max(offset, page * PAGE);
      const until = Math.min(offset + data.length, (page + 1) * PAGE);
      let bytes = layer.get(page);
      if (!bytes) {
        bytes = Buffer.alloc(PAGE);
        const old = below.get(page);
        if (old) old.copy(bytes);
        else readSync(this.#image, bytes, 0, PAGE, page * PAGE);
        layer.set(page, bytes);
      }
      data.copy(bytes, from - page * PAGE, from - offset, until - offset);
    }
  }
}
