import { z } from "zod";
import type { RuleProblem } from "../rules.ts";

/** What telpost.yaml may set at a sensor of this profile: closed types, each with a default or needed. */

const text = z.string().max(512);
const whole = { min: z.int(), max: z.int() };
const real = { min: z.number(), max: z.number() };

export const setting = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("boolean"), default: z.boolean().exactOptional() }),
  z.strictObject({ type: z.literal("int"), ...whole, default: z.int().exactOptional() }),
  z.strictObject({ type: z.literal("number"), ...real, default: z.number().exactOptional() }),
  z.strictObject({
    type: z.literal("choice"),
    of: z.array(text.min(1)).min(2).max(16),
    default: text.exactOptional(),
  }),
  z.strictObject({ type: z.literal("text"), default: text.exactOptional() }),
  /** The path of a file of text; the engine gets what is in it. */
  z.strictObject({ type: z.literal("file"), optional: z.boolean().default(false) }),
]);

export type Setting = z.output<typeof setting>;

/** Values for the settings of a profile; of a file its text. */
export type ProfileSettings = Readonly<Record<string, boolean | number | string>>;

/** True when a value is of the type, and within the bounds, of a setting. */
export function fits(setting: Setting, value: unknown): boolean {
  if (setting.type === "boolean") return typeof value === "boolean";
  if (setting.type === "choice") return typeof value === "string" && setting.of.includes(value);
  if (setting.type === "text" || setting.type === "file")
    return typeof value === "string" && value.length > 0;
  if (typeof value !== "number" || !Number.isFinite(value)) return false;
  return (
    value >= setting.min && value <= setting.max && (setting.type === "number" || Number.isInteger(value))
  );
}

type Checked =
  | { readonly ok: true; readonly value: ProfileSettings }
  | { readonly ok: false; readonly problems: RuleProblem[] };

/** What a sensor sets, with defaults filled in, or everything that is wrong with it. Paths are relative to the sensor. */
export function checkSettings(
  settings: Readonly<Record<string, Setting>>,
  given: Readonly<Record<string, unknown>>,
): Checked {
  const problems: RuleProblem[] = [];
  const value: Record<string, boolean | number | string> = {};
  for (const key of Object.keys(given)) {
    if (!Object.hasOwn(settings, key))
      problems.push({ path: [key], message: `unknown key "${key}"; the profile has ${known(settings)}` });
  }
  for (const [key, setting] of Object.entries(settings)) {
    const one = Object.hasOwn(given, key) ? given[key] : "default" in setting ? setting.default : undefined;
    if (one === undefined && setting.type === "file" && setting.optional) continue;
    if (one === undefined) problems.push({ path: [key], message: `missing; ${advice(setting)}` });
    else if (fits(setting, one)) value[key] = one as boolean | number | string;
    else problems.push({ path: [key], message: advice(setting) });
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value };
}

function known(settings: Readonly<Record<string, Setting>>): string {
  return Object.keys(settings).join(", ") || "no settings";
}

function advice(setting: Setting): string {
  if (setting.type === "boolean") return "expected true or false";
  if (setting.type === "choice") return `expected one of ${setting.of.join(", ")}`;
  if (setting.type === "text") return "expected a text";
  if (setting.type === "file") return "expected the path of a file";
  const what = setting.type === "int" ? "a whole number" : "a number";
  return `expected ${what} from ${setting.min} to ${setting.max}`;
}
