import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { GapReason, SealedMessage } from "../model.ts";
import type { CrashStore } from "./crash/crash-copy.ts";
import type { Dropped, Numbering, Unsealed } from "./unsealed.ts";
import type { Rebox } from "./waiting.ts";

/** What the sealing works with. */
export interface SealingOptions {
  readonly crash: CrashStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly numbering: Numbering;
  /** Lab windows never wait for the clock. */
  readonly lab: boolean;
  readonly clockSynced: () => boolean;
  readonly rebox: Rebox;
  /** Whether a label of a clock that was never set can be delivered at all. */
  readonly isPlausible: (endMs: number) => boolean;
  /** When the crash state was written that this run goes on from, monotonic ms. */
  readonly savedAtMs?: number | undefined;
  /** Seals, or returns null while there is no usable city key. */
  readonly seal: (
    unsealed: Unsealed,
    number: { epoch: string; seq: number },
    unsynced: boolean,
  ) => Promise<SealedMessage | null>;
  /** The numbering changed: write the crash state before going on. */
  readonly commit: () => void;
  readonly onSealed: () => void;
  readonly onDropped: (reason: GapReason, dropped: Dropped) => void;
}
