import type { Health, HealthMessage } from "../../contract/health.ts";
import { type Birth, CONTRACT_VERSION, type Status } from "../../contract/status.ts";
import type { OutboxStats } from "../ports.ts";
import { drainSeconds } from "./pace.ts";

/** Which run of the gateway speaks. */
export interface Run {
  readonly bootId: string;
  /** Rises with every connection of this boot. */
  readonly connection: number;
}

/** The birth, retained on `status` on every connect. */
export function birthMessage(run: Run, birth: Birth, { queued, oldestAtMs }: OutboxStats): Status {
  const { software, configHash, about } = birth;
  return {
    schema: "telpost/status/1",
    state: "online",
    contract: CONTRACT_VERSION,
    software,
    configHash,
    ...run,
    about: about && {
      isolation: about.isolation,
      outputs: about.outputs.map(({ id, kind, seconds }) => ({ id, kind, seconds })),
      gatewayKid: about.gatewayKid,
      cityKid: about.cityKid,
      cityKeyUntil: isoOrNull(about.cityKeyUntilMs),
    },
    outbox: { queued, oldest: isoOrNull(oldestAtMs) },
  };
}

/** The last will (`lost`), or the word of a clean stop. */
export function deathMessage({ bootId, connection }: Run, reason: "lost" | "stopped"): Status {
  return { schema: "telpost/status/1", state: "offline", reason, bootId, connection };
}

/** What the uplink itself adds to a health message. */
export interface HealthContext extends Run {
  readonly nowMs: number;
  readonly clockSynced: boolean;
  readonly delivery: string | null;
  readonly lastProofMs: number | null;
  /** The configured pace. */
  readonly backlogPerSecond: number;
  readonly storage: string | null;
  readonly stats: OutboxStats;
}

export function healthMessage(parts: Health, context: HealthContext): HealthMessage {
  const { bootId, connection, nowMs, clockSynced, delivery, lastProofMs, backlogPerSecond, storage, stats } =
    context;
  const { queued, oldestAtMs } = stats;
  return {
    schema: "telpost/health/1",
    at: new Date(nowMs).toISOString(),
    bootId,
    connection,
    uptimeSeconds: parts.uptimeSeconds,
    sensors: parts.sensors.map((sensor) => ({ ...sensor })),
    ...(parts.contacts && { contacts: parts.contacts.map((contact) => ({ ...contact })) }),
    ...(parts.platform && { platform: { ...parts.platform } }),
    clockSynced,
    cityKeyDays: clockSynced ? daysUntil(parts.cityKeyUntilMs ?? null, nowMs) : null,
    delivery,
    queued,
    oldestSeconds: oldestAtMs === null ? null : Math.max(0, Math.floor((nowMs - oldestAtMs) / 1000)),
    lastProof: isoOrNull(lastProofMs),
    drainSeconds: drainSeconds(queued, backlogPerSecond, delivery),
    storage,
    ...(parts.configuration !== undefined && { configuration: parts.configuration }),
  };
}

function daysUntil(ms: number | null, nowMs: number): number | null {
  return ms === null ? null : Math.floor((ms - nowMs) / 86_400_000);
}

function isoOrNull(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
