import type { Passage } from "./truth.ts";

/**
 * The oracle of a fault history: what the city got against what really passed. Pure; every rule can be read alone.
 * Times are ms since the Unix epoch on the gateway's wall clock.
 */

export interface CityRecord {
  readonly sensor: string;
  readonly endMs: number;
  readonly quality: "ok" | "partial" | "not_measured";
  readonly coveredSeconds: number;
  /** Passages of both directions; null: not measured. */
  readonly count: number | null;
}

/** [from, to] */
type Range = readonly [number, number];

export interface Numbers {
  readonly epoch: string;
  readonly ranges: readonly Range[];
}

export interface Ledger {
  readonly appended: number;
  readonly queued: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly dropped: number;
}

export interface Evidence {
  readonly windowMs: number;
  /** Sensors that tell each passage, compared window by window. */
  readonly sensors: readonly string[];
  readonly passages: readonly Passage[];
  readonly records: readonly CityRecord[];
  /** Message numbers that came, a number as often as it was handed on; and events. */
  readonly arrived: readonly Numbers[];
  readonly events: readonly Numbers[];
  /** The last number of each epoch that the gateway said it kept. */
  readonly kept: readonly { readonly epoch: string; readonly lastSeq: number }[];
  readonly declaredNumbers: readonly Numbers[];
  /** [from, to) */
  readonly declaredWindows: readonly { readonly fromMs: number; readonly toMs: number }[];
  /** Reasons of declared gaps, each once. */
  readonly reasons: readonly string[];
  /** Sensor with running totals: what its counter went up by between the first reading and the last. */
  readonly totals: readonly { readonly sensor: string; readonly count: number }[];
  /** What the reader refused to believe. */
  readonly alarms: readonly string[];
  /** Processes that ended by themselves although nothing was wrong with what they need. */
  readonly crashes: readonly string[];
  /** Every look at the outbox. */
  readonly ledgers: readonly Ledger[];
  /** How long after the last fault a fresh passage came, ms; null: it never did. */
  readonly freshAfterMs: number | null;
  readonly freshLimitMs: number;
}

export interface Violation {
  readonly rule: keyof typeof RULES;
  readonly what: string;
}

/** The gateway itself calls a window whole when it missed this much of it (COVERAGE_TOLERANCE_MS), and the timers of both sides. */
const EDGE_MS = 100;
/** Longer runs of windows are looked at in pieces: sums over pieces bound sums over all. */
const LONGEST_RUN = 12;

const RULES = {
  "every whole window equals the truth, and no other holds more than the truth or less than was surely read":
    counts,
  "a window is there once, or declared": windows,
  "every number arrives once, or is declared": numbers,
  "no number and no window stands for different bytes": ({ alarms }: Evidence) => alarms,
  "a counter that runs on loses nothing": totals,
  "queued + accepted + rejected + dropped == appended, and in the end nothing is queued": ledger,
  "no process ends by itself": ({ crashes }: Evidence) => crashes,
  "after the faults a fresh passage gets through": fresh,
} as const satisfies { readonly [rule: string]: (evidence: Evidence) => readonly string[] };

/** Everything that is wrong; empty when the history holds. */
export function judge(evidence: Evidence): Violation[] {
  return (Object.keys(RULES) as (keyof typeof RULES)[]).flatMap((rule) =>
    RULES[rule](evidence).map((what) => ({ rule, what })),
  );
}

function counts(evidence: Evidence): string[] {
  return evidence.sensors.flatMap((sensor) => {
    const passages = evidence.passages.filter((one) => one.sensor === sensor);
    return runsOf(evidence, sensor).flatMap((run) => countsOfRun(run, passages, evidence.windowMs));
  });
}

/** Runs of windows that follow each other, all of them there. */
function runsOf({ records, windowMs }: Evidence, sensor: string): CityRecord[][] {
  const own = records.filter((one) => one.sensor === sensor).sort((a, b) => a.endMs - b.endMs);
  const runs: CityRecord[][] = [];
  for (const record of own) {
    const last = runs.at(-1);
    if (last?.at(-1)?.endMs === record.endMs - windowMs) last.push(record);
    else runs.push([record]);
  }
  return runs;
}

/** The shortest piece of a run that is wrong: sums over pieces show a passage counted twice, or a window too early. */
function countsOfRun(run: readonly CityRecord[], passages: readonly Passage[], windowMs: number): string[] {
  for (let length = 1; length <= Math.min(run.length, LONGEST_RUN); length++) {
    for (let first = 0; first + length <= run.length; first++) {
      const piece = pieceOf(run.slice(first, first + length), windowMs);
      const wrong = countsOfPiece(piece, passages);
      if (wrong) return [`${run[0]?.sensor} ${span(piece.fromMs, piece.toMs)}: ${wrong}`];
    }
  }
  return [];
}

function pieceOf(records: readonly CityRecord[], windowMs: number): Piece {
  return {
    fromMs: (records[0]?.endMs ?? 0) - windowMs,
    toMs: records.at(-1)?.endMs ?? 0,
    sum: records.reduce((sum, { count }) => sum + (count ?? 0), 0),
    whole: records.every(({ quality }) => quality === "ok"),
  };
}

interface Piece {
  readonly fromMs: number;
  readonly toMs: number;
  readonly sum: number;
  readonly whole: boolean;
}

/** A passage may be counted from when it was written until it was surely read. */
function countsOfPiece({ fromMs, toMs, sum, whole }: Piece, passages: readonly Passage[]): string | null {
  const total = (some: (passage: Passage) => boolean) =>
    passages.reduce((count, passage) => count + (some(passage) ? passage.count : 0), 0);
  const may = ({ atMs, readMs, fate }: Passage) =>
    fate !== "lost" && atMs < toMs + EDGE_MS && readMs >= fromMs - EDGE_MS;
  const must = ({ atMs, readMs }: Passage) => atMs >= fromMs + EDGE_MS && readMs < toMs - EDGE_MS;
  const most = total(may);
  if (sum > most) return `counted ${sum}, at most ${most} passed`;
  const surely = total((passage) => must(passage) && passage.fate === "sure");
  if (sum < surely) return `counted ${sum}, at least ${surely} were read`;
  if (!whole) return null;
  const all = total(must);
  return sum < all ? `says that it is whole and counted ${sum}, at least ${all} passed` : null;
}

function windows(evidence: Evidence): string[] {
  const { records, windowMs, declaredWindows } = evidence;
  const sensors = [...new Set(records.map(({ sensor }) => sensor))];
  const ends = records.map(({ endMs }) => endMs);
  const [first, last] = [Math.min(...ends), Math.max(...ends)];
  const isDeclared = (endMs: number) =>
    declaredWindows.some(({ fromMs, toMs }) => fromMs <= endMs - windowMs && endMs <= toMs);
  return sensors.flatMap((sensor) => {
    const times = new Map<number, number>();
    for (const one of records.filter((record) => record.sensor === sensor)) {
      times.set(one.endMs, (times.get(one.endMs) ?? 0) + 1);
    }
    const twice = [...times]
      .filter(([, count]) => count > 1)
      .map(([endMs]) => `${sensor} ${at(endMs)} came twice`);
    const missing: string[] = [];
    for (let endMs = first; endMs <= last; endMs += windowMs) {
      if (!times.has(endMs) && !isDeclared(endMs)) missing.push(`${sensor} ${at(endMs)} never came`);
    }
    return [...twice, ...missing];
  });
}

function numbers({ arrived, events, kept, declaredNumbers }: Evidence): string[] {
  const epochs = new Set([...arrived, ...declaredNumbers].map(({ epoch }) => epoch));
  const ofSense = [...epochs].flatMap((epoch) => {
    const last = kept.find((one) => one.epoch === epoch)?.lastSeq ?? -1;
    return holes(epoch, { came: of(arrived, epoch), declared: of(declaredNumbers, epoch), last });
  });
  const ofEvents = [...new Set(events.map(({ epoch }) => epoch))].flatMap((epoch) =>
    holes(`event ${epoch}`, { came: of(events, epoch), declared: [], last: -1 }),
  );
  return [...ofSense, ...ofEvents];
}

function of(all: readonly Numbers[], epoch: string): Range[] {
  return all.filter((one) => one.epoch === epoch).flatMap(({ ranges }) => ranges);
}

interface Course {
  readonly came: readonly Range[];
  readonly declared: readonly Range[];
  readonly last: number;
}

/** Numbers from 0 to the last known: those that came more than once, and those that neither came nor were declared. */
function holes(name: string, { came, declared, last }: Course): string[] {
  const times = new Map<number, number>();
  for (const [from, to] of came) for (let n = from; n <= to; n++) times.set(n, (times.get(n) ?? 0) + 1);
  const end = Math.max(last, ...times.keys(), -1);
  const told: string[] = [];
  for (let n = 0; n <= end; n++) {
    const count = times.get(n) ?? 0;
    if (count > 1) told.push(`${name}/${n} came ${count} times`);
    if (count === 0 && !declared.some(([from, to]) => from <= n && n <= to))
      told.push(`${name}/${n} never came`);
  }
  return told;
}

/** Rows that the disk lost are declared, and what they held may have been part of a total. */
const LOSING = ["corrupt_rows", "disk_full", "max_age", "max_bytes", "handover_full"];

function totals({ totals: counters, records, reasons }: Evidence): string[] {
  const losing = reasons.some((reason) => LOSING.includes(reason));
  return counters.flatMap(({ sensor, count }) => {
    const sum = records
      .filter((record) => record.sensor === sensor)
      .reduce((total, record) => total + (record.count ?? 0), 0);
    const holds = losing ? sum <= count : sum === count;
    return holds ? [] : [`${sensor} went up by ${count}, counted ${sum}`];
  });
}

function ledger({ ledgers }: Evidence): string[] {
  const broken = ledgers.filter(
    ({ appended, queued, accepted, rejected, dropped }) =>
      queued + accepted + rejected + dropped !== appended,
  );
  const last = ledgers.at(-1);
  const left = last && last.queued > 0 ? [`${last.queued} rows are still queued`] : [];
  return [...broken.map((one) => JSON.stringify(one)), ...left];
}

function fresh({ freshAfterMs, freshLimitMs }: Evidence): string[] {
  if (freshAfterMs === null) return ["it never came"];
  return freshAfterMs > freshLimitMs ? [`it came after ${Math.round(freshAfterMs)} ms`] : [];
}

function at(endMs: number): string {
  return `window that ends ${new Date(endMs).toISOString()}`;
}

function span(fromMs: number, toMs: number): string {
  return `${new Date(fromMs).toISOString()} to ${new Date(toMs).toISOString()}`;
}
