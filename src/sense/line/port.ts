import type { ErrorCode } from "../../base/errors.ts";
import type { Levels } from "../../model.ts";

/** What a line tells about itself and what it carries. Times are monotonic milliseconds. */
export interface LineListener {
  /**
   * The device is open: it is being watched from now on.
   * @param levels what the GPIO lines stood at then; none for a device of bytes, or where nobody knows
   */
  up(atMs: number, levels: Levels): void;
  /** The device is not being watched any more, and why. Also reported once when the first opening fails. */
  down(code: ErrorCode, atMs: number): void;
  bytes(chunk: Uint8Array, atMs: number): void;
  /** A level change of a GPIO line; `atMs` is the kernel's own time of the edge. */
  edge(edge: Edge): void;
  /** So many level changes of a GPIO line happened before `atMs` and will never be told. */
  lost(edges: number, atMs: number): void;
}

/** `level` is logical (after active-low). `name` tells the lines of one sensor apart. */
export interface Edge {
  readonly name: string;
  readonly level: 0 | 1;
  readonly atMs: number;
}

/** A device that is opened, re-opened with back-off when it vanishes, and read without end. */
export interface Line {
  start(listener: LineListener): void;
  /**
   * Tells at once what happened before a moment (monotonic ms) and waits to be read. For lines whose events carry the time
   * at which they happened; bytes have none but that of their reading.
   */
  drain?(beforeMs: number): void;
  /**
   * Whether what happens while nobody reads is kept with its times, or told as lost: then a process that stands still
   * misses nothing. Bytes that wait have lost their times.
   */
  readonly remembers?: boolean;
  /** Never throws; bytes for a line that is down are dropped. */
  write(bytes: Uint8Array): void;
  stop(): Promise<void>;
}
