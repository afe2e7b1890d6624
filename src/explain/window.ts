import { ERRORS } from "../base/error-table.ts";
import { TelpostError } from "../base/errors.ts";
import type { ForwardStatus } from "../forward/compose.ts";
import type { ToldWindows } from "../forward/diary.ts";
import type { SenseStatus } from "../sense/compose.ts";
import type { SealedWindows } from "../sense/diary.ts";
import { coverageOf } from "./coverage.ts";
import type { WindowQuery } from "./query.ts";
import { field, fields, instant } from "./text.ts";
import { unknownWindow } from "./unknown-window.ts";

/** What both processes tell of their windows; null for one that does not answer. */
export interface WindowKnowledge {
  readonly sense: { readonly status: SenseStatus; readonly sealed: readonly SealedWindows[] } | null;
  readonly forward: { readonly status: ForwardStatus; readonly passed: readonly ToldWindows[] } | null;
  /** Wall time, ms since the Unix epoch. */
  readonly nowMs: number;
}

/**
 * A window on its way: watched, sealed, kept, sent, proven. What was counted is sealed, and nobody here can read it.
 * @throws TelpostError usage.not_running, usage.bad_arguments with the nearest end or number
 */
export function explainWindow(query: WindowQuery, known: WindowKnowledge): string[] {
  const { sense, forward } = known;
  if (!sense && !forward)
    throw new TelpostError("usage.not_running", "neither telpost-sense nor telpost-forward");
  const matches = matcherOf(query, sense?.status.epoch);
  const made = sense?.sealed.findLast(matches);
  const passed = forward?.passed.findLast(matches);
  const one = made ?? passed;
  if (!one) return unknownWindow(query, known);
  const { endMs, seq, epoch, lengths } = one;
  const seconds = lengths.map((length) => `${length} s`).join(" and ");
  return [
    ...field("window", `until ${instant(endMs)}, of ${seconds}: number ${seq} of epoch ${epoch}`),
    ...(made && sense
      ? madeLines(made, sense.status)
      : field("made", notHere("telpost-sense", sense?.status))),
    ...(forward
      ? passedLines(passed, forward.status, known.nowMs)
      : field("kept", notHere("telpost-forward"))),
  ];
}

function matcherOf(query: WindowQuery, ownEpoch: string | undefined) {
  if ("endMs" in query) return ({ endMs }: { readonly endMs: number }) => endMs === query.endMs;
  const epoch = query.epoch ?? ownEpoch;
  return (one: { readonly seq: number; readonly epoch: string }) =>
    one.seq === query.seq && (epoch === undefined || one.epoch === epoch);
}

function notHere(process: string, status?: { readonly uptimeSeconds: number }): string {
  if (!status) return `not known: ${process} does not answer. ${ERRORS["usage.not_running"].hint}`;
  return `not known any more: ${process} remembers what it did since its start, and a day at most`;
}

function madeLines(made: SealedWindows, { facts }: SenseStatus): string[] {
  const outputs = facts.flatMap((one) => one.outputs).filter(({ seconds }) => made.lengths.includes(seconds));
  const parts = outputs.map((output) => ({ id: output.id, ...coverageOf(output, made) }));
  const grouped = (by: "words" | "best") =>
    [...Map.groupBy(parts, (part) => part[by])].map(([words, those]) => {
      return `${words}: ${[...new Set(those.map(({ id }) => id))].join(", ")}`;
    });
  return [
    ...fields("readings", grouped("words")),
    ...field(
      "clock",
      made.clockSynced
        ? "was set"
        : "was not set: the window carries the flag clock_unsynced, and its label may be wrong",
    ),
    ...fields("quality", [
      ...grouped("best"),
      "That is the best it can be, by the time watched. Flags that lower it lie with the values inside the sealed record: only the city opens it.",
    ]),
    ...field("made", `${instant(made.sealedAtMs)}: noised and sealed by telpost-sense`),
  ];
}

function passedLines(passed: ToldWindows | undefined, status: ForwardStatus, nowMs: number): string[] {
  if (!passed) return field("kept", notKept(status));
  const { keptAtMs, sentAtMs, provenAtMs, waits } = passed;
  return [
    ...field(
      "kept",
      keptAtMs === null
        ? "in the outbox, before telpost-forward started"
        : `${instant(keptAtMs)} in the outbox`,
    ),
    ...field("sent", sentAtMs === null ? "not yet" : instant(sentAtMs)),
    ...field("proven", provenAtMs === null ? "not yet" : instant(provenAtMs)),
    ...(provenAtMs === null ? pending(waits, status, nowMs) : field("next", "Nothing: it is delivered.")),
  ];
}

function notKept(status: ForwardStatus): string {
  if (status.sense === "absent") return `not yet: ${ERRORS["handover.unreachable"].what}`;
  return notHere("telpost-forward", status);
}

/** Why it is not proven, and by when it will be. */
function pending(waits: boolean, { uplink, storage, drainSeconds }: ForwardStatus, nowMs: number): string[] {
  if (!waits)
    return field(
      "next",
      "It does not wait any more and was not proven: dropped by age or size, which was declared to the city as a gap.",
    );
  const code = uplink.code ?? storage;
  if (code) return field("next", `It waits. ${code}: ${ERRORS[code].what} ${ERRORS[code].hint}`);
  if (drainSeconds === null) return field("next", `It waits: the uplink is ${uplink.state}.`);
  return field("next", `Nothing: expected to be proven by ${instant(nowMs + drainSeconds * 1000)}.`);
}
