import { latin1 } from "./bytes.ts";
import type { Framer } from "./framer.ts";
import { type TextState, textFramer } from "./text.ts";

/** Lines of text. Characters are Latin-1, one byte each. */
export interface LineFrameSpec {
  readonly name: string;
  /** How every frame begins; it belongs to the frame. What stands before it is thrown away. */
  readonly start?: string | undefined;
  /** How every frame ends; no part of the frame. Without it CR, LF or both end it. */
  readonly end?: string | undefined;
  /** Bytes of the longest frame. */
  readonly max: number;
  /** A start inside a frame means that the frame was cut short: it fails, and a new one begins there. */
  readonly restartOnStart?: boolean | undefined;
}

/**
 * Frames with a start and an end, such as `$DFDMD,1, , , *` with start "$" and end "*", or plain lines. A frame never
 * reaches over the end of a line. Empty lines are nothing.
 */
export function lineFramer({ name, start, end, max, restartOnStart }: LineFrameSpec): Framer<TextState> {
  return textFramer({
    starts: start === undefined ? [] : [latin1(start)],
    atLineStart: false,
    end: end === undefined ? null : latin1(end),
    restart: restartOnStart ?? false,
    max,
    accept: (frame) => ({ name, frame }),
  });
}
