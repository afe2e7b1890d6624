import { z } from "zod";
import { checkSettings, type Gives, givesOf, type Profile, type ProfileSettings } from "./profile.ts";
import { countingLine, level, path } from "./schema-parts.ts";

/** A sensor of the configuration whose profile is data in firmware-config. */
export interface DeviceSensorConfig {
  readonly profile: "device";
  readonly device: Profile;
  readonly id: string;
  /** The path of each line of the device. */
  readonly ports: { readonly main: string; readonly command?: string };
  readonly baudRate: number;
  readonly lines: readonly z.output<typeof countingLine>[];
  readonly settings: ProfileSettings;
}

/** What the engines that are code give. */
const CODE_GIVES: Readonly<Record<Profile["engine"], readonly Gives[]>> = {
  declarative: [],
  "ti-iwr6843": ["tracks"],
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

/** True when a running gateway can read such a device. */
export function isReadable({ transport, engine }: Profile): boolean {
  return transport.kind === "serial" && (engine === "declarative" || engine === "ti-iwr6843");
}

/** The keys that a sensor of this profile has in telpost.yaml: strict, so that a key of another device is a mistake. */
export function deviceSensor(profile: Profile) {
  const { transport, settings } = profile;
  const serial = transport.kind === "serial" ? transport : undefined;
  const place = serial?.ports.includes("command")
    ? { ports: z.strictObject({ data: path, command: path }) }
    : { port: path };
  const lines = crossesLines(profile) ? { lines: z.array(countingLine).min(1).max(16) } : {};
  const own = Object.fromEntries(Object.keys(settings).map((key) => [key, z.unknown().optional()]));
  const shape = {
    profile: z.literal(profile.id),
    id: level,
    baudRate: z.int().min(50).max(4_000_000).optional(),
  };
  return z.strictObject({ ...own, ...shape, ...place, ...lines }).transform((given, context) => {
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

function normalised(
  device: Profile,
  given: Record<string, unknown>,
  settings: ProfileSettings,
): DeviceSensorConfig {
  const { transport } = device;
  const pair = given.ports as { data: string; command: string } | undefined;
  const own = transport.kind === "serial" ? transport.baudRate : 0;
  return {
    profile: "device",
    device,
    id: given.id as string,
    ports: pair ? { main: pair.data, command: pair.command } : { main: given.port as string },
    baudRate: (given.baudRate as number | undefined) ?? own,
    lines: (given.lines as DeviceSensorConfig["lines"] | undefined) ?? [],
    settings,
  };
}
