import type { PortName } from "../engine.ts";

/**
 * A conversation as plain data: what to send to a device, in what order and how often, and what must come back.
 * Made from a profile and its settings; it names no device. All times are ms.
 */
export interface DialogueScript {
  /** Sent in order after each opening, and again after a failure or silence. */
  readonly init: readonly InitStep[];
  /** Asked for ever once the init is through. One request is outstanding at a time, over all polls and ports. */
  readonly polls: readonly Poll[];
  readonly liveness: Liveness;
  /** On a bus the adapter may hear its own request: a frame identical to it is then no answer. */
  readonly bus?: "rs485";
  /** Least time between the end of one exchange and the next request, such as the 3.5 characters of Modbus RTU; default 0. */
  readonly gapMs?: number;
}

/** One command. */
export interface InitStep {
  readonly port: PortName;
  readonly send: Uint8Array;
  /** Null: nothing is awaited, and the step is over when it is sent. */
  readonly expect: Expect | null;
  /** From sending to giving this attempt up; at least 1. Means nothing without `expect`. */
  readonly timeoutMs: number;
  /** How often it is sent again after a time-out. A refusal is final. */
  readonly retries: number;
  /** Least time from the end of this step to the next sending. */
  readonly gapMs: number;
  /** Runs even after an earlier step failed, such as leaving a configuration mode in which nothing is reported. */
  readonly always: boolean;
}

/** One request that is repeated. */
export interface Poll {
  /** What messages of the profile call it in `when.poll`. */
  readonly name: string;
  readonly port: PortName;
  readonly send: Uint8Array;
  readonly expect: FrameExpect;
  /** First at once, then on a fixed grid, at most once for each place of it: what a busy line delays comes late. At least 1. */
  readonly everyMs: number;
  /** At least 1. */
  readonly timeoutMs: number;
  readonly retries: number;
}

/** How the device shows that it lives. */
export type Liveness =
  /** Silent when `missedPolls` (default 3) polls in a row, retries included, or all polls of `silentAfterMs`, stay unanswered. */
  | { readonly kind: "poll"; readonly silentAfterMs: number; readonly missedPolls?: number }
  /** Silent after `silentAfterMs` without a frame of any kind. */
  | { readonly kind: "frames" | "heartbeat"; readonly silentAfterMs: number }
  /** Its silence says nothing. */
  | { readonly kind: "none" };

/** What counts as the answer. */
export type Expect = TextExpect | FrameExpect;
/** What counts as the answer among frames that a framer has cut out and checked. */
export type FrameExpect = FrameMatch | ModbusAnswer | DconAnswer;

/** Texts in the raw bytes of the step's port, wherever they are cut. A character is a byte (Latin-1), so any bytes can be named. */
export interface TextExpect {
  readonly kind: "text";
  /** The first of these to come is the answer. */
  readonly any: readonly string[];
  /** Count only behind the device's echo of what was sent: a prompt that belongs to the step before never does. */
  readonly afterEcho?: readonly string[];
  /** The device says no: the step fails at once. */
  readonly refuse?: readonly string[];
}

/** A frame for which everything given here holds. */
export interface FrameMatch {
  readonly kind: "frame";
  /** The name of the frame in the profile. */
  readonly frame?: string;
  /** Its first bytes. */
  readonly starts?: Uint8Array;
  /** Of a JSON frame: JSON Pointers (RFC 6901) and the values they must have. */
  readonly json?: Readonly<Record<string, string | number | boolean | null>>;
  /** Of a JSON frame: JSON Pointers at which there must be something. */
  readonly has?: readonly string[];
}

/** A Modbus RTU answer, known by unit, function and length. Made by `modbus.ts`. */
export interface ModbusAnswer {
  readonly kind: "modbus";
  readonly unit: number;
  readonly fc: number;
  /** Length of the whole answer, unit and CRC included. */
  readonly bytes: number;
  /** The request, where the answer is the same again. */
  readonly repeats?: Uint8Array;
}

/** A DCON answer without its CR: `>` and digits, or `?AA` when the module says no. Made by `dcon.ts`. */
export interface DconAnswer {
  readonly kind: "dcon";
  readonly unit: number;
  /** Hex digits behind `>`. */
  readonly digits: number;
  /** Two more digits follow, which the framer has checked. */
  readonly checksum: boolean;
}
