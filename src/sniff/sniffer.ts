import type { ErrorBucket } from "../model.ts";
import type { Tallies } from "../sense/sensor/dialogue/state.ts";
import type { Ear } from "./ear.ts";
import type { SniffPlan } from "./plan.ts";
import type { Failure, Sniffed, Talk, Timing } from "./sniffed.ts";

/** One frame in so many that fails is many. */
const MANY_IS_ONE_IN = 10;
/** No more intervals are kept; a minute of the fastest device that is known has 6,000. */
const MAX_INTERVALS = 10_000;
const STEPS = [1, 2, 5, 10] as const;

interface Failures {
  readonly failure: Failure;
  readonly times: number;
}

/** What is told of a line, and not what is fixed about its sensor. */
export type Findings = Pick<Sniffed, "seconds" | "hears" | "timing" | "errors" | "failures" | "talk">;

/**
 * Listens to the line of one sensor for a while, and tells of it only what the plan allows. Holds times and names of
 * faults, never a byte. Times are monotonic ms.
 */
export class Sniffer {
  readonly #plan: SniffPlan;
  readonly #ear: Ear | null;
  readonly #intervals: number[] = [];
  #good = 0;
  #stray = 0;
  #asked = 0;
  /** How often each kind of failure was. */
  readonly #failures = new Map<string, Failures>();
  /** The last frame; of a device that is asked, the question whose answer is awaited. */
  #sinceMs: number | null = null;

  constructor(plan: SniffPlan, ear: Ear | null) {
    this.#plan = plan;
    this.#ear = plan.beat.size > 0 ? ear : null;
  }

  /** Bytes of the line that carries frames. */
  bytes(chunk: Uint8Array, atMs: number): void {
    // What comes before the first question answers one that was not heard.
    if (!this.#ear || (this.#plan.isAsked && this.#asked === 0)) return;
    const heard = this.#ear.hear(chunk);
    const frames = heard.frames.filter(({ name }) => this.#plan.beat.has(name)).length;
    this.#stray += heard.stray;
    // Listening begins in the middle of a frame: what seemed to fail before the first whole one is no failure.
    if (frames > 0 && this.#good === 0) this.#failures.clear();
    else for (const failure of heard.failures) this.#fail(failure);
    this.#good += frames;
    if (frames > 0) this.#time(frames, atMs);
  }

  /** The gateway wrote to the device. */
  sent(bytes: Uint8Array, atMs: number): void {
    this.#asked++;
    this.#ear?.asked(bytes);
    if (this.#plan.isAsked) this.#sinceMs = atMs;
  }

  /** @param tallies what the conversation had come to before and after; undefined for a device that is not talked to */
  findings(seconds: number, tallies?: { readonly before: Tallies; readonly after: Tallies }): Findings {
    const talk = tallies ? this.#talk(tallies.before, tallies.after) : null;
    const hears = this.#plan.isAsked ? this.#answers(talk) : this.#speaks();
    const isGood = this.#good > 0;
    return {
      seconds,
      hears,
      timing: timingOf(this.#intervals, this.#plan.isAsked ? "question" : "frame"),
      errors: this.#plan.tellsErrors && isGood ? bucketOf(this.#failed, this.#good) : null,
      failures: this.#plan.tellsErrors ? kindsOf([...this.#failures], isGood ? 1 : seconds) : [],
      talk,
    };
  }

  #fail(failure: Failure): void {
    const { frame, why, at } = failure;
    if (!this.#plan.beat.has(frame)) return;
    const kind = `${frame} ${why} ${at}`;
    this.#failures.set(kind, { failure, times: (this.#failures.get(kind)?.times ?? 0) + 1 });
  }

  get #failed(): number {
    return [...this.#failures.values()].reduce((sum, { times }) => sum + times, 0);
  }

  #time(frames: number, atMs: number): void {
    const { isAsked } = this.#plan;
    // Frames that come together were not sent together: an adapter hands them over in one piece.
    const each = this.#sinceMs === null ? null : (atMs - this.#sinceMs) / (isAsked ? 1 : frames);
    const many = isAsked ? 1 : frames;
    for (let one = 0; one < many && each !== null && this.#intervals.length < MAX_INTERVALS; one++)
      this.#intervals.push(each);
    this.#sinceMs = isAsked ? null : atMs;
  }

  #talk(before: Tallies, after: Tallies): Talk {
    // A line that was opened anew counts from nothing.
    const since = (what: keyof Tallies) => Math.max(0, after[what] - before[what]);
    const [timeouts, refusals, restarts] = [since("timeouts"), since("exceptions"), since("restarts")];
    return { asked: this.#asked, timeouts, refusals, restarts, echoes: since("echoes") > 0 };
  }

  #speaks(): Sniffed["hears"] {
    if (this.#good > 0) return "frames";
    return this.#isRubbish ? "rubbish" : "nothing";
  }

  /** Where passages may be among what came, not even that something came is told. */
  get #isRubbish(): boolean {
    return this.#plan.tellsErrors && this.#stray + this.#failed > 0;
  }

  /** By what became of the questions: what a device says by itself is not asked for here. */
  #answers(talk: Talk | null): Sniffed["hears"] {
    if (this.#good > 0) return "frames";
    if (!talk || talk.asked === 0) return "not asked";
    if (this.#isRubbish) return "rubbish";
    // The answer to the last question may still be on its way.
    const answered = this.#ear ? 0 : talk.asked - talk.timeouts - 1;
    if (talk.refusals > 0 || answered > 0) return "frames";
    return talk.timeouts > 0 ? "nothing" : "not asked";
  }
}

function bucketOf(failed: number, good: number): ErrorBucket {
  if (failed === 0) return "none";
  return failed * MANY_IS_ONE_IN >= good ? "many" : "some";
}

/** Each kind of failure once. @param least how often it was at least: in rubbish a header may stand by chance */
function kindsOf(kinds: readonly (readonly [string, Failures])[], least: number): Failure[] {
  return kinds
    .filter(([, { times }]) => times >= least)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([, { failure }]) => failure);
}

function timingOf(intervals: readonly number[], since: Timing["since"]): Timing | null {
  if (intervals.length === 0) return null;
  const sorted = intervals.toSorted((one, other) => one - other);
  const at = (part: number) => rounded(sorted[Math.round(part * (sorted.length - 1))] ?? 0);
  return { since, least: at(0), median: at(0.5), most: at(1) };
}

/**
 * To 1, 2 or 5 times a power of ten, whichever is nearest by ratio. So coarse that it does not matter how long a frame
 * takes on the wire, which may follow people.
 */
export function rounded(ms: number): number {
  if (ms < 1) return 0;
  const power = 10 ** Math.floor(Math.log10(ms));
  const far = (step: number) => Math.abs(Math.log(ms / (step * power)));
  const nearest = STEPS.reduce<number>((best, step) => (far(step) < far(best) ? step : best), 1);
  return nearest * power;
}
