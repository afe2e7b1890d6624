import type { ErrorBucket } from "../model.ts";

/** How long a line is listened to at most, s. */
export const MOST_SNIFF_SECONDS = 60;

/**
 * What is wrong with a frame: the length it says, how it ends, its check value, longer than any, cut short by the next one
 * or by the end of its line, or it cannot be read as what it is.
 */
export const FAULTS = ["length", "tail", "check", "too_long", "cut", "form"] as const;
export type Fault = (typeof FAULTS)[number];

/** A frame that began and failed. */
export interface Failure {
  readonly frame: string;
  readonly why: Fault;
  /** The byte that is wrong, from the first one of the frame; null where frames have no fixed places. */
  readonly at: number | null;
}

/** A kind of frame, as the profile of the sensor says it is: nothing that came is in it. */
export interface FrameKind {
  readonly name: string;
  /** How each begins, in hex; empty where it may begin with anything. */
  readonly header: string;
  /** Its length in bytes. */
  readonly bytes: string;
}

/** ms, each rounded to 1, 2 or 5 times a power of ten; 0: less than one. */
export interface Timing {
  /** Of a device that is asked the time from each question to its answer; else from frame to frame. */
  readonly since: "frame" | "question";
  readonly least: number;
  readonly median: number;
  readonly most: number;
}

/** The conversation in that time: what the gateway asked, and what became of it. */
export interface Talk {
  /** Commands and questions sent. */
  readonly asked: number;
  readonly timeouts: number;
  /** The device is there and says no. */
  readonly refusals: number;
  /** Times that the device was started anew. */
  readonly restarts: number;
  /** The line sends back what the gateway says. */
  readonly echoes: boolean;
}

/** What `telpost sniff` tells of the line of a sensor. No function of people. */
export interface Sniffed {
  readonly sensor: string;
  readonly profile: string;
  readonly ports: readonly string[];
  /** How long it was listened. */
  readonly seconds: number;
  /** `rubbish`: bytes, of which none are its frames. `not asked`: it speaks when asked, and was not asked in this time. */
  readonly hears: "frames" | "rubbish" | "nothing" | "not asked";
  readonly kinds: readonly FrameKind[];
  /** Null when there were too few frames, or they may not be told. */
  readonly timing: Timing | null;
  /** From frame to frame, as its profile says; null where it says nothing. */
  readonly nominalMs: number | null;
  /** Frames that failed: `many` is one in ten and more. Null where frames that may be passages would be among them. */
  readonly errors: ErrorBucket | null;
  /** Each kind of failure once, however often it was. */
  readonly failures: readonly Failure[];
  /** Null for a device that is never talked to. */
  readonly talk: Talk | null;
}
