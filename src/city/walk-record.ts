import { isDeepStrictEqual } from "node:util";
import type { ReadEventMessage } from "../contract/event.ts";
import { gatewayName } from "../contract/topics.ts";
import { type ReadWalkRecord, walkRecordForReaders, walkRecordHeader } from "../contract/walk-test.ts";
import type { Registry } from "./keys.ts";
import { openSigned } from "./signed.ts";

export type CommissioningEvent = Extract<ReadEventMessage, { kind: "commissioning" }>;

/** What the signed record and the event around it, which anybody on the way may have written, both say. */
const SAID_TWICE = ["tenant", "site", "gateway", "sensor", "line", "how", "verdict"] as const;

/**
 * Opens the signed record inside an event `commissioning`: null unless a registered key of this gateway signed it and it
 * says the same as the event. Never throws on input.
 */
export async function openWalkRecord(
  event: CommissioningEvent,
  registry: Pick<Registry, "gateways" | "revoked">,
): Promise<ReadWalkRecord | null> {
  const record = await openSigned(event.record, {
    gateway: gatewayName(event),
    registry,
    header: walkRecordHeader,
    payload: walkRecordForReaders,
  });
  if (!record) return null;
  return SAID_TWICE.every((name) => isDeepStrictEqual(record[name], event[name])) ? record : null;
}
