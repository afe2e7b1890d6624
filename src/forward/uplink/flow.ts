import type { ErrorCode } from "../../base/errors.ts";
import type { Row } from "../ports.ts";

/** What passes between the pump's core, which decides, and its shell, which acts. */

/** Both clocks at one instant: durations by `monoMs`, labels by `nowMs` (ms since the Unix epoch). */
export interface Moment {
  readonly monoMs: number;
  readonly nowMs: number;
  readonly clockSynced: boolean;
}

/** One row to publish now. */
export interface Send {
  readonly row: Row;
  /** From the backlog. */
  readonly late: boolean;
  /** Rest of its life. */
  readonly expirySeconds: number;
}

/** What people should hear of. */
export type Note =
  /** The broker does not take this topic now. */
  | { readonly what: "slow"; readonly topic: string; readonly code: ErrorCode; readonly reasonCode: number }
  /** A poison row was set aside; without a reason code the connection ended on it. */
  | { readonly what: "aside"; readonly row: Row; readonly reasonCode: number | null };
