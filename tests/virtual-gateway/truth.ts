import type { CityRecord, Evidence, Numbers, Violation } from "../faults/oracle.ts";
import { judge } from "../faults/oracle.ts";
import type { Printed } from "../kit/live-gateway.ts";
import { comesTrue, type Outside } from "./outside.ts";
import type { Bench } from "./scenario.ts";

/** What the city printed, as the oracle of the fault histories wants it (tests/faults/oracle.ts). */
export function evidenceOf(
  printed: readonly Printed[],
): Pick<
  Evidence,
  "records" | "arrived" | "events" | "kept" | "declaredNumbers" | "declaredWindows" | "reasons" | "alarms"
> {
  const of = (type: string) => printed.filter((line) => line.type === type);
  const records = of("record");
  const events = of("event");
  const gaps = events.filter(({ kind }) => kind === "gap");
  // The records of a message come together.
  const heads = records.filter(({ epoch, seq }, at) => {
    const before = records[at - 1];
    return before?.epoch !== epoch || before?.seq !== seq;
  });
  const one = ({ epoch, seq }: Printed): Numbers => ({
    epoch: String(epoch),
    ranges: [[Number(seq), Number(seq)]],
  });
  return {
    records: records.map(recordOf),
    arrived: heads.map(one),
    events: events.map(one),
    kept: events
      .filter(
        ({ kind, previous, lastSeqKept }) => kind === "epoch" && previous !== null && lastSeqKept !== null,
      )
      .map(({ previous, lastSeqKept }) => ({ epoch: String(previous), lastSeq: Number(lastSeqKept) })),
    declaredNumbers: gaps.flatMap(({ numbers }) => (numbers ? [numbers as Numbers] : [])),
    declaredWindows: gaps.flatMap(({ windows = [] }) =>
      (windows as { from: string; to: string }[]).map(({ from, to }) => ({
        fromMs: Date.parse(from),
        toMs: Date.parse(to),
      })),
    ),
    reasons: [...new Set(gaps.map(({ reason }) => String(reason)))],
    alarms: of("alarm").map((line) => JSON.stringify(line)),
  };
}

function recordOf({ sensor, end, quality, covered, value }: Printed): CityRecord {
  const counted = value && value.in !== null && value.out !== null;
  return {
    sensor: String(sensor),
    endMs: Date.parse(String(end)),
    quality: quality as CityRecord["quality"],
    coveredSeconds: Number(covered),
    count: counted ? Number(value.in) + Number(value.out) : null,
  };
}

/** A passage as the guest's log tells it. */
export interface Logged {
  readonly wallMs: number;
  readonly line: number;
}

/** results/NAME as guest/edges.c writes it. The last line may be cut. */
export function loggedIn(bench: Bench, name: string): Logged[] {
  return bench
    .text(name)
    .split("\n")
    .map((row) => row.split(" ").map(Number))
    .flatMap(([wallMs = 0, , line]) => (line === undefined ? [] : [{ wallMs, line }]));
}

export interface Question {
  readonly bench: Bench;
  readonly outside: Outside;
  readonly sensor: string;
  readonly windowMs: number;
}

/** Sense looks at a line every 50 ms, and what it does then is slow without a JIT on an emulated core. */
const READ_WITHIN_MS = 1_000;

/** What passed by the log of the guest, and what the city made of it. */
export function evidence({ bench, outside, sensor, windowMs }: Question, fresh: boolean): Evidence {
  const passages = loggedIn(bench, "truth.log").map(({ wallMs }) => ({
    sensor,
    atMs: wallMs,
    readMs: wallMs + READ_WITHIN_MS,
    count: 1,
    fate: "maybe" as const,
  }));
  return {
    ...evidenceOf(outside.printed),
    windowMs,
    sensors: [sensor],
    passages,
    totals: [],
    crashes: [],
    ledgers: [],
    freshAfterMs: fresh ? 0 : null,
    freshLimitMs: 0,
  };
}

/** Nobody passes any more: looks until nothing is wrong, or for too long. Times are the guest's, whose clock is behind ours. */
export async function settled(question: Question, limitMs: number): Promise<readonly Violation[]> {
  const { bench, outside, sensor, windowMs } = question;
  const lastMs = Math.max(...loggedIn(bench, "truth.log").map(({ wallMs }) => wallMs));
  const isFresh = () =>
    outside.records(sensor).some(({ end }) => Date.parse(String(end)) - windowMs > lastMs);
  const fresh = await comesTrue(isFresh, limitMs);
  const wrong = () => judge(evidence(question, fresh));
  await comesTrue(() => wrong().length === 0, limitMs);
  return wrong();
}

/** "0 wrong", or how many and the first of them. */
export function verdict(violations: readonly Violation[]): string {
  const first = violations.slice(0, 5).map(({ rule, what }) => `${rule}: ${what}`);
  return [`${violations.length} wrong`, ...first].join("; ");
}

/** How many passages the city counted in how many windows. */
export function tally({ records }: Pick<Evidence, "records">): {
  readonly whole: number;
  readonly partial: number;
  readonly words: string;
} {
  const whole = records.filter(({ quality }) => quality === "ok");
  const partial = records.filter(({ quality }) => quality !== "ok");
  const counted = (some: readonly CityRecord[]) => some.reduce((sum, { count }) => sum + (count ?? 0), 0);
  const words = `${counted(whole)} in ${whole.length} whole windows, ${counted(partial)} in ${partial.length} others`;
  return { whole: whole.length, partial: partial.length, words };
}

/** Each window that is not whole, by its end, and what is told of why. */
export function others(records: readonly Printed[]): string {
  return records
    .filter(({ quality }) => quality !== "ok")
    .map(({ end, quality, covered, flags = [] }) =>
      [String(end).slice(11, 19), quality, `${covered} s`, ...(flags as string[])].join(" "),
    )
    .join(", ");
}
