import { readSync, writeSync } from "node:fs";
import {
  type BindingInterface,
  type BindingPortInterface,
  BindingsError,
  LinuxBinding,
  type LinuxOpenOptions,
  type LinuxPortBinding,
  type SetOptions,
  type UpdateOptions,
} from "@serialport/bindings-cpp";
import type { ErrorCode } from "../../base/errors.ts";
import { claimExclusive, keepDtrOnClose, releaseExclusive } from "../../base/native/tty.ts";
import { lostCode } from "./serial-errors.ts";

/** EAGAIN: the descriptor is non-blocking and nothing can be moved now. */
const WOULD_BLOCK = -1;

/**
 * The port of @serialport/bindings-cpp with its own reading, writing and closing. Upstream reads again at once when
 * read(2) returns 0 bytes (dist/unix-read.js). A hung-up terminal returns 0 for ever (tty_io.c, hung_up_tty_read), so
 * a device pulled while bytes flow would spin a core, grow the heap and never be reported.
 */
export class GuardedPort implements BindingPortInterface {
  readonly openOptions: Required<LinuxOpenOptions>;
  readonly #inner: LinuxPortBinding;
  #closing: Promise<void> | undefined;
  #fault: ErrorCode | undefined;

  constructor(inner: LinuxPortBinding) {
    this.#inner = inner;
    this.openOptions = inner.openOptions;
  }

  get isOpen(): boolean {
    return this.#inner.isOpen && !this.#closing;
  }

  /** Why the device was lost, once a read or a write has failed. */
  get fault(): ErrorCode | undefined {
    return this.#fault;
  }

  /**
   * Resolves with at least one byte. Rejects with `canceled` after `close`, with anything else when the device is lost.
   * The descriptor never blocks, so read(2) is called directly: a hop through libuv's pool costs many times the call.
   * Waiting for the poll first gives every other event its turn, however fast bytes come.
   */
  async read(buffer: Buffer, offset: number, length: number): Promise<{ buffer: Buffer; bytesRead: number }> {
    for (;;) {
      await this.#readable();
      const bytesRead = this.#move((fd) => {
        const count = readSync(fd, buffer, offset, length, null);
        if (count === 0) throw Object.assign(new Error("hung up"), { code: "EIO" });
        return count;
      });
      if (bytesRead > 0) return { buffer, bytesRead };
    }
  }

  /**
   * Hands over what the terminal takes now; the rest is dropped when its output buffer (4 KiB) is full, because then
   * nobody drains it. Waiting for room is no choice: the poller watches one direction at a time, so reading would stop.
   */
  async write(buffer: Buffer): Promise<void> {
    for (let sent = 0; sent < buffer.length; ) {
      const offset = sent;
      const count = this.#move((fd) => writeSync(fd, buffer, offset));
      if (count === WOULD_BLOCK) return;
      sent += count;
    }
  }

  /** Can be called at any time and again; resolves when the descriptor is closed. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  update(options: UpdateOptions): Promise<void> {
    return this.#inner.update(options);
  }

  set(options: SetOptions): Promise<void> {
    return this.#inner.set(options);
  }

  get(): ReturnType<LinuxPortBinding["get"]> {
    return this.#inner.get();
  }

  getBaudRate(): Promise<{ baudRate: number }> {
    return this.#inner.getBaudRate();
  }

  flush(): Promise<void> {
    return this.#inner.flush();
  }

  drain(): Promise<void> {
    return this.#inner.drain();
  }

  /** One system call: the bytes it moved, or WOULD_BLOCK. */
  #move(call: (fd: number) => number): number {
    const { fd } = this.#inner;
    if (fd === null || this.#closing) throw new BindingsError("Port is not open", { canceled: true });
    try {
      return call(fd);
    } catch (failure) {
      const { code } = failure as NodeJS.ErrnoException;
      if (code === "EAGAIN" || code === "EINTR") return WOULD_BLOCK;
      this.#fault ??= lostCode(failure);
      throw failure;
    }
  }

  #readable(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#closing) return reject(new BindingsError("Port is not open", { canceled: true }));
      this.#inner.poller.once("readable", (failure) => {
        if (!failure) return resolve();
        // The poll itself reports an error (POLLERR) only for a terminal that hung up.
        if (!("canceled" in failure)) this.#fault ??= "device.gone";
        reject(failure);
      });
    });
  }

  async #close(): Promise<void> {
    const { fd } = this.#inner;
    if (fd === null) return;
    try {
      releaseExclusive(fd);
    } catch {
      // A terminal that hung up refuses it, and has lost the claim with everything else.
    }
    // Linux frees the descriptor even when close(2) reports an error (close(2), "Dealing with error returns").
    await this.#inner.close().catch(() => {});
  }
}

/** For SerialPortStream: opens like bindings-cpp, takes the terminal for itself alone and leaves DTR alone on closing. */
export const GuardedBinding: BindingInterface<GuardedPort, LinuxOpenOptions> = {
  /** Ports are named in the configuration; upstream's list would spawn udevadm. */
  async list() {
    return [];
  },

  async open(options) {
    const inner = await LinuxBinding.open(options);
    try {
      if (inner.fd !== null) {
        claimExclusive(inner.fd);
        // Upstream's `hupcl: false` sets nothing, and the kernel's default is to drop DTR (tty_std_termios).
        if (options.hupcl === false) keepDtrOnClose(inner.fd);
      }
    } catch (failure) {
      await inner.close();
      throw failure;
    }
    return new GuardedPort(inner);
  },
};
