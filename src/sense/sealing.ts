import type { Unkept } from "../handover/sense-end.ts";
import type { GapReason } from "../model.ts";
import { isFull } from "./crash/crash-copy.ts";
import { SealedDiary } from "./diary.ts";
import type { SealingOptions } from "./sealing-options.ts";
import type { ClosedWindows, Unsealed } from "./unsealed.ts";
import { type Waiting, WaitingWindows } from "./waiting.ts";

/** Before the first sync of the clock a closed window waits at most this long for its true time (P18). */
const CLOCK_WAIT_MS = 60 * 60_000;

/** From closed windows to sealed messages that wait for the handover, in the order of their ends. */
export class Sealing {
  readonly diary = new SealedDiary();
  readonly #options: SealingOptions;
  readonly #waiting: WaitingWindows;
  readonly #unkept = new Map<string, Unkept>();
  #busy: Promise<void> | undefined;
  /** Asked while busy: what came in the last moment must not wait for the next call. */
  #again = false;
  /** What waits for the clock is lost unless it goes out now. */
  #hurried = false;
  #stopped = false;
  /** Rises when what waits is labelled anew. */
  #labelling = 0;
  #held: GapReason | undefined;
  #onTimeKnown: (() => void)[] = [];

  constructor(options: SealingOptions) {
    this.#options = options;
    const { crash, numbering, rebox } = options;
    this.#waiting = new WaitingWindows(crash.waiting, rebox);
    this.#waiting.removeAfter(options.savedAtMs ?? Number.POSITIVE_INFINITY);
    this.#waiting.removeSealed(numbering.lastSealed);
    for (const name of crash.unkept.names()) {
      const unkept = JSON.parse(crash.unkept.get(name)) as Unkept;
      const { epoch, seq } = unkept.message;
      // Written before the number was committed, so never offered: its windows are still waiting.
      if (epoch === numbering.epoch && seq >= numbering.nextSeq) crash.unkept.remove(name);
      else this.#unkept.set(name, unkept);
    }
  }

  /** Sealed messages that forward has not kept, oldest first. */
  unkept(): readonly Unkept[] {
    return [...this.#unkept.values()];
  }

  /** Closed windows that wait to be sealed. */
  get waiting(): number {
    return this.#waiting.count;
  }

  /** Messages sealed in this epoch: one for each closing instant, whatever was counted. */
  get sealed(): number {
    return this.#options.numbering.nextSeq;
  }

  /** Changes with each window that is sealed; null while none waits, or what waits is held for a reason that was told. */
  get waitingSince(): number | null {
    return this.#waiting.count === 0 || this.#held ? null : this.#options.numbering.nextSeq;
  }

  /** Why closed windows are not sealed; null while they are. */
  get heldFor(): GapReason | null {
    return this.#held ?? null;
  }

  /** Takes the records of a closing instant: durable in the crash copy when this returns. */
  add(closed: readonly ClosedWindows[]): void {
    this.#waiting.add(closed);
    while (isFull(this.#options.crash.waiting)) this.#dropWaiting();
  }

  /** Whether a step of the clock moves labels: before it is set, as long as no later window was sealed. */
  movesLabels(stepMs: number): boolean {
    const { lab, numbering } = this.#options;
    return !lab && !numbering.everSynced && (numbering.nextSeq === 0 || stepMs > 0);
  }

  /** Labels what waits by another clock; see WaitingWindows. What is being sealed meanwhile is sealed again. */
  relabel(offsetMs: number, openStarts: ReadonlyMap<number, number>): void {
    this.#labelling++;
    this.#waiting.relabel(offsetMs, openStarts);
  }

  /** Windows went out under the labels of a clock that was never set. */
  get wentOutUnset(): boolean {
    const { lab, numbering } = this.#options;
    return !lab && !numbering.everSynced && numbering.nextSeq > 0;
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

  /** Seals what waits, what waits for the clock too: under the best label there is, as after the longest wait (P18). */
  async runHurried(): Promise<void> {
    this.#hurried = true;
    await this.run();
    this.#hurried = false;
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
    const { clockSynced, numbering } = this.#options;
    while (!this.#stopped) {
      const waiting = this.#waiting.oldest();
      if (!waiting) return;
      const { unsealed } = waiting;
      const { everSynced } = numbering;
      if (this.#waitsForClock(unsealed)) return this.#hold("clock_unknown");
      this.#tellTimeKnown();
      const unsynced = !everSynced || !clockSynced() || unsealed.moved;
      if (!(await this.#sealOne(waiting, unsynced))) return this.#hold("no_city_key");
      if (this.#held === "clock_unknown") this.#options.log.info("clock.synced", { synced: everSynced });
      this.#held = undefined;
    }
  }

  #waitsForClock({ closedAtMs, endMs }: Unsealed): boolean {
    const { clock, lab, numbering, isPlausible } = this.#options;
    if (lab || numbering.everSynced) return false;
    const mayWait = !this.#hurried && clock.monotonic() - closedAtMs < CLOCK_WAIT_MS;
    return mayWait || !isPlausible(endMs);
  }

  #tellTimeKnown(): void {
    const waiting = this.#onTimeKnown;
    this.#onTimeKnown = [];
    for (const fn of waiting) fn();
  }

  async #sealOne({ names, unsealed }: Waiting, unsynced: boolean): Promise<boolean> {
    const { crash, clock, numbering, commit, onSealed, seal } = this.#options;
    const { epoch, nextSeq: seq } = numbering;
    const labelling = this.#labelling;
    const message = await seal(unsealed, { epoch, seq }, unsynced);
    if (!message) return false;
    // Stopped, or labelled anew or dropped meanwhile: nothing was numbered or offered.
    if (this.#stopped || this.#labelling !== labelling) return true;
    const unkept: Unkept = { message, baselines: unsealed.baselines };
    const unkeptName = `${names[0]}-${epoch}-${seq}`;
    crash.unkept.put(unkeptName, JSON.stringify(unkept));
    this.#unkept.set(unkeptName, unkept);
    // The number is committed before the message is offered, so that it never stands for other bytes.
    numbering.nextSeq = seq + 1;
    const { lengths, endMs } = unsealed;
    numbering.lastSealed = {
      ...numbering.lastSealed,
      ...Object.fromEntries(lengths.map((seconds) => [seconds, endMs])),
    };
    commit();
    const told = { epoch, seq, endMs, lengths, sealedAtMs: clock.realtime(), clockSynced: !unsynced };
    this.diary.add(told, unsealed.records);
    this.#waiting.remove(names);
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
    const { onDropped, log } = this.#options;
    const oldest = this.#waiting.oldest();
    if (!oldest) return;
    this.#labelling++;
    const { endMs, lengths } = oldest.unsealed;
    this.#waiting.remove(oldest.names);
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
