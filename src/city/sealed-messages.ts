import type { Clock } from "../base/clock.ts";
import type { ReadRecord, ReadWindowsMessage } from "../contract/windows.ts";
import type { GapKeeper } from "./gap-keeper.ts";
import { hasNumber, isLate, type Seen, withSeen } from "./gaps.ts";
import type { ReaderHandlers } from "./handlers.ts";
import type { Registry } from "./keys.ts";
import { hashOfBytes, markOfRecord } from "./marks.ts";
import type { Mark, Memory, MessageKey, WindowMark } from "./memory.ts";
import { type Opened, openSealed } from "./open.ts";
import { outcome, rejected, type Verdict } from "./outcome.ts";

/** What the two kinds of message have in common. */
export interface ReceiveParts {
  readonly handlers: ReaderHandlers;
  readonly memory: Memory;
  readonly clock: Clock;
  readonly gaps: GapKeeper;
  /** Called for every message that the gateway may forget: handled now or before. */
  readonly handled: (key: MessageKey) => void;
}

type OpenMessage = Extract<Opened, { ok: true }>;

interface Windows {
  readonly marks: readonly WindowMark[];
  /** Records never handed on before. */
  readonly fresh: readonly ReadRecord[];
  /** A window was seen before with another record. */
  readonly conflict: boolean;
}

/** Sealed messages: verify, open, deduplicate, hand on, mark, in this order. */
export class SealedMessages {
  readonly #parts: ReceiveParts & { readonly registry: Registry };

  constructor(parts: ReceiveParts & { readonly registry: Registry }) {
    this.#parts = parts;
  }

  async receive(gateway: string, payload: Uint8Array): Promise<Verdict> {
    const { registry, clock } = this.#parts;
    const opened = await openSealed(Buffer.from(payload).toString("latin1"), gateway, registry);
    if (!opened.ok) return rejected(opened.refusal);
    const { epoch, seq, endMs } = opened;
    const key: MessageKey = { stream: "sealed", gateway, epoch, seq };
    const hash = hashOfBytes(payload);
    const known = this.#known(key, hash);
    if (known) return known;
    const windows = this.#compare(opened);
    if (windows.conflict) return rejected("window_conflict", { epoch, seq });
    const mark = { ...key, endMs, markedMs: clock.realtime(), hash, windows: windows.marks };
    return this.#handOn(opened, mark, windows);
  }

  /** The verdict over a number that was seen before. */
  #known(key: MessageKey, hash: string): Verdict | null {
    const { memory, gaps, handled } = this.#parts;
    const before = memory.hashOf(key);
    // A number whose hash was forgotten by age was handled all the same.
    const same = before === null ? hasNumber(gaps.state(key.gateway), key.epoch, key.seq) : before === hash;
    if (!same) return before === null ? null : rejected("same_number_other_bytes", key);
    handled(key);
    return outcome("duplicate");
  }

  #compare({ gateway, endMs, windows }: OpenMessage): Windows {
    const seen = this.#parts.memory.windowsAt(gateway, endMs);
    const marks = windows.records.map(markOfRecord);
    const before = marks.map(({ window }) => seen.get(window));
    return {
      marks,
      fresh: windows.records.filter((_, index) => before[index] === undefined),
      conflict: marks.some(({ value }, index) => before[index] !== undefined && before[index] !== value),
    };
  }

  async #handOn(opened: OpenMessage, mark: Mark, { fresh }: Windows): Promise<Verdict> {
    const { handlers, gaps, handled } = this.#parts;
    const { gateway, epoch, seq, endMs } = opened;
    if (fresh.length > 0) {
      const receivedLate = isLate(gaps.state(gateway), epoch, seq);
      const windows: ReadWindowsMessage = { ...opened.windows, records: [...fresh] };
      await handlers.onWindow(windows, { gateway, epoch, seq, endMs, receivedLate });
    }
    await gaps.change(gateway, mark, (state, nowMs) => withSeen(state, seenOf(opened), nowMs));
    handled(mark);
    return outcome(fresh.length > 0 ? "handled" : "duplicate");
  }
}

function seenOf({ epoch, seq, endMs, lengths, windows }: OpenMessage): Seen {
  const anchored = !windows.records.some(({ flags }) => flags?.includes("clock_unsynced"));
  return { epoch, seq, endMs, lengths, anchored };
}
