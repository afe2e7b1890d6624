import { rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import type { Clock, Timer } from "../base/clock.ts";
import { openPty, type Pty } from "../base/native/pty.ts";
import type { SimulatedDevice } from "./catalog.ts";
import type { Damage } from "./damage.ts";
import type { LineBytes } from "./simulator.ts";

/** It is looked at so often at least, so that it also finds out when its clock was moved. */
const MOST_WAIT_MS = 500;

type PortName = LineBytes["port"];

export interface PluggedDeviceOptions {
  readonly clock: Clock;
  /** An empty folder of its own: the links lie there. */
  readonly folder: string;
  /** The lines that the device has; default: only `main`. */
  readonly ports?: readonly PortName[];
}

/**
 * A simulated device behind real pseudo-terminals, one for each of its lines. The paths of its ports are links that stay
 * the same while the terminals behind them are new ones after each plug, as with /dev/serial/by-id.
 */
export class PluggedDevice {
  readonly #device: SimulatedDevice;
  readonly #clock: Clock;
  readonly #links: ReadonlyMap<PortName, string>;
  readonly #terminals = new Map<PortName, Pty>();
  #damage: Damage | null = null;
  #timer: Timer | undefined;
  #lastSent: Uint8Array = new Uint8Array();

  constructor(device: SimulatedDevice, { clock, folder, ports = ["main"] }: PluggedDeviceOptions) {
    this.#device = device;
    this.#clock = clock;
    this.#links = new Map(ports.map((port) => [port, join(folder, `usb-simulated-${port}`)]));
  }

  /** Where the gateway opens one of its lines. */
  path(port: PortName = "main"): string {
    const link = this.#links.get(port);
    if (link === undefined) throw new RangeError(`the device has no line ${port}`);
    return link;
  }

  /** What it put on a line last, before any damage. */
  get lastSent(): Uint8Array {
    return this.#lastSent;
  }

  plug(): void {
    if (this.#terminals.size > 0) return;
    for (const [port, link] of this.#links) {
      const terminal = openPty({ waitsForReader: false });
      terminal.onData((bytes) => this.#hear({ port, bytes }));
      symlinkSync(terminal.path, link);
      this.#terminals.set(port, terminal);
    }
    this.#wait();
  }

  /** Takes the cable out; the device stays under power, and time passes for it when it is plugged in again. */
  unplug(): void {
    this.#timer?.cancel();
    for (const [port, terminal] of this.#terminals) {
      // The link goes first: the number of the terminal may at once be another's.
      rmSync(this.path(port));
      terminal.close();
    }
    this.#terminals.clear();
  }

  /** Its power went and came back; its cable stays where it is. */
  reboot(): void {
    this.#device.reboot(this.#clock.monotonic());
    if (this.#terminals.size > 0) this.#wait();
  }

  /** From now on what it sends goes through this; null ends it. It may give nothing back. */
  damage(damage: Damage | null): void {
    this.#damage = damage;
  }

  #hear(heard: LineBytes): void {
    this.#send(this.#device.hear(heard, this.#clock.monotonic()));
    this.#wait();
  }

  #tick(): void {
    this.#send(this.#device.tick(this.#clock.monotonic()));
    this.#wait();
  }

  #wait(): void {
    this.#timer?.cancel();
    const { dueMs } = this.#device;
    if (dueMs === null) return;
    const waitMs = Math.min(MOST_WAIT_MS, Math.max(0, dueMs - this.#clock.monotonic()));
    this.#timer = this.#clock.after("simulated.tick", waitMs, () => this.#tick());
  }

  #send(said: readonly LineBytes[]): void {
    for (const { port, bytes } of said) {
      this.#lastSent = bytes;
      const sent = this.#damage ? this.#damage(bytes) : bytes;
      if (sent.length > 0) this.#terminals.get(port)?.write(sent);
    }
  }
}
