import type { Output } from "../model.ts";
import { outputsOf } from "./outputs.ts";
import type { Profile } from "./profile.ts";
import type { PrivacyConfig, SensorConfig, SerialSensorConfig } from "./schema.ts";

/** How the gateway knows that a sensor lives. */
export type Liveness = Profile["health"]["liveness"];

/** What is fixed about a sensor while the gateway runs: from its configuration and its profile, never from what it sends. */
export interface SensorFacts {
  readonly id: string;
  readonly profile: string;
  /** The paths of its serial lines, or its chip and its GPIO lines. */
  readonly ports: readonly string[];
  readonly liveness: Liveness;
  /** When its silence is a fault, ms; null where silence says nothing. */
  readonly silentAfterMs: number | null;
  /** How many frames its profile says it sends in a second; null where that is not fixed. */
  readonly nominalHz: number | null;
  /** What it is counted into. */
  readonly outputs: readonly Pick<Output, "id" | "kind" | "seconds">[];
}

/** The facts about a sensor of this configuration. */
export function factsOf(sensor: SensorConfig, privacy: PrivacyConfig): SensorFacts {
  const outputs = outputsOf(sensor, privacy).map(({ id, kind, seconds }) => ({ id, kind, seconds }));
  return { id: sensor.id, ports: placesOf(sensor), outputs, ...lifeOf(sensor) };
}

function placesOf(sensor: SensorConfig): string[] {
  if (sensor.profile !== "device") return [sensor.port];
  const { place } = sensor;
  if (place.kind === "serial") return Object.values(place.ports);
  return [`${place.chip} ${Object.values(place.lines).join(", ")}`];
}

function lifeOf(
  sensor: SensorConfig,
): Pick<SensorFacts, "profile" | "liveness" | "silentAfterMs" | "nominalHz"> {
  const { profile } = sensor;
  if (profile === "device") {
    const { id, health } = sensor.device;
    const { liveness, silentAfterMs = null, nominalHz = null } = health;
    return { profile: id, liveness, silentAfterMs, nominalHz };
  }
  const silentAfterMs = beats(sensor) ? sensor.silentAfterSeconds * 1000 : null;
  return { profile, liveness: beats(sensor) ? "frames" : "none", silentAfterMs, nominalHz: null };
}

/** A line of a person-triggered sensor says nothing about its life; tracks and gauges come all the time. */
export function beats(sensor: SerialSensorConfig): boolean {
  const { liveness, sends, profile } = sensor;
  if (liveness) return liveness === "frames";
  // A row is one person's place, so that nobody in view is silence.
  const always = profile === "generic-csv" ? ["present"] : ["present", "tracks"];
  return sends.every((form) => always.includes(form));
}
