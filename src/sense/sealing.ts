import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Unkept } from "../handover/sense-end.ts";
import type { GapReason, SealedMessage } from "../model.ts";
import { type CrashStore, isFull } from "./crash/crash-copy.ts";
import { joined, type Rebox, relabelledItems } from "./relabel.ts";
import { type Dropped, type Numbering, nameOf, type Unsealed } from "./unsealed.ts";

export interface SealingOptions {
  readonly crash: CrashStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly numbering: Numbering;
  /** Lab windows never wait for the clock. */
  readonly lab: boolean;
  readonly clockSynced: () => boolean;
  readonly rebox: Rebox;
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

/** Before the first sync of the clock a closed window waits at most this long for its true time (P18). */
const CLOCK_WAIT_MS = 60 * 60_000;
/** From closed windows to sealed messages that wait for the handover, in the order of their ends. */
export class Sealing {
  readonly #options: SealingOptions;
  readonly #unkept = new Map<string, Unkept>();
  #busy: Promise<void> | undefined;
  /** Asked while busy: what came in the last moment must not wait for the next call. */
  #again = false;
  #stopped = false;
  /** Rises when what waits is labelled anew. */
  #labelling = 0;
  #held: GapReason | undefined;
  #onTimeKnown: (() => void)[] = [];

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

  /** Messages sealed in this epoch: one for each closing instant, whatever was counted. */
  get sealed(): number {
    return this.#options.numbering.nextSeq;
  }

  /** Changes with each window that is sealed; null while none waits, or what waits is held for a reason that was told. */
  get waitingSince(): number | null {
    const { crash, numbering } = this.#options;
    return crash.waiting.count === 0 || this.#held ? null : numbering.nextSeq;
  }

  /** Takes the records of a closing instant: durable in the crash copy when this returns. */
  add(unsealed: Unsealed): void {
    const { waiting } = this.#options.crash;
    const name = nameOf(unsealed.endMs);
    // After labels were moved a longer window may end where a shorter one waits already: they are one message.
    const other = waiting.names().includes(name) ? (JSON.parse(waiting.get(name)) as Unsealed) : undefined;
    waiting.put(name, JSON.stringify(other ? joined(other, unsealed) : unsealed));
    while (isFull(waiting)) this.#dropWaiting();
  }

  /** Whether a step of the clock moves labels: before it is set, as long as no later window was sealed. */
  movesLabels(stepMs: number): boolean {
    const { lab, numbering } = this.#options;
    return !lab && !numbering.everSynced && (numbering.nextSeq === 0 || stepMs > 0);
  }

  /** Labels what waits by a clock that is set now. Killed in between, doing it again ends the same way. */
  relabel(offsetMs: number): void {
    const { crash, rebox } = this.#options;
    this.#labelling++;
    const before = crash.waiting.names();
    const items = before.map((name) => JSON.parse(crash.waiting.get(name)) as Unsealed);
    const after = relabelledItems(items, offsetMs, rebox);
    for (const item of after) crash.waiting.put(nameOf(item.endMs), JSON.stringify(item));
    const kept = new Set(after.map(({ endMs }) => nameOf(endMs)));
    for (const name of before) if (!kept.has(name)) crash.waiting.remove(name);
  }

  get everSynced(): boolean {
    return this.#options.numbering.everSynced;
  }

  /** Labels are as true as they will be: the clock is set, or has not been for too long. */
  get timeKnown(): boolean {
    const { lab, numbering } = this.#options;
    return lab || numbering.everSynced || numbering.nextSeq > 0;
  }

  /** Calls back once labels are final, now if they are. */
  whenTimeKnown(fn: () => void): void {
    if (this.timeKnown) fn();
    else this.#onTimeKnown.push(fn);
  }

  /** The clock is set: what waited for it goes out. */
  clockIsSet(): void {
    this.#options.numbering.everSynced = true;
    this.#tellTimeKnown();
    void this.run();
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
      const name = this.#oldest();
      if (name === undefined) return;
      const unsealed = JSON.parse(crash.waiting.get(name)) as Unsealed;
      const { everSynced } = numbering;
      if (!lab && !everSynced && clock.monotonic() - unsealed.closedAtMs < CLOCK_WAIT_MS)
        return this.#hold("clock_unknown");
      this.#tellTimeKnown();
      const unsynced = !everSynced || !clockSynced() || unsealed.moved;
      if (!(await this.#sealOne(name, unsealed, unsynced))) return this.#hold("no_city_key");
      if (this.#held === "clock_unknown") this.#options.log.info("clock.synced", { synced: everSynced });
      this.#held = undefined;
    }
  }

  /** Labels may have been moved back, so that the first one made is not always the first in time. */
  #oldest(): string | undefined {
    const names = this.#options.crash.waiting.names();
    return names.reduce<string | undefined>(
      (first, name) => (!first || name < first ? name : first),
      undefined,
    );
  }

  #tellTimeKnown(): void {
    const waiting = this.#onTimeKnown;
    this.#onTimeKnown = [];
    for (const fn of waiting) fn();
  }

  async #sealOne(name: string, unsealed: Unsealed, unsynced: boolean): Promise<boolean> {
    const { crash, numbering, commit, onSealed, seal } = this.#options;
    const { epoch, nextSeq: seq } = numbering;
    const labelling = this.#labelling;
    const message = await seal(unsealed, { epoch, seq }, unsynced);
    if (!message) return false;
    // Stopped, dropped and declared, or labelled anew meanwhile: nothing was numbered or offered.
    if (this.#stopped || this.#labelling !== labelling || this.#oldest() !== name) return true;
    const unkept: Unkept = { message, baselines: unsealed.baselines };
    const unkeptName = `${nameOf(unsealed.endMs)}-${epoch}-${seq}`;
    crash.unkept.put(unkeptName, JSON.stringify(unkept));
    this.#unkept.set(unkeptName, unkept);
    // The number is committed before the message is offered, so that it never stands for other bytes.
    numbering.nextSeq = seq + 1;
    numbering.lastSealedEndMs = unsealed.endMs;
    commit();
    crash.waiting.remove(name);
    while (isFull(crash.unkept)) this.#dropUnkept();
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
    const name = this.#oldest() ?? "";
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
