import type { Output } from "../model.ts";
import type { Config, PrivacyConfig, SensorConfig } from "./schema.ts";

/** The outputs one sensor feeds. Fixed by the configuration, so that every window has every record (P7). */
export function outputsOf(sensor: SensorConfig, privacy: PrivacyConfig): Output[] {
  const { flow, occupancy } = privacy;
  if (sensor.profile === "gpio-pulse") return [flowOutput(sensor.id, "counted", flow.windowSeconds)];
  const outputs: Output[] = [];
  const counts = sensor.sends.includes("passages") || sensor.sends.includes("totals");
  if (counts) outputs.push(flowOutput(sensor.id, "counted", flow.windowSeconds));
  for (const line of sensor.lines) outputs.push(flowOutput(line.id, "derived", flow.windowSeconds));
  if (sensor.sends.includes("present")) {
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
