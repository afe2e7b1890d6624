import { z } from "zod";
import { CONTACT_USES } from "../model.ts";
import { anyClasses } from "./classes.ts";
import { levels, totals } from "./derived-schema.ts";
import { type DeviceSensorConfig, deviceSensor } from "./device.ts";
import type { Profile } from "./profile.ts";
import {
  type countingLine,
  countingLines,
  gpioCommon,
  gpioInput,
  level,
  location,
  path,
  type zone,
  zones,
} from "./schema-parts.ts";

/**
 * The configuration file: one YAML document, keys in the field engineer's words, units last.
 * Unknown keys are errors. Paths are relative to the file. A secret is a file, never a value.
 */

const text = z.string().min(1).max(500);

/** A positive rational as text: "1", "1/2", "3/10". Kept as text, so that it stays exact. */
export const rational = z.string().regex(/^[1-9]\d{0,5}(\/[1-9]\d{0,5})?$/, {
  error: 'write a positive fraction in quotes, such as "1" or "1/2"',
});

const SIZES: Record<string, number> = { KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };
const size = z
  .string()
  .regex(/^[1-9]\d{0,5}(KiB|MiB|GiB)$/, { error: "write a size such as 512MiB" })
  .transform((value) => Number.parseInt(value, 10) * (SIZES[value.slice(-3)] ?? 1));

const AGES: Record<string, number> = { h: 3_600_000, d: 86_400_000 };
const age = z
  .string()
  .regex(/^[1-9]\d{0,3}[hd]$/, { error: "write an age such as 30d or 12h" })
  .transform((value) => Number.parseInt(value, 10) * (AGES[value.slice(-1)] ?? 1));

const windowSeconds = z
  .int()
  .min(1)
  .max(86_400)
  .refine((value) => 86_400 % value === 0, { error: "a window must divide a day: 60, 300, 900, 3600 ..." });

const brokerUrl = z.string().regex(/^mqtts?:\/\/[A-Za-z0-9.\-[\]:]+$/, { error: "write mqtts://host:8883" });

const gateway = z.strictObject({ tenant: level, site: level, id: level, key: path });
const city = z.strictObject({ root: path, keys: path });
const broker = z.strictObject({
  url: brokerUrl,
  ca: path.optional(),
  cert: path.optional(),
  key: path.optional(),
  /** What proves delivery: the broker's PUBACK (MQTT 5 only), or the city's own message on `ack`. */
  ack: z.enum(["broker", "city"]).default("broker"),
  protocol: z.enum(["auto", "5", "3.1.1"]).default("auto"),
  inFlight: z.int().min(1).max(1000).default(100),
  backlogPerSecond: z.int().min(1).max(10_000).default(200),
  keepaliveSeconds: z.int().min(5).max(300).default(30),
});
const flow = z.strictObject({ windowSeconds: windowSeconds.default(60), epsilon: rational.default("1") });
const occupancy = z.strictObject({
  windowSeconds: windowSeconds.default(300),
  epsilon: rational.default("1"),
  /** Windows that share the epsilon: each gets epsilon / w. */
  w: z.int().min(1).max(1000).default(3),
  stat: z.enum(["max", "mean", "last"]).default("max"),
});
const privacy = z.strictObject({
  profile: z.enum(["street", "lab"]).default("street"),
  mechanism: z.enum(["discrete-laplace", "none"]).default("discrete-laplace"),
  /** Needed with mechanism none; travels in every message. */
  reason: text.optional(),
  /** Needed for an epsilon above 2; shown in the privacy report. */
  override: text.optional(),
  flow: flow.prefault({}),
  occupancy: occupancy.prefault({}),
});
const outbox = z.strictObject({ maxBytes: size.prefault("512MiB"), maxAge: age.prefault("30d") });
const report = z.strictObject({
  controller: text,
  contact: text,
  purpose: text,
  legalBasis: text,
  dpia: text,
  register: text,
  activeUntil: z.iso.date(),
});

/** The four forms a generic line may have. */
export const forms = ["passages", "totals", "present", "tracks"] as const;
export type Form = (typeof forms)[number];

const serial = {
  port: path,
  baudRate: z.int().min(50).max(4_000_000).default(115_200),
  dataBits: z.literal([7, 8]).default(8),
  parity: z.enum(["none", "even", "odd"]).default("none"),
  stopBits: z.literal([1, 2]).default(1),
};
const generic = {
  id: level,
  location,
  ...serial,
  /** What the script sends: decides which records exist, so that they exist in every window. */
  sends: z.array(z.enum(forms)).min(1).default(["passages"]),
  /** What the script tells apart. */
  classes: anyClasses,
  lines: countingLines,
  zones,
  /** Width of a running total after which it wraps to 0. */
  bits: z.int().min(8).max(48).optional(),
  /** Faster than people can pass here: such a step is a spike or a reset, never a count. */
  maxPerSecond: z.number().positive().max(1000).default(10),
  /** How the gateway knows that the sensor lives: from its lines, or (none) only from the open port. */
  liveness: z.enum(["frames", "none"]).optional(),
  silentAfterSeconds: z.int().min(1).max(86_400).default(30),
};
const columns = ["in", "out", "inTotal", "outTotal", "present", "id", "x", "y", "class", "-"] as const;
const jsonl = z.strictObject({ profile: z.literal("generic-jsonl"), ...generic });
const csv = z.strictObject({
  profile: z.literal("generic-csv"),
  ...generic,
  /** Meaning of each column, in order; "-" is dropped. A header row on the line overrides it. */
  columns: z.array(z.enum(columns)).min(1).max(64).default(["in", "out"]),
});
/** A sensor: of a profile that is code, or of one of these device profiles. */
function sensorSchema(devices: Iterable<Profile>): z.ZodType<SensorConfig> {
  return z.discriminatedUnion("profile", [
    jsonl,
    csv,
    ...[...devices].map(deviceSensor),
  ]) as z.ZodType<SensorConfig>;
}

/** A contact of the cabinet or the supply on a GPIO line; active means that something is wrong. */
const contact = z.strictObject({
  id: level,
  use: z.enum(CONTACT_USES),
  gpio: z.strictObject({ ...gpioCommon, line: gpioInput }),
});

/** A light that blinks for whoever stands at the gateway. Through the character device alone: no file of sysfs. */
const statusLight = z.strictObject({
  gpio: z.strictObject({ chip: gpioCommon.chip, line: gpioInput, activeLow: gpioCommon.activeLow }),
});

/** The configuration of a gateway that knows these device profiles. */
export function configSchemaFor(devices: Iterable<Profile>) {
  return z.strictObject({
    gateway,
    city,
    broker,
    privacy: privacy.prefault({}),
    outbox: outbox.prefault({}),
    report: report.optional(),
    sensors: z.array(sensorSchema(devices)).min(1).max(64),
    totals,
    levels,
    contacts: z.array(contact).max(16).default([]),
    statusLight: statusLight.optional(),
  });
}

/** Without device profiles. */
export const configSchema = configSchemaFor([]);

export type SerialSensorConfig = z.output<typeof jsonl> | z.output<typeof csv>;
export type SensorConfig = SerialSensorConfig | DeviceSensorConfig;
export type Config = z.output<typeof configSchema>;
export type CountingLine = z.output<typeof countingLine>;
export type CountingZone = z.output<typeof zone>;
export type ContactConfig = Config["contacts"][number];
export type StatusLightConfig = z.output<typeof statusLight>;
export type PrivacyConfig = Config["privacy"];
export type BrokerConfig = Config["broker"];
