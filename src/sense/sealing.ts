import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { PrivacyConfig } from "../config/schema.ts";
import type { Unkept } from "../handover/sense-end.ts";
import type { Baseline, GapReason, Output, Record, SealedMessage } from "../model.ts";
import type { CrashStore, ItemStore } from "./crash/crash-copy.ts";

/** The records of one closing instant, noised, on their way into a sealed message. */
export interface Unsealed {
  readonly endMs: number;
  /** Window lengths (seconds) that end here, ascending. */
  readonly lengths: readonly number[];
  /** One record for each output, in the same order, made under these privacy settings. */
  readonly outputs: readonly Output[];
  readonly records: readonly Record[];
  readonly privacy: PrivacyConfig;
  readonly baselines: readonly Baseline[];
  /** Monotonic ms of the close: how long the window has waited. */
  readonly closedAtMs: number;
  /** False when the wall clock that labelled it was never set: the record says so, whatever the clock is now. */
  readonly labelled: boolean;
}

/** Numbers of sealed messages, kept in the crash state. */
export interface Numbering {
  readonly epoch: string;
  nextSeq: number;
  /** No window that ends by then is sealed again. */
  lastSealedEndMs: number;
  /** The clock was set at least once since boot: from then on no window waits for it. */
  everSynced: boolean;
}

export interface SealingOptions {
  readonly crash: CrashStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly numbering: Numbering;
  /** Lab windows never wait for the clock. */
  readonly lab: boolean;
  readonly clockSynced: () => boolean;
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

/** What will never come: windows that were not sealed yet, or numbered messages. */
export interface Dropped {
  readonly endMs: number;
  readonly lengths: readonly number[];
  readonly number?: { readonly epoch: string; readonly seq: number };
}

/** Before the first sync of the clock a closed window waits at most this long for its true time (P18). */
const CLOCK_WAIT_MS = 60 * 60_000;
/** What sense holds for a forward that is away, and as much for windows that cannot be sealed. */
const MOST_ITEMS = 2_000;
const MOST_BYTES = 16 * 1024 * 1024;

/** From closed windows to sealed messages that wait for the handover, in the order of their ends. */
export class Sealing {
  readonly #options: SealingOptions;
  readonly #unkept = new Map<string, Unkept>();
  #busy: Promise<void> | undefined;
  /** Asked while busy: what came in the last moment must not wait for the next call. */
  #again = false;
  #stopped = false;
  #held: GapReason | undefined;

  constructor(options: SealingOptions) {
    this.#options = options;
    const { crash, numbering } = options;
    for (const name of crash.unkept.names()) {
      const unkept = JSON.parse(crash.unkept.get(name)) as Unkept;
      const { epoch, seq } = unkept.message;
      // Written before the number was committed, so never offered: its windows are still waiting.
      if (epoch === numbering.epoch && seq >= numbering.nextSeq) crash.unkept.remove(name);
      else this.#unkept.set(name, unkept);
    }
    for (const name of crash.waiting.names()) {
      if ((JSON.parse(crash.waiting.get(name)) as Unsealed).endMs <= numbering.lastSealedEndMs)
        crash.waiting.remove(name);
    }
  }

  /** Sealed messages that forward has not kept, oldest first. */
  unkept(): readonly Unkept[] {
    return [...this.#unkept.values()];
  }

  /** Closed windows that wait to be sealed. */
  get waiting(): number {
    return this.#options.crash.waiting.count;
  }

  /** Takes the records of a closing instant: durable in the crash copy when this returns. */
  add(closed: Omit<Unsealed, "labelled">): void {
    const { waiting } = this.#options.crash;
    const unsealed: Unsealed = {
      ...closed,
      labelled: this.#options.clockSynced() || this.#options.numbering.everSynced,
    };
    waiting.put(nameOf(unsealed.endMs), JSON.stringify(unsealed));
    while (isOver(waiting)) this.#dropWaiting();
  }

  /** Seals what may be sealed now. Resolves when nothing more can be done. */
  run(): Promise<void> {
    this.#again = true;
    this.#busy ??= this.#drainWhileAsked();
    return this.#busy;
  }

  /** Ends after the message that is being sealed, which is left to the next start. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#busy;
  }

  /** Forgets a message that forward keeps or will never take. */
  forget(epoch: string, seq: number): Unkept | undefined {
    for (const [name, unkept] of this.#unkept) {
      if (unkept.message.epoch !== epoch || unkept.message.seq !== seq) continue;
      this.#unkept.delete(name);
      this.#options.crash.unkept.remove(name);
      return unkept;
    }
    return undefined;
  }

  async #drainWhileAsked(): Promise<void> {
    try {
      while (this.#again) {
        this.#again = false;
        await this.#drain();
      }
    } finally {
      this.#busy = undefined;
    }
  }

  async #drain(): Promise<void> {
    const { crash, clock, lab, clockSynced, numbering } = this.#options;
    while (!this.#stopped) {
      const name = crash.waiting.names()[0];
      if (name === undefined) return;
      const unsealed = JSON.parse(crash.waiting.get(name)) as Unsealed;
      const synced = clockSynced();
      numbering.everSynced ||= synced;
      if (!lab && !numbering.everSynced && clock.monotonic() - unsealed.closedAtMs < CLOCK_WAIT_MS)
        return this.#hold("clock_unknown");
      if (!(await this.#sealOne(name, unsealed, !synced || !unsealed.labelled)))
        return this.#hold("no_city_key");
      if (this.#held === "clock_unknown") this.#options.log.info("clock.synced", { synced });
      this.#held = undefined;
    }
  }

  async #sealOne(name: string, unsealed: Unsealed, unsynced: boolean): Promise<boolean> {
    const { crash, numbering, commit, onSealed, seal } = this.#options;
    const { epoch, nextSeq: seq } = numbering;
    const message = await seal(unsealed, { epoch, seq }, unsynced);
    if (!message) return false;
    // Stopped, or dropped and declared meanwhile: nothing was numbered or offered.
    if (this.#stopped || crash.waiting.names()[0] !== name) return true;
    const unkept: Unkept = { message, baselines: unsealed.baselines };
    const unkeptName = `${nameOf(unsealed.endMs)}-${epoch}-${seq}`;
    crash.unkept.put(unkeptName, JSON.stringify(unkept));
    this.#unkept.set(unkeptName, unkept);
    // The number is committed before the message is offered, so that it never stands for other bytes.
    numbering.nextSeq = seq + 1;
    numbering.lastSealedEndMs = unsealed.endMs;
    commit();
    crash.waiting.remove(name);
    while (isOver(crash.unkept)) this.#dropUnkept();
    onSealed();
    return true;
  }

  #hold(reason: GapReason): void {
    if (this.#held !== reason) {
      const code = reason === "clock_unknown" ? "clock.unsynced" : "key.none_usable";
      this.#options.log.warn("window.held", { code });
    }
    this.#held = reason;
  }

  #dropWaiting(): void {
    const { crash, onDropped, log } = this.#options;
    const name = crash.waiting.names()[0] ?? "";
    const { endMs, lengths } = JSON.parse(crash.waiting.get(name)) as Unsealed;
    crash.waiting.remove(name);
    const reason = this.#held ?? "no_city_key";
    log.error("window.dropped", { reason });
    onDropped(reason, { endMs, lengths });
  }

  #dropUnkept(): void {
    const oldest = this.unkept()[0]?.message;
    if (!oldest) return;
    const { epoch, seq, endMs, lengths } = oldest;
    this.forget(epoch, seq);
    this.#options.log.error("window.dropped", { reason: "handover_full" });
    this.#options.onDropped("handover_full", { endMs, lengths, number: { epoch, seq } });
  }
}

function isOver({ count, bytes }: ItemStore): boolean {
  return count > MOST_ITEMS || bytes > MOST_BYTES;
}

/** Sorts by time until the year 5138. */
function nameOf(endMs: number): string {
  return String(endMs).padStart(14, "0");
}
