import { mkdtempSync, readdirSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openPty, type Pty } from "../../src/base/native/pty.ts";

/**
 * A serial device that can be pulled and plugged in again. Its `link` stays the same while the terminal behind it is a
 * new one each time, as with /dev/serial/by-id.
 */
export class FakeDevice {
  readonly #deaf: boolean;
  readonly #folder = mkdtempSync(join(tmpdir(), "telpost-pty-"));
  readonly link = join(this.#folder, "usb-fake-port0");
  #pty: Pty | undefined;
  #heard: Buffer[] = [];

  /** @param deaf takes nothing that the gateway writes */
  constructor({ deaf = false } = {}) {
    this.#deaf = deaf;
  }

  /** The terminal behind the link; undefined while unplugged. */
  get terminal(): string | undefined {
    return this.#pty?.path;
  }

  /** What the gateway wrote, since the first plug. */
  get heard(): Buffer {
    return Buffer.concat(this.#heard);
  }

  plug(): void {
    if (this.#pty) return;
    this.#pty = openPty();
    if (!this.#deaf) this.#pty.onData((bytes) => this.#heard.push(Buffer.from(bytes)));
    symlinkSync(this.#pty.path, this.link);
  }

  /** The link goes first: the number of the terminal may at once be another's. */
  unplug(): void {
    if (!this.#pty) return;
    rmSync(this.link);
    this.#pty.close();
    this.#pty = undefined;
  }

  send(bytes: Uint8Array): void {
    this.#pty?.write(bytes);
  }

  dispose(): void {
    this.unplug();
    rmSync(this.#folder, { recursive: true });
  }
}

/**
 * How many descriptors of this process lead to such a path. All of them say nothing: files of tests share a process, and
 * what the one before held may go at any time.
 */
export function descriptorsOf(path: RegExp): number {
  return targets().filter((target) => path.test(target)).length;
}

/** How many descriptors of this process are terminals' reader ends. */
export const openTerminals = (): number => descriptorsOf(/^\/dev\/pts\/\d+/);

function targets(): string[] {
  return readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)];
    } catch {
      return []; // The descriptor that listed the folder is gone by now.
    }
  });
}
