import type { KeyObject } from "node:crypto";
import { CompactSign } from "jose";
import type { Config, SensorConfig } from "../config/schema.ts";
import { instantText } from "../contract/event.ts";
import { SIGNATURE_ALGORITHM } from "../contract/sealed.ts";
import { WALK_RECORD_SCHEMA, WALK_RECORD_TYPE, type WalkRecord, walkRecord } from "../contract/walk-test.ts";
import type { WalkEnd, WalkVerdict } from "../model.ts";
import { VERSION } from "../ops/version.ts";
import type { Passages } from "../walk/verdict.ts";
import type { WalkFacts } from "./walk-tap.ts";

/** How a walk test came out. */
export interface WalkOutcome {
  readonly how: WalkEnd;
  /** As the engineer says; null when the test was not finished. */
  readonly walked: Passages | null;
  readonly verdict: readonly WalkVerdict[];
  /** ms since the Unix epoch. */
  readonly endedMs: number;
}

/** The commissioning record of a walk test: what was walked and what came of it, and no number that was counted. */
export function recordOf(
  { config, configHash }: { readonly config: Config; readonly configHash: string },
  facts: WalkFacts,
  { how, walked, verdict, endedMs }: WalkOutcome,
): WalkRecord {
  const { tenant, site, id: gateway } = config.gateway;
  const { beganMs, ...about } = facts;
  const sensor = config.sensors.find(({ id }) => id === facts.sensor);
  return walkRecord.parse({
    schema: WALK_RECORD_SCHEMA,
    ...{ tenant, site, gateway, configHash, software: `telpost ${VERSION}` },
    ...about,
    profile: sensor ? profileOf(sensor) : "gone",
    began: instantText(beganMs),
    ended: instantText(endedMs),
    ...{ how, walked, verdict },
  });
}

/** Signs a record with the gateway's key, as a compact JWS. */
export function signRecord(
  record: WalkRecord,
  { kid, privateKey }: { readonly kid: string; readonly privateKey: KeyObject },
): Promise<string> {
  return new CompactSign(Buffer.from(JSON.stringify(record), "utf8"))
    .setProtectedHeader({ alg: SIGNATURE_ALGORITHM, typ: WALK_RECORD_TYPE, kid })
    .sign(privateKey);
}

function profileOf(sensor: SensorConfig): string {
  return sensor.profile === "device" ? sensor.device.id : sensor.profile;
}
