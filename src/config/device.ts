import { z } from "zod";
import { classesKey } from "./classes.ts";
import { checkSettings, type Gives, givesOf, type Profile, type ProfileSettings } from "./profile.ts";
import {
  type countingLine,
  countingLineOf,
  countingLines,
  gpioCommon,
  gpioInput,
  HYSTERESIS_WITHOUT_IDENTITY_METRES,
  level,
  location,
  path,
  type zone,
  zones,
} from "./schema-parts.ts";

/** Where the lines of a device are. */
export type DevicePlace =
  | {
      readonly kind: "serial";
      /** The path of each line of the device. */
      readonly ports: { readonly main: string; readonly command?: string };
      readonly baudRate: number;
    }
  | (z.output<z.ZodObject<typeof gpioCommon>> & {
      readonly kind: "gpio";
      /** Number or name on the chip, by the name that the profile gives the line. */
      readonly lines: Readonly<Record<string, number | string>>;
    });

/** A sensor of the configuration whose profile is data in firmware-config. */
export interface DeviceSensorConfig {
  readonly profile: "device";
  readonly device: Profile;
  readonly id: string;
  readonly location: string | undefined;
  readonly place: DevicePlace;
  readonly lines: readonly z.output<typeof countingLine>[];
  readonly zones: readonly z.output<typeof zone>[];
  /** False when how many are in view is not wanted, though the device gives it. */
  readonly present: boolean;
  /** What is told apart; see classes.ts. */
  readonly classes: readonly string[] | undefined;
  readonly settings: ProfileSettings;
}

/** What the engines that are code give. */
const CODE_GIVES: Readonly<Record<Profile["engine"], readonly Gives[]>> = {
  declarative: [],
  "ti-iwr6843": ["tracks", "present"],
  "two-beam": ["passages"],
  "distance-beam": ["passages"],
  pulse: ["passages"],
};

/** The kinds of readings a device gives. */
export function deviceGives(profile: Profile): ReadonlySet<Gives> {
  return new Set([...givesOf(profile), ...CODE_GIVES[profile.engine]]);
}

/** True when people are counted where they cross lines drawn in telpost.yaml. */
export function crossesLines(profile: Profile): boolean {
  const gives = deviceGives(profile);
  return gives.has("tracks") || gives.has("targets");
}

/** The keys that a sensor of this profile has in telpost.yaml: strict, so that a key of another device is a mistake. */
export function deviceSensor(profile: Profile) {
  const { settings } = profile;
  const own = Object.fromEntries(Object.keys(settings).map((key) => [key, z.unknown().optional()]));
  const shape = {
    profile: z.literal(profile.id),
    id: level,
    location,
    ...placeKeys(profile),
    ...viewKeys(profile),
    ...classesKeys(profile),
  };
  return z.strictObject({ ...shape, ...own, ...shape }).transform((given, context) => {
    const values = given as Record<string, unknown>;
    const set = Object.fromEntries(
      Object.keys(settings)
        .filter((key) => key in values)
        .map((key) => [key, values[key]]),
    );
    const checked = checkSettings(settings, set);
    if (!checked.ok) {
      for (const { path: at, message } of checked.problems)
        context.addIssue({ code: "custom", path: [...at], message });
      return z.NEVER;
    }
    return normalised(profile, values, checked.value);
  });
}

function placeKeys({ transport }: Profile): Record<string, z.ZodType> {
  if (transport.kind === "gpio") {
    const inputs = Object.fromEntries(gpioKeys(transport.lines).map(([key]) => [key, gpioInput]));
    return { gpio: z.strictObject({ ...gpioCommon, ...inputs }) };
  }
  const place = transport.ports.includes("command")
    ? { ports: z.strictObject({ data: path, command: path }) }
    : { port: path };
  return { ...place, baudRate: z.int().min(50).max(4_000_000).optional() };
}

/** The key of each line in telpost.yaml, and its name in the profile: a single one is just `line`. */
function gpioKeys(lines: readonly string[]): [key: string, name: string][] {
  return lines.map((name) => [lines.length === 1 ? "line" : name, name]);
}

/** Lines and zones for a device that gives positions; whether to count those in view, where that is a choice. */
function viewKeys(profile: Profile): Record<string, z.ZodType> {
  if (!crossesLines(profile)) return {};
  const gives = deviceGives(profile);
  const lines = gives.has("targets")
    ? z.array(countingLineOf(HYSTERESIS_WITHOUT_IDENTITY_METRES)).max(16).default([])
    : countingLines;
  return { lines, zones, ...(gives.has("present") ? { present: z.boolean().default(true) } : {}) };
}

function classesKeys(profile: Profile): Record<string, z.ZodType> {
  const classes = classesKey(profile);
  return classes ? { classes } : {};
}

function normalised(
  device: Profile,
  given: Record<string, unknown>,
  settings: ProfileSettings,
): DeviceSensorConfig {
  return {
    profile: "device",
    device,
    id: given.id as string,
    location: given.location as string | undefined,
    place: placeOf(device, given),
    lines: (given.lines as DeviceSensorConfig["lines"] | undefined) ?? [],
    zones: (given.zones as DeviceSensorConfig["zones"] | undefined) ?? [],
    classes: given.classes as DeviceSensorConfig["classes"],
    present: (given.present as boolean | undefined) ?? true,
    settings,
  };
}

function placeOf({ transport }: Profile, given: Record<string, unknown>): DevicePlace {
  if (transport.kind === "gpio") {
    const gpio = given.gpio as z.output<z.ZodObject<typeof gpioCommon>> & Record<string, number | string>;
    const { chip, driver, bias, activeLow, debounceMs } = gpio;
    const lines = gpioKeys(transport.lines).flatMap(([key, name]) => {
      const input = gpio[key];
      return input === undefined ? [] : [[name, input] as const];
    });
    return { kind: "gpio", chip, driver, bias, activeLow, debounceMs, lines: Object.fromEntries(lines) };
  }
  const pair = given.ports as { data: string; command: string } | undefined;
  const ports = pair ? { main: pair.data, command: pair.command } : { main: given.port as string };
  return { kind: "serial", ports, baudRate: (given.baudRate as number | undefined) ?? transport.baudRate };
}
