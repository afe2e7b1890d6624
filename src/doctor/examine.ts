import { ERRORS } from "../base/error-table.ts";
import { errorLine } from "../base/errors.ts";
import {
  DOCTOR_LENGTHS,
  type DoctorFinding,
  type DoctorReport,
  type DoctorState,
  MOST_FINDINGS,
} from "../contract/doctor-report.ts";
import { VERSION } from "../ops/version.ts";
import { type Check, failed, type Judgement, notKnown, type Patient } from "./check.ts";
import type { Machine } from "./machine.ts";

export interface ExamineOptions {
  /** In the order of cause and consequence: what a check needs stands before it. */
  readonly checks: readonly Check[];
  readonly patient: Patient;
  readonly machine: Machine;
}

/** All of them together take at most so long; what has not begun by then is not judged. */
const ALL_MS = 14_000;

/**
 * Looks at everything, each check as soon as those that it needs are judged, and never longer than each may take. Reads
 * only. Never throws what a check throws: a doctor that fails says so in one line.
 */
export async function examine(options: ExamineOptions): Promise<DoctorReport> {
  const { checks, machine } = options;
  const untilMs = machine.clock.monotonic() + ALL_MS;
  const judged = new Map<string, Promise<Judged>>();
  for (const one of checks) judged.set(one.id, judge(one, { ...options, judged, untilMs }));
  const all = await Promise.all([...judged].map(async ([id, one]) => [id, await one] as const));
  const findings = all.flatMap(([id, { found }]) => found.map((one) => findingOf(id, one)));
  const sorted = findings.sort((one, other) => RANK[other.state] - RANK[one.state]);
  return {
    schema: "telpost/doctor/1",
    software: `telpost ${VERSION}`,
    at: new Date(machine.clock.realtime()).toISOString(),
    state: worstOf(sorted),
    findings: sorted.slice(0, MOST_FINDINGS),
  };
}

/** What is not known stands behind what is wrong, and before what is good. */
const RANK: Readonly<Record<DoctorState, number>> = { ok: 0, unknown: 1, warning: 2, failed: 3 };

function worstOf(sorted: readonly DoctorFinding[]): DoctorReport["state"] {
  const [worst] = sorted;
  return worst?.state === "failed" || worst?.state === "warning" ? worst.state : "ok";
}

/** What a check said, and which failed check is in the way of those that need it. */
interface Judged {
  readonly found: readonly Judgement[];
  readonly inTheWay: string | null;
}

interface Judging extends ExamineOptions {
  readonly judged: ReadonlyMap<string, Promise<Judged>>;
  readonly untilMs: number;
}

async function judge(one: Check, judging: Judging): Promise<Judged> {
  for (const need of one.needs) {
    const inTheWay = (await judging.judged.get(need))?.inTheWay;
    if (inTheWay)
      return { found: [notKnown(`Not judged, because of what is said of: ${inTheWay}.`)], inTheWay };
  }
  const found = await inTime(one, judging);
  return { found, inTheWay: found.some(({ state }) => state === "failed") ? one.id : null };
}

/** Runs a check, and goes on without it when its time is up. */
function inTime(one: Check, { patient, machine, untilMs }: Judging): Promise<readonly Judgement[]> {
  const { clock } = machine;
  const limitMs = Math.min(one.timeoutMs, untilMs - clock.monotonic());
  if (limitMs <= 0) return Promise.resolve([notKnown("Not judged: no time was left.")]);
  const stop = new AbortController();
  return new Promise((resolve) => {
    const timer = clock.after(`doctor ${one.id}`, limitMs, () => {
      stop.abort();
      const why = `Nothing came within ${Math.ceil(limitMs / 1000)} s.`;
      resolve([one.late ? failed(one.late, why) : notKnown(`Not judged. ${why}`)]);
    });
    const done = (found: readonly Judgement[]) => {
      timer.cancel();
      resolve(found);
    };
    one.run({ ...patient, machine, signal: stop.signal }).then(done, (failure) => done([blunder(failure)]));
  });
}

/** How the reason begins of a check that failed by itself. */
export const BLUNDER = "The check itself failed";

/** A check that fails is a defect of the doctor, and no finding about the gateway. */
function blunder(failure: unknown): Judgement {
  return notKnown(`${BLUNDER}: ${errorLine(failure)}`);
}

function findingOf(check: string, found: Judgement): DoctorFinding {
  const { state, code = null, subject = null, why, fill = {} } = found;
  const entry = code === null ? null : ERRORS[code];
  const hint = (entry?.hint ?? "").replace(/\b[A-Z]{4,}\b/g, (word) => fill[word] ?? word);
  const { what = entry?.what ?? "", cure = hint } = found;
  return {
    check,
    state,
    code,
    subject: subject === null ? null : cut(subject, DOCTOR_LENGTHS.subject),
    what: cut(what, DOCTOR_LENGTHS.what),
    why: cut(why, DOCTOR_LENGTHS.why),
    cure: cut(cure, DOCTOR_LENGTHS.cure),
  };
}

/** On one line, without what a terminal would obey, and no longer than it may be. */
function cut(text: string, most: number): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  const plain = text.replace(/[\x00-\x1f\x7f-\x9f]+/g, " ").trim();
  return plain.length > most ? `${plain.slice(0, most - 3)}...` : plain;
}
