import { ERRORS } from "../base/error-table.ts";
import { type ErrorCode, isErrorCode } from "../base/errors.ts";
import { wrapped } from "../base/wrapped.ts";
import type { AlarmCondition } from "../model.ts";
import type { BothStatus } from "../ops/first-window.ts";
import { keyState } from "../sense/key-alarm.ts";

/** A fault, and whom it troubles. */
export interface Trouble {
  readonly code: ErrorCode;
  readonly whose: readonly string[];
}

/** Every fault that is known now, each once: sensors, contacts, light, clock and key, then storage, uplink and machine. */
export function troublesOf({ sense, forward }: BothStatus, nowMs: number): Trouble[] {
  const found: [string, string | null | undefined][] = [
    ...(sense?.sensors ?? []).map(({ id, code }) => [id, code] as [string, string | undefined]),
    ...(sense?.contacts ?? []).map(({ id, code }) => [id, code] as [string, string | undefined]),
    // A process of the release before, during an update, does not tell.
    ["status light", sense?.light?.code],
    ["configuration", (sense?.instead ?? forward?.instead) ? "config.last_good" : null],
    ["clock", sense && !sense.clockSynced ? "clock.unsynced" : null],
    ["city key", sense && keyCode(sense, nowMs)],
    ["outbox", forward?.storage],
    ["uplink", forward?.uplink.code],
    ...machineOf(forward?.platform ?? {}),
  ];
  const known = found.flatMap(([whose, code]) => (isErrorCode(code) ? [{ whose, code }] : []));
  return [...Map.groupBy(known, ({ code }) => code)].map(([code, those]) => {
    return { code, whose: those.map(({ whose }) => whose) };
  });
}

function machineOf(platform: Readonly<Record<string, AlarmCondition>>): [string, string | null][] {
  return Object.entries(platform).map(([what, is]) => [
    "machine",
    is === "alarm" ? `platform.${what}` : null,
  ]);
}

function keyCode(
  { cityKey, cityKeyUntilMs, clockSynced }: NonNullable<BothStatus["sense"]>,
  nowMs: number,
): ErrorCode | null {
  if (cityKey === null || cityKeyUntilMs === null) return "key.none_usable";
  const state = keyState(cityKeyUntilMs, { nowMs, synced: clockSynced });
  if (!state || state.change === "good") return null;
  return state.change === "expired" ? "key.expired" : "key.expiring";
}

const INDENT = "  ";

/** Code, who has it and what to do, in at most so many lines; what does not fit is counted. */
export function troubleLines(troubles: readonly Trouble[], rows: number): string[] {
  if (troubles.length === 0) return ["No trouble known."];
  const all = troubles.map(({ code, whose }) =>
    wrapped(`${code} (${few(whose)}): ${ERRORS[code].hint}`, INDENT),
  );
  const lines: string[] = [];
  for (const [at, one] of all.entries()) {
    const last = at === all.length - 1;
    if (lines.length + one.length + (last ? 0 : 1) > rows)
      return [...lines, rest(troubles.slice(at))].slice(0, rows);
    lines.push(...one);
  }
  return lines;
}

function few(whose: readonly string[]): string {
  return whose.length > 3 ? `${whose.slice(0, 2).join(", ")} and ${whose.length - 2} more` : whose.join(", ");
}

function rest(troubles: readonly Trouble[]): string {
  const codes = troubles.map(({ code }) => code).join(", ");
  return `telpost explain ${codes}`.slice(0, 80);
}
