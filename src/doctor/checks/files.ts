import { isAbsolute, join } from "node:path";
import type { Config } from "../../config/schema.ts";
import type { Identity } from "../../contract/topics.ts";
import type { Patient } from "../check.ts";

/** A path of the configuration as a path of the machine. */
export function inFolder({ configuration: { folder } }: Patient, path: string): string {
  return isAbsolute(path) ? path : join(folder, path);
}

/** @throws a plain Error where a check that needs a configuration is run without one */
export function configOf({ configuration: { config } }: Patient): Config {
  if (config === null) throw new Error("no configuration");
  return config;
}

export function identityOf({ gateway }: Config): Identity {
  return { tenant: gateway.tenant, site: gateway.site, gateway: gateway.id };
}

const DAY_MS = 86_400_000;

/** How far away a time is, in days, rounded down. */
export function daysUntil(ms: number, nowMs: number): number {
  return Math.floor((ms - nowMs) / DAY_MS);
}

export function day(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/** What is said of a certificate whose time has not come: often it is the clock that is wrong. */
export const NOT_YET = {
  what: "A certificate is not valid yet.",
  cure: "Check the clock: date; timedatectl. If it is right, use the certificate from that day on.",
};
