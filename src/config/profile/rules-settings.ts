import type { Profile } from "../profile.ts";
import type { RuleProblem } from "../rules.ts";
import { fits, type Setting } from "./settings.ts";

/** A place in the profile where a setting stands for a value. */
interface Use {
  readonly path: readonly (string | number)[];
  readonly setting: string;
  /** What every value of it must be. */
  readonly takes: (setting: Setting) => boolean;
  readonly what: string;
}

const isInt =
  (least: number, most: number) =>
  (setting: Setting): boolean =>
    setting.type === "int" && setting.min >= least && setting.max <= most;
const isBoolean = (setting: Setting): boolean => setting.type === "boolean";
const isSendable = (setting: Setting): boolean => setting.type === "text" || setting.type === "file";

/** Settings that the engine itself understands: a mirrored sensor, the address on the bus, the checksum of DCON. */
const MIRROR = "mirrorX";
const UNIT = "unit";
const CHECKSUM = "checksum";

/** Keys that every sensor of telpost.yaml may have: a setting of the same name would be neither. */
const TAKEN = ["profile", "id", "port", "ports", "baudRate", "lines", "zones", "classes", "gpio"];

/** Settings that are used exist and fit; settings that exist are used, and their defaults keep their own bounds. */
export function* settingRules(profile: Profile): Generator<RuleProblem> {
  const { settings, engine } = profile;
  for (const [key, setting] of Object.entries(settings)) yield* ownRules(key, setting);
  const uses = [...usesOf(profile)];
  for (const { path, setting, takes, what } of uses) {
    const found = settings[setting];
    if (!found) yield { path, message: `there is no setting "${setting}"; it is to be ${what}` };
    else if (!takes(found))
      yield { path: ["settings", setting], message: `is used where it must be ${what}` };
  }
  if (engine !== "declarative") return;
  for (const key of Object.keys(settings)) {
    if (!uses.some(({ setting }) => setting === key))
      yield { path: ["settings", key], message: "nothing uses this setting; remove it" };
  }
}

function* ownRules(key: string, setting: Setting): Generator<RuleProblem> {
  const own = ["settings", key] as const;
  if (TAKEN.includes(key))
    yield { path: own, message: `"${key}" is a key of every sensor; choose another name` };
  if ((setting.type === "int" || setting.type === "number") && setting.min > setting.max)
    yield { path: [...own, "min"], message: "min is above max" };
  else if ("default" in setting && !fits(setting, setting.default))
    yield { path: [...own, "default"], message: "the default is outside its own bounds" };
}

function* usesOf({ poll, init, messages, frames, settings }: Profile): Generator<Use> {
  const modbus = frames.some(({ kind }) => kind === "modbus-rtu");
  const dcon = frames.some(({ kind }) => kind === "dcon");
  if (modbus) yield use(["settings"], UNIT, isInt(1, 247), "a whole number of 1 to 247");
  if (dcon) yield use(["settings"], UNIT, isInt(0, 255), "a whole number of 0 to 255");
  if (dcon && settings[CHECKSUM]) yield use(["settings"], CHECKSUM, isBoolean, "true or false");
  const placed = messages.some(({ emit }) => emit.targets || emit.tracks);
  if (placed && settings[MIRROR]) yield use(["settings"], MIRROR, isBoolean, "true or false");
  for (const [index, { send, onlyIf }] of init.entries()) {
    if (onlyIf) yield use(["init", index, "onlyIf", "setting"], onlyIf.setting, isBoolean, "true or false");
    if ("setting" in send)
      yield use(["init", index, "send", "setting"], send.setting, isSendable, "a text or a file");
  }
  for (const [index, one] of poll.entries()) {
    const { fc, addr } = one.modbus ?? {};
    if (typeof fc === "object")
      yield use(["poll", index, "modbus", "fc"], fc.setting, isInt(3, 4), "a whole number of 3 to 4");
    if (typeof addr === "object")
      yield use(
        ["poll", index, "modbus", "addr"],
        addr.setting,
        isInt(0, 65_535),
        "a whole number of 0 to 65535",
      );
    if (typeof one.dcon?.channel === "object")
      yield use(
        ["poll", index, "dcon", "channel"],
        one.dcon.channel.setting,
        isInt(0, 15),
        "a whole number of 0 to 15",
      );
  }
  for (const [index, { fields }] of messages.entries()) {
    for (const [name, field] of Object.entries(fields)) {
      if ("reg" in field && typeof field.lowWordFirst === "object")
        yield use(
          ["messages", index, "fields", name, "lowWordFirst"],
          field.lowWordFirst.setting,
          isBoolean,
          "true or false",
        );
    }
  }
}

function use(path: Use["path"], setting: string, takes: Use["takes"], what: string): Use {
  return { path, setting, takes, what };
}
