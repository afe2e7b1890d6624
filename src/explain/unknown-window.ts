import { ERRORS } from "../base/error-table.ts";
import { type ErrorCode, TelpostError } from "../base/errors.ts";
import type { GapReason } from "../model.ts";
import type { SenseStatus } from "../sense/compose.ts";
import type { WindowQuery } from "./query.ts";
import { field, fields, instant } from "./text.ts";
import type { WindowKnowledge } from "./window.ts";

/**
 * What can be said of a window that neither process remembers.
 * @throws TelpostError usage.bad_arguments when there can be no such window
 */
export function unknownWindow(query: WindowQuery, known: WindowKnowledge): string[] {
  if (!("endMs" in query)) throw noSuchNumber(query.seq, known);
  const { endMs } = query;
  const { sense, nowMs } = known;
  const ends = sense && lengthsOf(sense.status).filter((seconds) => endMs % (seconds * 1000) === 0);
  if (ends?.length === 0) throw noSuchEnd(endMs, lengthsOf(sense?.status));
  const head = field("window", `until ${instant(endMs)}${ends ? `, of ${ends.join(" s and ")} s` : ""}`);
  if (endMs > nowMs) {
    const inSeconds = Math.ceil((endMs - nowMs) / 1000);
    return [...head, ...field("made", `not yet: it ends in ${inSeconds} s, and is sealed then`)];
  }
  if (sense && sense.status.waiting > 0 && isNewest(endMs, sense.status))
    return [...head, ...field("made", `not yet: ${heldWords(sense.status.heldFor)}`)];
  return [...head, ...forgotten(known)];
}

function lengthsOf(status: SenseStatus | undefined): number[] {
  const all = status?.facts.flatMap(({ outputs }) => outputs.map(({ seconds }) => seconds)) ?? [];
  return [...new Set(all)].sort((a, b) => a - b);
}

function isNewest(endMs: number, { sealedLast }: SenseStatus): boolean {
  return sealedLast.every((one) => one.endMs < endMs);
}

const HELD: Partial<Readonly<Record<GapReason, ErrorCode>>> = {
  clock_unknown: "clock.unsynced",
  no_city_key: "key.none_usable",
};

function heldWords(heldFor: GapReason | null): string {
  const code = heldFor && HELD[heldFor];
  return code ? `${code}: ${ERRORS[code].what} ${ERRORS[code].hint}` : "it is being sealed";
}

function forgotten({ sense, forward, nowMs }: WindowKnowledge): string[] {
  const since = (name: string, uptimeSeconds: number | undefined) =>
    uptimeSeconds === undefined
      ? `${name} does not answer.`
      : `${name} has run since ${instant(nowMs - uptimeSeconds * 1000)}.`;
  return fields("not known", [
    since("telpost-sense", sense?.status.uptimeSeconds),
    since("telpost-forward", forward?.status.uptimeSeconds),
    "Each remembers what it did since its start, and a day at most. An older window was proven, or waits (telpost outbox ls), or is declared to the city as a gap; the city's reader knows.",
  ]);
}

function noSuchEnd(endMs: number, lengths: readonly number[]): TelpostError {
  const [shortest = 60] = lengths;
  const stepMs = shortest * 1000;
  const nearest = Math.round(endMs / stepMs) * stepMs;
  return new TelpostError(
    "usage.bad_arguments",
    `no window ends at ${instant(endMs)}, they are of ${lengths.join(" s and ")} s; did you mean ${new Date(nearest).toISOString().slice(0, 19)}Z?`,
  );
}

function noSuchNumber(seq: number, { sense, forward }: WindowKnowledge): TelpostError {
  const numbers = [...(sense?.sealed ?? []), ...(forward?.passed ?? [])].map((one) => one.seq);
  if (numbers.length === 0) return new TelpostError("usage.bad_arguments", "no window is known yet");
  const nearest = numbers.reduce((best, one) => (Math.abs(one - seq) < Math.abs(best - seq) ? one : best));
  return new TelpostError(
    "usage.bad_arguments",
    `number ${seq} is not known; did you mean --seq ${nearest}?`,
  );
}
