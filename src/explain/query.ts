/** Which window is meant: by its end (ms since the Unix epoch), or by its number. */
export type WindowQuery =
  | { readonly endMs: number }
  | { readonly seq: number; readonly epoch: string | undefined };

const FULL = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(:\d\d(?:\.\d+)?)?Z?$/;
const TIME_ONLY = /^(\d\d:\d\d)(:\d\d)?Z?$/;
const DAY_MS = 86_400_000;

/**
 * The instant in a text, always UTC: `2026-07-18T14:05Z`, with or without seconds, or a time alone, which is the last such
 * time. Undefined when it is none.
 */
export function readInstant(text: string, nowMs: number): number | undefined {
  const full = FULL.exec(text);
  if (full) return valid(`${full[1]}T${full[2]}${full[3] ?? ":00"}Z`);
  const time = TIME_ONLY.exec(text);
  if (!time) return undefined;
  const today = new Date(nowMs).toISOString().slice(0, 10);
  const ms = valid(`${today}T${time[1]}${time[2] ?? ":00"}Z`);
  return ms !== undefined && ms > nowMs ? ms - DAY_MS : ms;
}

/** A day that does not exist, such as 30 February, is none. */
function valid(text: string): number | undefined {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) return undefined;
  return new Date(ms).toISOString().slice(0, 10) === text.slice(0, 10) ? ms : undefined;
}
