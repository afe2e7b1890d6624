import { assert } from "../base/assert.ts";
import type { Clock, Timer } from "../base/clock.ts";
import { type ErrorCode, TelpostError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import { mayWalk, usesThatCount, WALK_TEST_MS, type WalkUse } from "../contract/walk-limits.ts";
import type { WalkReply } from "../handover/walk-asking.ts";
import type { GatewayEvent, WalkEnd, WalkVerdict } from "../model.ts";
import type { Conversation } from "../ops/conversation.ts";
import { type FromEngineer, fromEngineer, type ToEngineer } from "../walk/talk.ts";
import { judgeWalk, type Passages } from "../walk/verdict.ts";
import type { Core } from "./core.ts";
import type { LineTaps } from "./line-taps.ts";
import { mayShowBytes, WalkBytes } from "./walk-bytes.ts";
import { lineToWalk } from "./walk-line.ts";
import type { WalkOutcome } from "./walk-record.ts";
import type { WalkFacts } from "./walk-tap.ts";

type Begin = Extract<FromEngineer, { say: "begin" }>;
type WalkEvent = Extract<GatewayEvent, { kind: "walk_test" }>;

export interface WalkDeskOptions {
  readonly core: Core;
  readonly bootId: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly taps: LineTaps;
  /** Asks forward to count it. */
  readonly ask: (atMs: number, event: WalkEvent) => Promise<WalkReply>;
  /** Makes and signs the commissioning record. */
  readonly sign: (facts: WalkFacts, outcome: WalkOutcome) => Promise<string>;
}

/** Who opens the socket and says nothing must not hold it. */
const IDLE_MS = 5_000;

const REFUSALS: Readonly<Record<Exclude<WalkReply, "granted">, ErrorCode>> = {
  too_soon: "walk.too_soon",
  too_many: "walk.too_many",
  not_kept: "walk.not_counted",
  absent: "walk.no_forward",
};

/** Serves walk tests, one at a time: the only place where a live exact count leaves this process (P15). */
export class WalkDesk {
  readonly #options: WalkDeskOptions;
  /** Those of this process, beside what forward counts: a forward that grants everything gains nothing. */
  #uses: readonly WalkUse[] = [];
  #busy = false;
  #stopped = false;

  constructor(options: WalkDeskOptions) {
    this.#options = options;
  }

  /** A test that the death of this process ended is told now. */
  async tellInterrupted(): Promise<void> {
    const { core } = this.#options;
    const { facts } = core.walk;
    if (!facts) return;
    // A window that opened just before that death was not marked yet.
    core.markUnderTest();
    await this.#conclude(facts, { how: "restarted", walked: null, verdict: [] });
  }

  serve(conversation: Conversation): void {
    const idle = this.#options.clock.after("walk test idle", IDLE_MS, () => conversation.end());
    conversation.onClose(() => idle.cancel());
    conversation.onLine((value) => {
      idle.cancel();
      conversation.onLine(() => {});
      void this.#open(value, conversation);
    });
  }

  /** Ends what runs without a word: what is left is told after the next start. */
  stop(): void {
    this.#stopped = true;
  }

  async #open(value: unknown, conversation: Conversation): Promise<void> {
    const asked = fromEngineer.safeParse(value);
    try {
      if (!asked.success || asked.data.say !== "begin") throw new TelpostError("walk.unclear");
      if (this.#busy) throw new TelpostError("walk.running");
      this.#busy = true;
      try {
        await this.#run(asked.data, conversation);
      } finally {
        this.#busy = false;
      }
    } catch (failure) {
      if (!(failure instanceof TelpostError)) throw failure;
      this.#options.log.warn("walk.refused", { code: failure.code });
      tell(conversation, { say: "refused", code: failure.code, detail: failure.detail.slice(0, 400) });
    }
    conversation.end();
  }

  async #run(asked: Begin, conversation: Conversation): Promise<void> {
    const { core, clock, log } = this.#options;
    const { feed, line } = lineToWalk(core.feeds, asked);
    const { sensor, operator, reason, bytes = false } = asked;
    if (bytes && !mayShowBytes(feed.sensor)) throw new TelpostError("walk.no_bytes", sensor);
    const facts = { sensor, line, operator, reason, bytes, beganMs: Math.round(clock.realtime()) };
    await this.#count(facts);
    log.info("walk.began", { sensor });
    const stopBytes = bytes ? this.#showBytes(feed, conversation) : () => {};
    const end = await new Promise<WalkEnded>((done) => this.#walk({ facts, feed, conversation, done }));
    stopBytes();
    if (this.#stopped) return;
    core.markUnderTest();
    core.walk.end();
    const record = await this.#conclude(facts, end);
    tell(conversation, { say: "over", how: end.how, verdict: [...end.verdict], record });
  }

  /** Counted and its event kept, before anything is shown. @throws TelpostError walk.* */
  async #count({ beganMs, ...who }: WalkFacts): Promise<void> {
    const { clock, bootId, ask } = this.#options;
    const use = { atMs: beganMs, monotonicMs: clock.monotonic(), bootId };
    const own = mayWalk(this.#uses, use);
    const untilMs = beganMs + WALK_TEST_MS;
    const answer = own === "granted" ? await ask(beganMs, { kind: "walk_test", ...who, untilMs }) : own;
    if (answer !== "granted") throw new TelpostError(REFUSALS[answer]);
    this.#uses = [...usesThatCount(this.#uses, use), use];
  }

  /** @returns how to show no more */
  #showBytes({ sensor }: Core["feeds"][number], conversation: Conversation): () => void {
    const { taps, clock } = this.#options;
    const bytes = new WalkBytes(sensor, clock.monotonic(), (told) => tell(conversation, told));
    return taps.listen(sensor.id, bytes);
  }

  /** From the start to whatever ends it. */
  #walk({ facts, feed, conversation, done }: Walking): void {
    const { core, clock } = this.#options;
    const unfinished = (how: WalkEnd) => ({ how, walked: null, verdict: [] });
    let first: Passages | null = null;
    let timer: Timer | undefined;
    const finish = (end: WalkEnded) => {
      timer?.cancel();
      done(end);
    };
    timer = clock.after("walk test", WALK_TEST_MS, () => finish(unfinished("time_over")));
    conversation.onClose(() => finish(unfinished("hung_up")));
    conversation.onLine((value) => {
      const said = fromEngineer.safeParse(value).data;
      if (said?.say === "first") first ??= core.walk.seen;
      if (said?.say !== "done" || said.walked.in + said.walked.out === 0) return;
      const { walked } = said;
      const { seen } = core.walk;
      finish({ how: "finished", walked, verdict: judgeWalk({ walked, seen, first: first ?? noPassages }) });
    });
    const ready = core.walk.begin(facts, feed.sensor, {
      ready: () => tell(conversation, { say: "ready" }),
      seen: (passages) => tell(conversation, { say: "seen", ...passages }),
    });
    core.markUnderTest();
    tell(conversation, { say: "begun", line: facts.line, ready, untilMs: facts.beganMs + WALK_TEST_MS });
  }

  /** Signs and declares how it came out. The facts leave the crash copy with the commit that brings the event. */
  async #conclude(facts: WalkFacts, end: WalkEnded): Promise<string> {
    const { core, clock, log, sign } = this.#options;
    const { sensor, line } = facts;
    const record = await sign(facts, { ...end, endedMs: Math.round(clock.realtime()) });
    assert(core.walk.facts?.sensor === sensor, "another walk test began");
    core.walk.forget();
    core.declare({ kind: "commissioning", sensor, line, how: end.how, verdict: end.verdict, record });
    log.info("walk.ended", { sensor, why: end.how });
    return record;
  }
}

const noPassages: Passages = { in: 0, out: 0 };

interface WalkEnded {
  readonly how: WalkEnd;
  readonly walked: Passages | null;
  readonly verdict: readonly WalkVerdict[];
}

interface Walking {
  readonly facts: WalkFacts;
  readonly feed: Core["feeds"][number];
  readonly conversation: Conversation;
  readonly done: (end: WalkEnded) => void;
}

function tell(conversation: Conversation, told: ToEngineer): void {
  conversation.send(told);
}
