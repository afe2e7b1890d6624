import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { type Clock, SystemClock, type Timer } from "../../src/base/clock.ts";
import type { PowerUp, SimulatedDevice } from "../../src/simulators/catalog.ts";
import type { Walker } from "../../src/simulators/scene.ts";
import type { LineBytes } from "../../src/simulators/simulator.ts";

/** A simulated device at the far end of a serial port of the machine: under power from `plug` to `stop`. */
export class WiredDevice {
  readonly #clock: Clock;
  readonly #socket: Socket;
  readonly #device: SimulatedDevice;
  #timer: Timer | undefined;

  private constructor(socket: Socket, device: SimulatedDevice, clock: Clock) {
    this.#socket = socket;
    this.#device = device;
    this.#clock = clock;
    socket.on("data", (bytes) => this.#do((at) => device.hear({ port: "main", bytes }, at)));
    socket.on("error", () => socket.destroy());
    this.#wait();
  }

  /**
   * @param path socket of the port (qemu.ts)
   * @param scene people by the time since now, in ms
   */
  static async plug(path: string, powerUp: PowerUp, scene: readonly Walker[]): Promise<WiredDevice> {
    const socket = connect(path);
    await once(socket, "connect");
    const clock = new SystemClock();
    const now = clock.monotonic();
    const moved = scene.map((one) => ({ ...one, fromMs: one.fromMs + now, untilMs: one.untilMs + now }));
    return new WiredDevice(socket, powerUp(moved, now), clock);
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
