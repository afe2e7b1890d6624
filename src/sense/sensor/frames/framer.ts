/** One frame of a device's stream. */
export interface Framed {
  /** The name the profile gives this kind of frame. */
  readonly name: string;
  /** A copy of its bytes, without the end of a line. */
  readonly frame: Uint8Array;
}

/** What every framer holds between two calls. */
export interface Holding {
  /** The bytes that may still become a frame, in memory of their own: see `kept`. */
  readonly held: Uint8Array;
}

/**
 * What came of some bytes. No byte is lost from the books: over any number of calls, bytes in = bytes of frames +
 * `skipped` + `aside` + what is held.
 */
export interface Pushed<State> {
  readonly state: State;
  readonly frames: readonly Framed[];
  /** Bytes thrown away: rubbish, and frames that failed. */
  readonly skipped: number;
  /** Bytes that are neither frame nor rubbish: ends of lines, and the echo of what was sent. */
  readonly aside: number;
  /** Frames that began and failed. */
  readonly failed: number;
  /** How many of the failed were longer than allowed, as a picture inside an event is. */
  readonly tooLong: number;
}

/**
 * Cuts a stream of bytes into frames. Pure: never throws on input, and any chunking of the same bytes gives the same
 * frames. After a failed frame it goes on at the next byte, so that a frame that was cut short never swallows the good
 * one behind it. What it holds is bounded, and time is linear in the bytes.
 */
export interface Framer<State extends Holding> {
  readonly start: State;
  push(state: State, bytes: Uint8Array): Pushed<State>;
}

/** Nothing held. */
export const EMPTY: Uint8Array = new Uint8Array(0);
