import { silentLog } from "../../src/base/log.ts";
import { type RandomBytes, systemRandom } from "../../src/base/random.ts";
import type { OutboxOptions } from "../../src/forward/outbox/outbox.ts";
import type { Append } from "../../src/forward/ports.ts";
import type { Baseline, SealedMessage } from "../../src/model.ts";

/** Values for tests of the outbox; also for the processes they start, which run without vitest. */

export const identity = { tenant: "denhaag", site: "scheveningen", gateway: "gw07" };
/** A quota that no test reaches by accident. */
export const ample = { maxBytes: 64 * 2 ** 20, maxAgeMs: 30 * 86_400_000 };
/** 2026-07-18T14:00:00Z. */
export const T0 = Date.UTC(2026, 6, 18, 14);
export const MINUTE = 60_000;
export const EPOCH_A = "aaaaaaaaaaaaaaaa";
export const EPOCH_B = "bbbbbbbbbbbbbbbb";
export const ALL = { afterId: 0, upToId: Number.MAX_SAFE_INTEGER, limit: 1000 };

/** A source of "random" bytes that differ from call to call, so that epochs are known and distinct. */
export function countingRandom(): RandomBytes {
  let calls = 0;
  return (count) => new Uint8Array(count).fill(++calls);
}

export function optionsFor(file: string, change: Partial<OutboxOptions> = {}): OutboxOptions {
  const defaults = { identity, quota: ample, random: systemRandom, nowMs: T0, log: silentLog };
  return { file, ...defaults, ballastBytes: 2 ** 16, ...change };
}

/** Message `seq` of an epoch: the minute that ends `seq` + 1 minutes after T0. */
export function message(seq: number, change: Partial<SealedMessage> = {}): SealedMessage {
  const epoch = change.epoch ?? EPOCH_A;
  const jws = `${epoch}.${seq}.${"x".repeat(300)}`;
  return { epoch, seq, endMs: T0 + (seq + 1) * MINUTE, lengths: [60], jws, ...change };
}

export function offer(sealed: SealedMessage, baselines: readonly Baseline[] = []): Append {
  return { type: "message", message: sealed, baselines };
}

export function offers(count: number, from = 0): Append[] {
  return Array.from({ length: count }, (_, index) => offer(message(from + index)));
}
