import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { silentLog } from "../../src/base/log.ts";
import type { RandomBytes } from "../../src/base/random.ts";
import { type OutboxOptions, openOutbox } from "../../src/forward/outbox/outbox.ts";
import type { Append, Outbox, Row } from "../../src/forward/ports.ts";
import type { Baseline, SealedMessage } from "../../src/model.ts";

export const identity = { tenant: "denhaag", site: "scheveningen", gateway: "gw07" };
/** A quota that no test reaches by accident. */
export const ample = { maxBytes: 64 * 2 ** 20, maxAgeMs: 30 * 86_400_000 };
/** 2026-07-18T14:00:00Z. */
export const T0 = Date.UTC(2026, 6, 18, 14);
export const MINUTE = 60_000;
export const EPOCH_A = "aaaaaaaaaaaaaaaa";
export const EPOCH_B = "bbbbbbbbbbbbbbbb";
export const ALL = { afterId: 0, upToId: Number.MAX_SAFE_INTEGER, limit: 1000 };

/** A fresh folder, removed when the test ends. */
export function tempFolder(root = tmpdir()): string {
  const folder = mkdtempSync(join(root, "telpost-outbox-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A source of "random" bytes that differ from call to call, so that epochs are known and distinct. */
export function countingRandom(): RandomBytes {
  let calls = 0;
  return (count) => new Uint8Array(count).fill(++calls);
}

export function optionsFor(file: string, change: Partial<OutboxOptions> = {}): OutboxOptions {
  return { file, identity, quota: ample, random: countingRandom(), nowMs: T0, log: silentLog, ...change };
}

/** An outbox that is closed when the test ends, if it is still open. */
export function openForTest(file: string, change: Partial<OutboxOptions> = {}): Outbox {
  const outbox = openOutbox(optionsFor(file, change));
  onTestFinished(() => outbox.close());
  return outbox;
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

export function sealedRows(outbox: Outbox): Row[] {
  return outbox.lease(ALL).filter(({ stream }) => stream === "sealed");
}

/** Bodies of the events that wait, without their header. Leases every row. */
export function eventBodies(outbox: Outbox): Record<string, unknown>[] {
  return outbox
    .lease(ALL)
    .filter(({ stream }) => stream === "event")
    .map(({ payload }) => {
      const { schema, tenant, site, gateway, epoch, seq, at, ...body } = JSON.parse(payload);
      return body;
    });
}
