import { assert } from "../base/assert.ts";
import { crossesLines } from "../config/device.ts";
import type { Profile, Setting } from "../config/profile.ts";
import type { Finding } from "./finding.ts";
import { SCRIPT_LINE } from "./plan.ts";
import { passagesOrTotals } from "./scripts.ts";

/** Marks a value that nobody but the person on the spot can know. */
export const CHOOSE = "# CHOOSE:";

const LINES = [
  `    lines: ${CHOOSE} where people are counted, in metres`,
  "      - { id: line-1, from: [-2, 2.5], to: [2, 2.5], in: left }",
];

/** What to paste into telpost.yaml for a finding on a serial port: valid as it stands, with examples where the person must choose. */
export function blockFor(finding: Finding, profile: Profile | undefined, port: string): string[] {
  if (!profile) return scriptBlock(finding, port);
  const { transport, id, settings } = profile;
  assert(transport.kind === "serial", "only serial profiles are looked for on a port");
  const two = transport.ports.includes("command");
  const { baudRate } = finding.line;
  return [
    "sensors:",
    "  - id: sensor-1",
    `    profile: ${id}`,
    ...(two ? portPair(port) : [`    port: ${quoted(port)}`]),
    ...(baudRate === transport.baudRate ? [] : [`    baudRate: ${baudRate}`]),
    ...Object.entries(settings).flatMap(([key, setting]) => settingLines(key, setting)),
    ...(crossesLines(profile) ? LINES : []),
  ];
}

function portPair(port: string): string[] {
  return [
    "    ports:",
    `      data: ${quoted(port)}`,
    `      command: /dev/ttyUSB0 ${CHOOSE} its other port`,
  ];
}

function scriptBlock({ profile, line, sends = [] }: Finding, port: string): string[] {
  const given = passagesOrTotals(sends);
  return [
    "sensors:",
    "  - id: sensor-1",
    `    profile: ${profile}`,
    `    port: ${quoted(port)}`,
    ...(line.baudRate === SCRIPT_LINE.baudRate ? [] : [`    baudRate: ${line.baudRate}`]),
    `    sends: [${given.join(", ")}]`,
    ...(profile === "generic-csv" ? [`    columns: [in, out] ${CHOOSE} what each column means`] : []),
    ...(given.includes("tracks") ? LINES : []),
  ];
}

/** A setting with a default is there to be found, but needs nobody. */
function settingLines(key: string, setting: Setting): string[] {
  if ("default" in setting && setting.default !== undefined)
    return [`    # ${key}: ${JSON.stringify(setting.default)}`];
  const [example, meaning] = exampleOf(setting);
  if (setting.type === "file" && setting.optional)
    return [`    # ${key}: ${example} (${meaning}, where it needs one)`];
  return [`    ${key}: ${example} ${CHOOSE} ${meaning}`];
}

function exampleOf(setting: Setting): readonly [string, string] {
  switch (setting.type) {
    case "boolean":
      return ["false", "true or false"];
    case "int":
    case "number":
      return [String(setting.min), `${setting.min} to ${setting.max}`];
    case "choice":
      return [JSON.stringify(setting.of[0]), setting.of.join(" or ")];
    case "text":
      return ['"text"', "a text"];
    case "file":
      return ["device.cfg", "the path of the file"];
  }
}

/** A YAML text: JSON's form, where a plain one could mean something else. */
function quoted(text: string): string {
  return /^[A-Za-z/.][A-Za-z0-9_./:-]*$/.test(text) && !/:$/.test(text) ? text : JSON.stringify(text);
}
