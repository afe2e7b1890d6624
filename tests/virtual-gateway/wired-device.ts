import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { SystemClock, type Timer } from "../../src/base/clock.ts";
import type { PowerUp, SimulatedDevice } from "../../src/simulators/catalog.ts";
import type { Walker } from "../../src/simulators/scene.ts";
import type { LineBytes } from "../../src/simulators/simulator.ts";

/** A simulated device at the far end of a serial port of the machine: under power from `plug` to `stop`. */
export class WiredDevice {
  readonly #clock = new SystemClock();
  readonly #socket: Socket;
  readonly #powerUp: PowerUp;
  #device: SimulatedDevice;
  #timer: Timer | undefined;
  /** How often something was written to it. */
  heard = 0;

  private constructor(socket: Socket, powerUp: PowerUp) {
    this.#socket = socket;
    this.#powerUp = powerUp;
    this.#device = powerUp([], this.#clock.monotonic());
    socket.on("data", (bytes) => {
      this.heard++;
      this.#do((at) => this.#device.hear({ port: "main", bytes }, at));
    });
    socket.on("error", () => socket.destroy());
    this.#wait();
  }

  /** Nobody is there yet. @param path socket of the port (qemu.ts) */
  static async plug(path: string, powerUp: PowerUp): Promise<WiredDevice> {
    const socket = connect(path);
    await once(socket, "connect");
    return new WiredDevice(socket, powerUp);
  }

  /** People come, as for a device that was switched on now. @param scene by the time since now, in ms */
  people(scene: readonly Walker[]): void {
    const now = this.#clock.monotonic();
    const moved = scene.map((one) => ({ ...one, fromMs: one.fromMs + now, untilMs: one.untilMs + now }));
    this.#device = this.#powerUp(moved, now);
    this.#wait();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#socket.destroy();
  }

  #do(step: (atMs: number) => readonly LineBytes[]): void {
    for (const { bytes } of step(this.#clock.monotonic())) this.#socket.write(bytes);
    this.#wait();
  }

  #wait(): void {
    this.#timer?.cancel();
    const { dueMs } = this.#device;
    if (dueMs === null) return;
    const waitMs = Math.max(0, dueMs - this.#clock.monotonic());
    this.#timer = this.#clock.after("wired.tick", waitMs, () => this.#do((at) => this.#device.tick(at)));
  }
}
