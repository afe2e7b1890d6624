import type { Output } from "../model.ts";
import { deviceGives } from "./device.ts";
import type { Gives, Profile } from "./profile.ts";
import type { Config, CountingLine, PrivacyConfig, SensorConfig } from "./schema.ts";

/** Where neither the profile nor telpost.yaml says how fast people can pass. */
const FASTEST_PER_SECOND = 10;

/** The kinds of readings a sensor gives: they decide which records exist. */
export function givesOfSensor(sensor: SensorConfig): ReadonlySet<Gives> {
  if (sensor.profile === "gpio-pulse") return new Set(["passages"]);
  return sensor.profile === "device" ? deviceGives(sensor.device) : new Set(sensor.sends);
}

/** The counting lines of a sensor; none for one that gives no positions. */
export function linesOf(sensor: SensorConfig): readonly CountingLine[] {
  return sensor.profile === "gpio-pulse" ? [] : sensor.lines;
}

/** How the running totals of a sensor are judged; null for one that has none. */
export function totalsOf(
  sensor: SensorConfig,
): { readonly bits?: number; readonly maxPerSecond: number } | null {
  if (!givesOfSensor(sensor).has("totals") || sensor.profile === "gpio-pulse") return null;
  const given = sensor.profile === "device" ? cumulativeOf(sensor.device) : sensor;
  const { bits, maxPerSecond = FASTEST_PER_SECOND } = given ?? {};
  return bits === undefined ? { maxPerSecond } : { bits, maxPerSecond };
}

function cumulativeOf({ messages }: Profile) {
  return messages.map(({ emit }) => emit.cumulative).find((cumulative) => cumulative !== undefined);
}

/** The outputs one sensor feeds. Fixed by the configuration, so that every window has every record (P7). */
export function outputsOf(sensor: SensorConfig, privacy: PrivacyConfig): Output[] {
  const { flow, occupancy } = privacy;
  const gives = givesOfSensor(sensor);
  const outputs: Output[] = [];
  const counts = gives.has("passages") || gives.has("totals");
  if (counts) outputs.push(flowOutput(sensor.id, "counted", flow.windowSeconds));
  for (const line of linesOf(sensor)) outputs.push(flowOutput(line.id, "derived", flow.windowSeconds));
  if (gives.has("present")) {
    const { windowSeconds, stat } = occupancy;
    outputs.push({ id: sensor.id, kind: "occupancy", method: "counted", seconds: windowSeconds, stat });
  }
  return outputs;
}

/** All outputs of a gateway, in the order of the configuration. */
export function allOutputs({ sensors, privacy }: Pick<Config, "sensors" | "privacy">): Output[] {
  return sensors.flatMap((sensor) => outputsOf(sensor, privacy));
}

function flowOutput(id: string, method: Output["method"], seconds: number): Output {
  return { id, kind: "flow", method, seconds };
}
