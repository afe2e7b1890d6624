import type { Config } from "../config/schema.ts";
import { instantText } from "../contract/event.ts";
import { PRIVACY_REPORT_SCHEMA, type PrivacyReport, privacyReport } from "../contract/privacy-report.ts";
import { CONTRACT_VERSION } from "../contract/status.ts";
import { derivedOf } from "./derived.ts";
import { filesOf } from "./files.ts";
import { accessOf, EXACT_NUMBERS, LOGS } from "./people.ts";
import { sensorsOf, technologiesOf } from "./sensors.ts";
import { TABLES } from "./tables.ts";
import { topicsOf } from "./topics.ts";

/** What is not in the configuration. */
export interface ReportFacts {
  readonly software: string;
  readonly configHash: string;
  readonly isolation: PrivacyReport["isolation"];
  /** ms since the Unix epoch; null when the clock is not set. */
  readonly madeMs: number | null;
  /** Thumbprints; null when the gateway does not run. */
  readonly gatewayKid: string | null;
  readonly cityKid: string | null;
  readonly walkTests: number | null;
}

/** The privacy report of a configuration. Nothing in it depends on a passage. */
export function buildReport(config: Config, facts: ReportFacts): PrivacyReport {
  const { tenant, site, id: gateway } = config.gateway;
  const { software, configHash, isolation, madeMs, walkTests } = facts;
  return privacyReport.parse({
    schema: PRIVACY_REPORT_SCHEMA,
    ...{ tenant, site, gateway, software, configHash, isolation, walkTests },
    made: madeMs === null ? null : instantText(madeMs),
    contract: CONTRACT_VERSION,
    responsible: config.report ?? null,
    protection: protectionOf(config, facts),
    technologies: technologiesOf(config),
    sensors: sensorsOf(config),
    derived: derivedOf(config),
    files: filesOf(config),
    tables: TABLES,
    topics: topicsOf({ tenant, site, gateway }),
    logs: LOGS,
    access: accessOf(config),
    exactNumbers: EXACT_NUMBERS,
  });
}

function protectionOf(
  { privacy }: Config,
  { cityKid, gatewayKid }: ReportFacts,
): PrivacyReport["protection"] {
  const { profile, mechanism, reason = null, override = null, flow, occupancy } = privacy;
  return {
    ...{ profile, mechanism, reason, override },
    // A passage is in or out, so both directions have the full epsilon.
    flow: { windowSeconds: flow.windowSeconds, epsilon: flow.epsilon, unit: "passage", sensitivity: 1 },
    occupancy: {
      windowSeconds: occupancy.windowSeconds,
      epsilon: occupancy.epsilon,
      windows: occupancy.w,
      unit: "person-window",
      sensitivity: 1,
    },
    sealedTo: cityKid,
    signedBy: gatewayKid,
  };
}
