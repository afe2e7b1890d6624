import type { Profile } from "../config/profile.ts";
import { type Answers, Asking } from "./asking.ts";
import { type Heard, type Listener, listenerFor } from "./hearing.ts";
import { type Fit, judgeAnswers, judgeHeard, type Share, shareOf, type Verdict } from "./judge.ts";
import { type Line, lineOf, lookedAt, SEEN_NOTHING } from "./look.ts";
import { type Candidate, keyOf, type LineSetting } from "./plan.ts";
import { SCRIPTS, type ScriptId, type ScriptListener, scriptListener } from "./scripts.ts";
import { probingSettings } from "./settings.ts";

/** What was found of one profile at one setting of the line. Holds no function of people. */
export interface Finding extends Verdict {
  readonly profile: string;
  readonly line: LineSetting;
  /** How much of the line are its frames. */
  readonly share: Share;
  /** Frames that come whether anybody passes or not; absent for a profile that has none. */
  readonly frames?: { readonly good: number; readonly failed: number; readonly perSecond: number };
  readonly nominalHz?: number;
  /** Of a profile whose frames may each be a passage: whether there was one. */
  readonly frameSeen?: boolean;
  readonly answers?: Omit<Answers, "proofBits">;
  /** Of a script of one's own. */
  readonly sends?: readonly string[];
}

/** Everything one setting of the line brought. */
export interface Round {
  readonly line: LineSetting;
  /** `known` when a profile may fit: more would follow from what it says. */
  readonly looks: Line | "known";
  readonly findings: readonly Finding[];
}

/** Listens at one setting of the line for all profiles at once. Pure: bytes in, findings out; holds no frame. */
export class Hearing {
  readonly #line: LineSetting;
  readonly #devices: readonly { readonly profile: Profile; readonly listener: Listener }[];
  readonly #scripts: readonly { readonly id: ScriptId; readonly listener: ScriptListener }[];
  #look = SEEN_NOTHING;

  constructor(candidates: readonly Candidate[], line: LineSetting, scripts: readonly ScriptId[] = SCRIPTS) {
    this.#line = line;
    this.#devices = candidates.map(({ profile }) => {
      return { profile, listener: listenerFor(profile, probingSettings(profile)) };
    });
    this.#scripts = scripts.map((id) => ({ id, listener: scriptListener(id) }));
  }

  push(chunk: Uint8Array): void {
    this.#look = lookedAt(this.#look, chunk);
    for (const { listener } of [...this.#devices, ...this.#scripts]) listener.push(chunk);
  }

  /** @param forMs how long it was listened to */
  round(forMs: number): Round {
    const devices = this.#devices.map(({ profile, listener }) =>
      deviceFinding(profile, this.#line, listener.heard, forMs),
    );
    const known = devices.some(({ fit }) => fit !== "no");
    const scripts = this.#scripts.map(({ id, listener }) => scriptFinding(id, this.#line, listener, known));
    const findings = [...devices, ...scripts];
    const json = this.#devices.some(({ listener }) => listener.heard.otherJson);
    const looks = findings.some(({ fit }) => fit !== "no") ? "known" : lineOf(this.#look, json);
    return { line: this.#line, looks, findings };
  }
}

function deviceFinding(profile: Profile, line: LineSetting, heard: Heard, forMs: number): Finding {
  const { nominalHz } = profile.health;
  const verdict = judgeHeard(heard);
  const rate = Math.round(heard.steady / (forMs / 1000) / 0.1) * 0.1;
  const perSecond = Number(rate.toFixed(1));
  // Of a profile that does not fit, even the failures may be somebody else's passages.
  const counted = heard.steady > 0 && verdict.fit !== "no";
  return {
    profile: profile.id,
    line,
    ...verdict,
    share: verdict.fit === "no" ? "none" : shareOf(heard),
    ...(counted && { frames: { good: heard.steady, failed: heard.failed, perSecond } }),
    ...(nominalHz !== undefined && { nominalHz }),
    ...(profile.health.liveness === "none" && { frameSeen: verdict.fit !== "no" }),
  };
}

function scriptFinding(id: ScriptId, line: LineSetting, listener: ScriptListener, known: boolean): Finding {
  const verdict = judgeHeard(listener.heard);
  const { sends } = listener;
  // What a device says may be read as a row of numbers, too.
  const fit: Fit = known || sends.length === 0 ? "no" : verdict.fit;
  const reason = fit === "no" ? "Not in the form of lines of your own script." : SCRIPT_REASON[id];
  return {
    profile: id,
    line,
    fit,
    reason,
    share: fit === "no" ? "none" : shareOf(listener.heard),
    frameSeen: fit !== "no",
    sends,
  };
}

const SCRIPT_REASON: Readonly<Record<ScriptId, string>> = {
  "generic-jsonl": "Lines of your own script, in JSON.",
  "generic-csv": "Rows of numbers, perhaps of your own script: check what each column means.",
};

/** What questions brought, as a finding. */
export function askedFinding({ profile, line }: Candidate, answers: Answers): Finding {
  const { proofBits: _, ...shown } = answers;
  const open = Object.keys(profile.probe?.settings ?? {}).length > 0;
  return {
    profile: profile.id,
    line,
    ...judgeAnswers(answers, open),
    share: answers.answers > 0 ? "most" : "none",
    answers: shown,
  };
}

/** A round of questions to one profile. */
export function askingOf({ profile }: Candidate): Asking {
  return new Asking(profile, probingSettings(profile));
}

const RANK: Readonly<Record<Fit, number>> = { fits: 2, maybe: 1, no: 0 };

/**
 * The best of what was found of each profile, best first; of equals the one at the profile's own setting of the line,
 * because on USB every setting is the same.
 */
export function best(findings: readonly Finding[], candidates: readonly Candidate[]): Finding[] {
  const own = new Map(candidates.map(({ profile, line }) => [profile.id, keyOf(line)]));
  const rank = (one: Finding) =>
    2 * RANK[one.fit] + (own.get(one.profile) === keyOf(one.line) ? 1 : 0) + (one.answers ? 0.5 : 0);
  const found = new Map<string, Finding>();
  for (const one of findings) {
    const before = found.get(one.profile);
    if (!before || rank(one) > rank(before)) found.set(one.profile, one);
  }
  return [...found.values()].sort((one, other) => RANK[other.fit] - RANK[one.fit]);
}

/** True when nothing better can come: a profile fits at the setting that it names itself. */
export function isSettled(findings: readonly Finding[], candidates: readonly Candidate[]): boolean {
  return best(findings, candidates).some(({ fit, profile, line }) => {
    const own = candidates.find((one) => one.profile.id === profile);
    return fit === "fits" && (!own || keyOf(own.line) === keyOf(line));
  });
}
