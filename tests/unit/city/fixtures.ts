import { VirtualClock } from "../../../src/base/virtual-clock.ts";
import type { Alarm } from "../../../src/city/alarms.ts";
import type { GapOutput } from "../../../src/city/gaps.ts";
import type { WindowsMeta } from "../../../src/city/handlers.ts";
import { makeRegistry, type Registry } from "../../../src/city/keys.ts";
import { type Memory, VolatileMemory } from "../../../src/city/memory.ts";
import { createReader, type Reader, type ReaderOptions } from "../../../src/city/reader.ts";
import { type EventHeader, toEventMessage } from "../../../src/contract/event.ts";
import { type ReadRecord, rfc3339 } from "../../../src/contract/windows.ts";
import { type MadeKey, makeCityKey, makeGatewayKey } from "../../../src/keys/make.ts";
import type { GatewayEvent } from "../../../src/model.ts";
import { Sealer } from "../../../src/sense/guard/seal.ts";

/** 2026-07-18T14:00:00Z, on the grid of 60 s and of 300 s windows. */
export const START_MS = 1_784_383_200_000;
export const EPOCH = "7k2m9qv4x0t8b1ce";
export const GATEWAY = "denhaag/scheveningen/gw07";
export const SEALED = `telpost/v1/${GATEWAY}/sealed`;
export const EVENT = `telpost/v1/${GATEWAY}/event`;
export const STATUS = `telpost/v1/${GATEWAY}/status`;

/** A message on its way to the reader. */
export interface Packet {
  readonly topic: string;
  readonly payload: Uint8Array;
}

/** One flow record; the sensor and the value are what tests look at. */
export function flow(sensor: string, value: number, more: Partial<ReadRecord> = {}): ReadRecord {
  const fixed = { kind: "flow", seconds: 60, covered: 60, method: "counted", quality: "ok" } as const;
  return { sensor, ...fixed, value: { in: value, out: 0 }, ...more } as ReadRecord;
}

export interface Message {
  readonly seq: number;
  readonly epoch?: string;
  /** Default: one minute later for each number. */
  readonly endMs?: number;
  readonly records?: readonly ReadRecord[];
}

/** A gateway with its keys: seals through the production path, and sends events. */
export class TestGateway {
  readonly key: MadeKey = makeGatewayKey();
  readonly city: MadeKey = makeCityKey();
  readonly registry: Registry = makeRegistry([{ gateway: GATEWAY, keys: [this.key] }], [this.city]);

  async seal({ seq, epoch = EPOCH, endMs = START_MS + seq * 60_000, records }: Message): Promise<Packet> {
    const [tenant, site, gateway] = GATEWAY.split("/");
    const privacy = { flow: { mechanism: "discrete-laplace", epsilon: "1", unit: "passage" } };
    const plain = {
      schema: "telpost/windows/1",
      ...{ tenant, site, gateway, epoch, seq, end: rfc3339(endMs), privacy },
      records: records ?? [flow("blvd-noord-03", seq)],
    };
    const plaintext = new TextEncoder().encode(JSON.stringify(plain));
    const request = { epoch, seq, endMs, lengths: [60], plaintext };
    const recipient = { kid: this.city.kid, key: this.city.publicKey };
    const { jws } = await new Sealer(GATEWAY, this.key).seal(request, recipient);
    return { topic: SEALED, payload: Buffer.from(jws) };
  }

  event(seq: number, event: GatewayEvent): Packet {
    const [tenant = "", site = "", gateway = ""] = GATEWAY.split("/");
    const header: EventHeader = { tenant, site, gateway, epoch: "0000000000000000", seq, atMs: START_MS };
    return { topic: EVENT, payload: Buffer.from(JSON.stringify(toEventMessage(header, event))) };
  }
}

/** A reader that writes down what it hands on. */
export interface TestReader extends Reader {
  readonly clock: VirtualClock;
  readonly memory: Memory;
  /** `epoch/seq sensor value` for every record handed on. */
  readonly records: string[];
  readonly metas: WindowsMeta[];
  readonly gaps: GapOutput[];
  readonly alarms: Alarm[];
}

export const GRACE_MS = 600_000;

export function testReader(registry: Registry, more: Partial<ReaderOptions> = {}): TestReader {
  const clock = new VirtualClock(START_MS);
  const memory = more.memory ?? new VolatileMemory();
  const records: string[] = [];
  const metas: WindowsMeta[] = [];
  const gaps: GapOutput[] = [];
  const alarms: Alarm[] = [];
  const reader = createReader({
    registry,
    memory,
    clock,
    graceMs: GRACE_MS,
    onWindow: (windows, meta) => {
      metas.push(meta);
      for (const { sensor, value } of windows.records) {
        records.push(`${meta.epoch}/${meta.seq} ${sensor} ${Object.values(value)[0]}`);
      }
    },
    onGap: (gap) => void gaps.push(gap),
    onAlarm: (alarm) => void alarms.push(alarm),
    ...more,
  });
  return Object.assign(reader, { clock, memory, records, metas, gaps, alarms });
}

/** Hands packets to a reader in order; the results. */
export async function receiveAll(reader: Reader, packets: readonly Packet[]): Promise<string[]> {
  const results: string[] = [];
  for (const { topic, payload } of packets) {
    const outcome = await reader.receive(topic, payload);
    results.push(outcome.result === "rejected" ? outcome.reason : outcome.result);
  }
  return results;
}
