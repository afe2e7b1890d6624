import type { Clock } from "../../base/clock.ts";
import type { Line, LineListener } from "./port.ts";
import { type OpenDevice, ReopenedLine } from "./reopened-line.ts";
import { openingCode } from "./serial-errors.ts";
import { openSerialPort, type SerialSettings } from "./serial-port.ts";

/** What a serial line needs. `jitterBelow(n)` is a uniform integer in [0, n). */
export interface SerialLineOptions {
  readonly settings: SerialSettings;
  readonly clock: Clock;
  readonly jitterBelow: (limit: number) => number;
}

/**
 * A serial port. Each opening takes the path anew, so that a link below /dev/serial/by-id finds the device wherever it
 * came back.
 */
export class SerialLine implements Line {
  readonly #line: ReopenedLine;

  constructor({ settings, clock, jitterBelow }: SerialLineOptions) {
    const open = () => openDevice(settings, clock);
    this.#line = new ReopenedLine({ kind: "serial", clock, jitterBelow, open, codeOf: openingCode });
  }

  start(listener: LineListener): void {
    this.#line.start(listener);
  }

  write(bytes: Uint8Array): void {
    this.#line.write(bytes);
  }

  stop(): Promise<void> {
    return this.#line.stop();
  }
}

async function openDevice(settings: SerialSettings, clock: Clock): Promise<OpenDevice> {
  const port = await openSerialPort(settings);
  return {
    listen: ({ bytes, gone }) =>
      port.listen({ bytes: (chunk) => bytes(chunk, clock.monotonic()), lost: gone }),
    write: (bytes) => port.write(bytes),
    close: () => port.close(),
  };
}
