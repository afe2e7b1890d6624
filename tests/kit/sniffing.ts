import { parseConfig } from "../../src/config/parse.ts";
import type { SensorConfig } from "../../src/config/schema.ts";
import { earFor } from "../../src/sniff/ear.ts";
import { planOf } from "../../src/sniff/plan.ts";
import { type Findings, Sniffer } from "../../src/sniff/sniffer.ts";
import { configWith } from "./config.ts";
import { shippedProfiles } from "./devices.ts";

/** A sensor of a configuration, written as a YAML flow map without its braces, id and port. */
export function sensorOf(yaml: string): SensorConfig {
  const parsed = parseConfig(configWith(`id: s, ${yaml}`, "override: a test"), shippedProfiles());
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const [sensor] = parsed.value.sensors;
  if (!sensor) throw new Error("no sensor");
  return sensor;
}

/** Bytes of a device, or of the gateway to it, at a time. */
export interface OnTheLine {
  readonly atMs: number;
  readonly bytes: Uint8Array;
  readonly way?: "to";
}

/** What is told of a line over which these went. */
export function sniffed(sensor: SensorConfig, line: readonly OnTheLine[], seconds = 10): Findings {
  const plan = planOf(sensor);
  if (!plan) throw new Error("nothing may be told of this sensor");
  const sniffer = new Sniffer(plan, earFor(sensor));
  for (const { atMs, bytes, way } of line) {
    if (way === "to") sniffer.sent(bytes, atMs);
    else sniffer.bytes(bytes, atMs);
  }
  return sniffer.findings(seconds);
}

/** One piece after the other, every so many ms. */
export function every(ms: number, pieces: readonly Uint8Array[]): OnTheLine[] {
  return pieces.map((bytes, at) => ({ atMs: at * ms, bytes }));
}
