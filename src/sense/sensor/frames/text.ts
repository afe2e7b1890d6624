import { assert } from "../../../base/assert.ts";
import { copyOf, joined, kept, matchAt } from "./bytes.ts";
import { EMPTY, type Framed, type Framer, type Holding, type Pushed } from "./framer.ts";

/** How text is cut into frames; the framers for lines, JSON and DCON are settings of it. */
export interface TextRules {
  /** A frame begins with one of these, which belongs to it; none: any byte but CR and LF begins one. */
  readonly starts: readonly Uint8Array[];
  /** A frame begins only at the start of the stream or behind CR or LF. */
  readonly atLineStart: boolean;
  /** What ends a frame and is no part of it; null: CR or LF. */
  readonly end: Uint8Array | null;
  /** A start inside a frame means that the frame was cut short: it fails, and a new one begins there. */
  readonly restart: boolean;
  /** Bytes of the longest frame. */
  readonly max: number;
  /** What to make of the bytes of a frame; "aside": neither a frame nor rubbish. */
  accept(frame: Uint8Array): Framed | "failed" | "aside";
}

export interface TextState extends Holding {
  /** How much of what is held was looked at. */
  readonly seen: number;
  readonly mode: Mode;
}

type Mode =
  /** Between frames; a frame that must begin at the start of a line may begin here. */
  | "line-start"
  /** Between frames, inside a line. */
  | "between"
  /** In a frame. */
  | "frame"
  /** Behind the beginning of a frame that was too long: thrown away until an end. */
  | "skipping";

const LF = 10;
const CR = 13;

/**
 * A frame runs from its start to its end. CR and LF end a line for good: a frame that is not complete there fails,
 * unless its own end holds one of them. Empty lines are nothing. Holds at most `max` bytes and the beginning of a
 * delimiter.
 */
export function textFramer(rules: TextRules): Framer<TextState> {
  for (const start of rules.starts) {
    assert(start.length > 0 && start.length <= rules.max, "a frame begins with something that fits in it");
  }
  assert(rules.end?.length !== 0, "a frame ends with something");
  const marked = { ...rules, stops: stopsOf(rules) };
  return {
    start: { held: EMPTY, seen: 0, mode: "line-start" },
    push: (state, bytes) => new Scan(marked, joined(state.held, bytes), state).run(),
  };
}

/** Marks the bytes at which a frame may end, break or begin anew: all others inside it mean nothing. */
function stopsOf({ starts, end, restart }: TextRules): Uint8Array {
  const stops = new Uint8Array(256);
  for (const [first] of [[CR], [LF], end ?? [], ...(restart ? starts : [])])
    if (first !== undefined) stops[first] = 1;
  return stops;
}

/** One pass over what is held and what came. It lives for one call. */
class Scan {
  readonly #rules: TextRules & { readonly stops: Uint8Array };
  readonly #bytes: Uint8Array;
  /** Where the bytes begin that are not yet accounted for. */
  #from = 0;
  #at: number;
  #mode: Mode;
  readonly #frames: Framed[] = [];
  #skipped = 0;
  #aside = 0;
  #failed = 0;
  #tooLong = 0;

  constructor(
    rules: TextRules & { readonly stops: Uint8Array },
    bytes: Uint8Array,
    { seen, mode }: TextState,
  ) {
    this.#rules = rules;
    this.#bytes = bytes;
    this.#at = seen;
    this.#mode = mode;
  }

  run(): Pushed<TextState> {
    let going = true;
    while (going && this.#at < this.#bytes.length) going = this.#step();
    const held = kept(this.#bytes, this.#from);
    return {
      state: { held, seen: this.#at - this.#from, mode: this.#mode },
      frames: this.#frames,
      skipped: this.#skipped,
      aside: this.#aside,
      failed: this.#failed,
      tooLong: this.#tooLong,
    };
  }

  /** False when more bytes are wanted to go on. */
  #step(): boolean {
    if (this.#mode === "frame") return this.#inFrame();
    if (this.#mode === "skipping") return this.#untilEnd();
    return this.#between();
  }

  #between(): boolean {
    const { starts, atLineStart } = this.#rules;
    const start = !atLineStart || this.#mode === "line-start" ? this.#startAt(this.#at) : 0;
    if (start < 0) return false;
    if (start === 0 && this.#isNewline()) return this.#putAside(1, "line-start");
    if (start === 0 && starts.length > 0) return this.#throwAway(this.#at + 1, "between");
    this.#at += start;
    this.#mode = "frame";
    return true;
  }

  #inFrame(): boolean {
    this.#toStop();
    if (this.#at === this.#bytes.length) return false;
    const end = this.#endAt();
    if (end < 0) return false;
    if (end > 0) return this.#finish(end);
    if (this.#breaksFrame()) return this.#fail(this.#at, "between");
    if (this.#rules.restart) {
      const start = this.#startAt(this.#at);
      if (start < 0) return false;
      if (start > 0) return this.#fail(this.#at, "between");
    }
    if (this.#at - this.#from >= this.#rules.max) return this.#failTooLong();
    this.#at++;
    return true;
  }

  /** On to the next byte that may mean something, within the longest frame. */
  #toStop(): void {
    const bytes = this.#bytes;
    const { max, stops } = this.#rules;
    const limit = Math.min(bytes.length, this.#from + max);
    let at = this.#at;
    while (at < limit && stops[bytes[at] ?? 0] === 0) at++;
    this.#at = at;
  }

  #untilEnd(): boolean {
    const end = this.#endAt();
    if (end < 0) return false;
    if (end > 0) return this.#putAside(end, this.#behindEnd);
    if (this.#breaksFrame()) return this.#throwAway(this.#at, "between");
    return this.#throwAway(this.#at + 1, "skipping");
  }

  #finish(end: number): boolean {
    const frame = copyOf(this.#bytes, this.#from, this.#at);
    const result = frame.length === 0 ? "aside" : this.#rules.accept(frame);
    if (result === "failed") this.#fail(this.#at, "between");
    else if (result === "aside") this.#aside += frame.length;
    else this.#frames.push(result);
    return this.#putAside(end, this.#behindEnd);
  }

  /** Goes on at the next start inside the frame that failed; what lies before its end was looked at already. */
  #failTooLong(): boolean {
    this.#tooLong++;
    const { starts, atLineStart } = this.#rules;
    if (starts.length === 0 || atLineStart) return this.#fail(this.#at, "skipping");
    let next = this.#from + 1;
    while (next < this.#at && this.#startAt(next) === 0) next++;
    const whole = next < this.#at ? this.#startAt(next) : 0;
    this.#fail(next, "between");
    const reach = next + whole;
    if (whole > 0 && reach <= this.#at) this.#mode = "frame";
    else this.#at = next;
    return true;
  }

  #fail(upTo: number, mode: Mode): boolean {
    this.#failed++;
    const at = this.#at;
    this.#throwAway(upTo, mode);
    this.#at = at;
    return true;
  }

  #throwAway(upTo: number, mode: Mode): boolean {
    this.#skipped += upTo - this.#from;
    this.#from = this.#at = upTo;
    this.#mode = mode;
    return true;
  }

  #putAside(count: number, mode: Mode): boolean {
    this.#aside += count;
    this.#at += count;
    this.#from = this.#at;
    this.#mode = mode;
    return true;
  }

  /** The length of the end at this place, 0 if there is none, below 0 if more bytes are wanted to say. */
  #endAt(): number {
    const { end } = this.#rules;
    if (end === null) return this.#isNewline() ? 1 : 0;
    return lengthIf(matchAt(this.#bytes, this.#at, end), end);
  }

  /** As `#endAt`, for the first of the starts that is not ruled out. */
  #startAt(at: number): number {
    for (const start of this.#rules.starts) {
      const length = lengthIf(matchAt(this.#bytes, at, start), start);
      if (length !== 0) return length;
    }
    return 0;
  }

  /** A line ends here, and with it a frame that has another end. */
  #breaksFrame(): boolean {
    const { end } = this.#rules;
    return this.#isNewline() && !(end?.includes(CR) || end?.includes(LF));
  }

  #isNewline(): boolean {
    const byte = this.#bytes[this.#at];
    return byte === LF || byte === CR;
  }

  get #behindEnd(): Mode {
    return this.#rules.end === null ? "line-start" : "between";
  }
}

function lengthIf(matches: "yes" | "no" | "maybe", pattern: Uint8Array): number {
  if (matches === "no") return 0;
  return matches === "yes" ? pattern.length : -1;
}
