import { SerialPortStream } from "@serialport/stream";
import type { ErrorCode } from "../../base/errors.ts";
import { GuardedBinding } from "./guarded-binding.ts";

/** How the device talks, as configured. `port` is a path, best below /dev/serial/by-id. */
export interface SerialSettings {
  readonly port: string;
  readonly baudRate: number;
  readonly dataBits: 7 | 8;
  readonly parity: "none" | "even" | "odd";
  readonly stopBits: 1 | 2;
}

/** Bytes in the turn that read them; then once, why there will be no more. */
export interface SerialEvents {
  bytes(chunk: Uint8Array): void;
  lost(code: ErrorCode): void;
}

/** One read moves at most 4 KiB (n_tty); a stream buffer beyond a few of them only costs memory. */
const STREAM_BYTES = 16 * 1024;

/** Commands are short. A device that takes none of them must not make a queue. */
const MAX_QUEUED_BYTES = 16 * 1024;

/** A serial port that is open, exactly once: it is never opened again. */
export class OpenSerialPort {
  readonly #stream: SerialPortStream<typeof GuardedBinding>;
  #events: SerialEvents | undefined;

  constructor(stream: SerialPortStream<typeof GuardedBinding>) {
    this.#stream = stream;
    // A failed write destroys the stream, which emits "error"; a lost device emits "close". Either may come first.
    stream.on("error", () => this.#lost());
    stream.on("close", () => this.#lost());
  }

  /** Starts reading. Bytes that arrived since the opening come first. */
  listen(events: SerialEvents): void {
    this.#events = events;
    this.#stream.on("data", (chunk: Buffer) => this.#events?.bytes(chunk));
  }

  /** Never throws. Bytes beyond what the device takes are dropped. */
  write(bytes: Uint8Array): void {
    if (!this.#stream.isOpen || this.#stream.writableLength + bytes.length > MAX_QUEUED_BYTES) return;
    this.#stream.write(Buffer.from(bytes));
  }

  /** Silent from now on; resolves when the descriptor is closed. */
  async close(): Promise<void> {
    this.#events = undefined;
    await this.#stream.port?.close();
  }

  #lost(): void {
    const events = this.#events;
    this.#events = undefined;
    events?.lost(this.#stream.port?.fault ?? "device.io");
  }
}

/** Opens the port. Rejects with what serialport says; `openingCode` reads it. */
export function openSerialPort(settings: SerialSettings): Promise<OpenSerialPort> {
  const { port: path, baudRate, dataBits, parity, stopBits } = settings;
  return new Promise((resolve, reject) => {
    const stream = new SerialPortStream({
      binding: GuardedBinding,
      path,
      baudRate,
      dataBits,
      parity,
      stopBits,
      lock: true,
      hupcl: false,
      autoOpen: false,
      highWaterMark: STREAM_BYTES,
    });
    stream.open((failure) => (failure ? reject(failure) : resolve(new OpenSerialPort(stream))));
  });
}
