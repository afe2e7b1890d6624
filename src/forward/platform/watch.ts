import type { Clock, Timer } from "../../base/clock.ts";
import { type ErrorCode, TelpostError } from "../../base/errors.ts";
import type { Log } from "../../base/log.ts";
import type { AlarmCondition, GatewayEvent, PlatformAlarm } from "../../model.ts";
import type { PlatformFiles } from "./files.ts";
import {
  conditionsOf,
  judgePlatform,
  nothingKnown,
  PLATFORM_CODES,
  type PlatformChange,
  type PlatformState,
} from "./judge.ts";

export interface PlatformWatchOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly read: () => PlatformFiles;
  /** What is wrong with the storage, as the outbox says. */
  readonly storage: () => ErrorCode | null;
  /** Keeps events for the city, or throws a TelpostError: then they are tried again at the next look. */
  readonly declare: (events: readonly GatewayEvent[]) => void;
}

const LOOK_MS = 30_000;

/**
 * Looks after the machine itself, in the process that owns the card and the network: nothing here follows people, and
 * whoever reads sensors has no time for a file system that hangs.
 */
export class PlatformWatch {
  readonly #options: PlatformWatchOptions;
  #state: PlatformState = nothingKnown;
  #timer: Timer | undefined;

  constructor(options: PlatformWatchOptions) {
    this.#options = options;
  }

  /** Looks now and from now on. */
  start(): void {
    this.#look();
    this.#timer = this.#options.clock.after("platform", LOOK_MS, () => this.start());
  }

  stop(): void {
    this.#timer?.cancel();
  }

  conditions(): Record<PlatformAlarm, AlarmCondition> {
    return conditionsOf(this.#state);
  }

  #look(): void {
    const { clock, read, storage, declare } = this.#options;
    const reading = { ...read(), storage: storage() };
    const { state, changes } = judgePlatform(this.#state, reading, clock.monotonic());
    try {
      if (changes.length > 0) declare(changes.map((change) => ({ kind: "platform", ...change })));
    } catch (failure) {
      // The storage is what fails, and says so itself.
      if (!(failure instanceof TelpostError)) throw failure;
      return;
    }
    const before = this.#state;
    this.#state = state;
    for (const change of changes) this.#log(change, before);
  }

  /** The city is told after a start what is well, too; in the log that would only be read as if something had been wrong. */
  #log({ what, state }: PlatformChange, before: PlatformState): void {
    const { log } = this.#options;
    if (state === "raised") log.warn("platform.raised", { code: PLATFORM_CODES[what] });
    else if (before[what]?.raised) log.info("platform.cleared", { what });
  }
}
