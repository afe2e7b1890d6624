import type { Method, Output } from "../model.ts";
import { deviceGives } from "./device.ts";
import type { Gives, Profile } from "./profile.ts";
import type { Config, PrivacyConfig, SensorConfig } from "./schema.ts";

/** Where neither the profile nor telpost.yaml says how fast people can pass. */
const FASTEST_PER_SECOND = 10;

/** The kinds of readings of a sensor that are counted: they decide which records exist. */
export function givesOfSensor(sensor: SensorConfig): ReadonlySet<Gives> {
  if (sensor.profile !== "device") return new Set(sensor.sends);
  const gives = new Set(deviceGives(sensor.device));
  if (!sensor.present) gives.delete("present");
  return gives;
}

/** How the running totals of a sensor are judged; null for one that has none. */
export function totalsOf(
  sensor: SensorConfig,
): { readonly bits?: number; readonly maxPerSecond: number } | null {
  if (!givesOfSensor(sensor).has("totals")) return null;
  const given = sensor.profile === "device" ? cumulativeOf(sensor.device) : sensor;
  const { bits, maxPerSecond = FASTEST_PER_SECOND } = given ?? {};
  return bits === undefined ? { maxPerSecond } : { bits, maxPerSecond };
}

function cumulativeOf({ messages }: Profile) {
  return messages.map(({ emit }) => emit.cumulative).find((cumulative) => cumulative !== undefined);
}

/** The fixed set of classes of a sensor, sorted; undefined: it tells nothing apart. */
export function classesOf(sensor: SensorConfig): readonly string[] | undefined {
  return sensor.classes?.toSorted();
}

/** The outputs one sensor feeds. Fixed by the configuration, so that every window has every record (P7). */
export function outputsOf(sensor: SensorConfig, { flow, occupancy }: PrivacyConfig): Output[] {
  const gives = givesOfSensor(sensor);
  const set = classesOf(sensor);
  const classes = set ? { classes: set } : {};
  const flowOf = (id: string, method: Method): Output => ({
    id,
    kind: "flow",
    method,
    seconds: flow.windowSeconds,
    ...classes,
  });
  const { windowSeconds: seconds, stat } = occupancy;
  const gaugeOf = (id: string, method: Method): Output => {
    return { id, kind: "occupancy", method, seconds, stat, ...classes };
  };
  return [
    ...(gives.has("passages") || gives.has("totals") ? [flowOf(sensor.id, "counted")] : []),
    ...sensor.lines.map(({ id }) => flowOf(id, "derived")),
    ...(gives.has("present") ? [gaugeOf(sensor.id, "counted")] : []),
    ...sensor.zones.map(({ id }) => gaugeOf(id, "derived")),
  ];
}

/** All outputs of a gateway, in the order of the configuration. */
export function allOutputs({ sensors, privacy }: Pick<Config, "sensors" | "privacy">): Output[] {
  return sensors.flatMap((sensor) => outputsOf(sensor, privacy));
}

/** So long the first window may take, in seconds: two of the shortest, and a minute for the start and the way. */
export function firstWindowSeconds(config: Pick<Config, "sensors" | "privacy">): number {
  const shortest = Math.min(...allOutputs(config).map(({ seconds }) => seconds));
  return 2 * shortest + 60;
}
