import type { GapState } from "./gaps.ts";

/** The two numbered streams of a gateway. */
export type Stream = "sealed" | "event";

/** Names a message: the dedupe key of the contract. `gateway` is `<tenant>/<site>/<gateway>`. */
export interface MessageKey {
  readonly stream: Stream;
  readonly gateway: string;
  readonly epoch: string;
  readonly seq: number;
}

/** A record of a message as the memory keeps it: hashes only, never a number of people. */
export interface WindowMark {
  /** Hash of (sensor, kind, seconds): 8 bytes as 16 hexadecimal digits. */
  readonly window: string;
  /** Hash of the record: 8 bytes as 16 hexadecimal digits. */
  readonly value: string;
}

/** What is remembered of a message that was handled. */
export interface Mark extends MessageKey {
  /** The closing instant of a sealed message, the time of an event; ms since the Unix epoch. */
  readonly endMs: number;
  /** When it was handled, ms since the Unix epoch: what the age of a mark counts from. */
  readonly markedMs: number;
  /** The first 16 bytes of SHA-256 over the payload, as 32 hexadecimal digits. */
  readonly hash: string;
  /** Empty for an event. */
  readonly windows: readonly WindowMark[];
}

/**
 * What has been seen: a port with two adapters that pass the same tests. It survives a restart of the reader.
 * A message is marked only after the caller's handler resolved; a crash before that delivers it again.
 */
export interface Memory {
  /** The hash under which this number was handled, or null when it never was. */
  hashOf(key: MessageKey): string | null;
  /** Windows of a gateway that end at this instant: window hash to record hash. */
  windowsAt(gateway: string, endMs: number): ReadonlyMap<string, string>;
  /** What the gap finder knew of a gateway, or null. */
  gaps(gateway: string): GapState | null;
  /** Marks a message as handled (null: none) and keeps the gap state with it, in one transaction. Marking again changes nothing. */
  remember(gateway: string, mark: Mark | null, gaps: GapState): void;
  /** Forgets some of the marks made before this instant (ms since the Unix epoch); returns how many, 0 when none is left. */
  forgetBefore(markedMs: number): number;
  close(): void;
}

/** A memory that ends with the process: for tests, replay and the demo. */
export class VolatileMemory implements Memory {
  readonly #marks = new Map<string, Mark>();
  readonly #windows = new Map<string, Map<string, string>>();
  readonly #gaps = new Map<string, GapState>();

  hashOf(key: MessageKey): string | null {
    return this.#marks.get(nameOf(key))?.hash ?? null;
  }

  windowsAt(gateway: string, endMs: number): ReadonlyMap<string, string> {
    return this.#windows.get(`${gateway}@${endMs}`) ?? new Map();
  }

  gaps(gateway: string): GapState | null {
    return this.#gaps.get(gateway) ?? null;
  }

  remember(gateway: string, mark: Mark | null, gaps: GapState): void {
    this.#gaps.set(gateway, gaps);
    if (!mark || this.#marks.has(nameOf(mark))) return;
    this.#marks.set(nameOf(mark), mark);
    const name = `${mark.gateway}@${mark.endMs}`;
    const windows = this.#windows.get(name) ?? new Map<string, string>();
    for (const { window, value } of mark.windows) if (!windows.has(window)) windows.set(window, value);
    if (windows.size > 0) this.#windows.set(name, windows);
  }

  forgetBefore(markedMs: number): number {
    const old = [...this.#marks].filter(([, mark]) => mark.markedMs < markedMs);
    for (const [name, mark] of old) {
      this.#marks.delete(name);
      this.#windows.delete(`${mark.gateway}@${mark.endMs}`);
    }
    return old.length;
  }

  close(): void {}
}

function nameOf({ stream, gateway, epoch, seq }: MessageKey): string {
  return `${stream} ${gateway} ${epoch} ${seq}`;
}
