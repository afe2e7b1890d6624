import type { Truth } from "./ledger.ts";
import type { GatewayStatus } from "./stage.ts";
import { FLOW_SD, type MessageCounts, type OpenedRecord, type Totals } from "./story.ts";

/** Time of day, UTC. */
export function timeOfDay(ms: number): string {
  return new Date(ms).toISOString().slice(11, 19);
}

/** `+1`, `-2`, `0`. */
export function signed(value: number): string {
  return value > 0 ? `+${value}` : String(value);
}

/** One record on one line: `12:00:05 gate in 7 (true 6) out -1 (true 0)`. */
export function recordLine({ endMs, sensor, published, truth }: OpenedRecord): string {
  const start = `${timeOfDay(endMs)} ${sensor}`;
  if (!published) return `${start} not measured`;
  return `${start} ${parts(published, truth).join(" ")}`;
}

function parts(published: Truth, truth: Truth | null): string[] {
  const truly = new Map(Object.entries(truth ?? {}));
  return Object.entries(published).map(
    ([name, value]) => `${name} ${value} (true ${truly.get(name) ?? "unknown"})`,
  );
}

/** What is printed at the end. */
export function lastLines(
  seconds: number,
  totals: Totals,
  messages: MessageCounts,
  missing: Missing,
): string[] {
  const { truth, published, values, expectedSd } = totals.passages;
  return [
    `Ran ${Math.round(seconds)} s. The city opened ${totals.records} records.`,
    `Passages: ${truth} true, ${published} published, a difference of ${signed(published - truth)}.`,
    `Noise alone: 0, standard deviation ${expectedSd.toFixed(1)} (${FLOW_SD.toFixed(2)} for each of ${values} values).`,
    `Messages: ${messages.sealed} sealed, ${messages.opened} opened, ${missing.lost} lost${missing.waiting > 0 ? `, ${missing.waiting} still waiting` : ""}.`,
  ];
}

/** Messages that the city did not open. */
export interface Missing {
  /** Numbers that the city never saw, or that the outbox gave up. */
  readonly lost: number;
  /** Not sealed, kept or proven yet when the demo ended. */
  readonly waiting: number;
}

export function missingOf({ sealed, opened }: MessageCounts, { sense, forward }: GatewayStatus): Missing {
  const givenUp = (forward?.outbox.dropped ?? 0) + (forward?.outbox.rejected ?? 0);
  return { lost: Math.max(sealed - opened, givenUp), waiting: waitingIn({ sense, forward }) ?? 0 };
}

/** How many messages are on their way, or null when a process does not answer. */
export function waitingIn({ sense, forward }: GatewayStatus): number | null {
  return sense && forward ? sense.waiting + sense.unkept + forward.outbox.queued : null;
}
