import type { ForwardStatus } from "../forward/compose.ts";
import type { SenseStatus } from "../sense/compose.ts";

/** When the outbox begins to drop what waits, if nothing is delivered from now on. */
export interface Loss {
  /** Seconds from now. */
  readonly inSeconds: number;
  readonly by: "age" | "size";
}

/** What a message of unknown size counts for: ten sensors take less. */
const USUAL_BYTES = 1_500;

/** Made of queue, quota and window lengths: none of it follows people. @param nowMs wall time, ms since the Unix epoch */
export function firstLoss(
  { outbox, quota }: Pick<ForwardStatus, "outbox" | "quota">,
  sense: Pick<SenseStatus, "facts"> | null,
  nowMs: number,
): Loss {
  const { queued, queuedBytes, oldestAtMs } = outbox;
  const byAge = ((oldestAtMs ?? nowMs) + quota.maxAgeMs - nowMs) / 1000;
  const bytes = queued > 0 ? queuedBytes / queued : USUAL_BYTES;
  const bySize = (quota.maxBytes - queuedBytes) / bytes / messagesASecond(sense);
  const by = bySize < byAge ? "size" : "age";
  return { inSeconds: Math.max(0, Math.floor(Math.min(byAge, bySize))), by };
}

/** One message at each instant at which windows end; lengths that do not fit into each other end apart. */
function messagesASecond(sense: Pick<SenseStatus, "facts"> | null): number {
  const all = sense?.facts.flatMap(({ outputs }) => outputs.map(({ seconds }) => seconds)) ?? [];
  const lengths = [...new Set(all)].filter((one) => !all.some((other) => other < one && one % other === 0));
  return lengths.length === 0 ? 1 / 60 : lengths.reduce((sum, seconds) => sum + 1 / seconds, 0);
}
