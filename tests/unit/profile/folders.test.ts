import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { isReadable } from "../../../src/config/device.ts";
import { parseConfig, problemLine } from "../../../src/config/parse.ts";
import { checkSettings } from "../../../src/config/profile.ts";
import { configWith } from "../../kit/config.ts";
import { deviceFile, deviceFolders, deviceProfile } from "../../kit/devices.ts";

const SECTIONS = [
  "## Set in the device",
  "## Wiring",
  "## In telpost.yaml",
  "## Read and dropped",
  "## Sources",
];

describe.each(deviceFolders)("the page of %s", (id) => {
  const page = deviceFile(id, "README.md");

  it("says what to set, how to wire it, what is read and dropped, and where that is from", () => {
    expect(SECTIONS.filter((section) => !page.includes(`\n${section}\n`))).toEqual([]);
    expect(page).toContain("Raspberry Pi");
    expect(/experimental/i.test(page)).toBe(deviceProfile(id).status === "experimental");
  });

  it("shows a sensor that telpost takes", () => {
    const [, sensor = ""] = /```yaml\n([\s\S]*?)```/.exec(page) ?? [];
    expect(sensor).toContain(`profile: ${id}\n`);
    expect(problemsOf(id, sensor)).toEqual([]);
  });
});

/** Profiles whose sensors the configuration knows by itself. */
const BUILT_IN = ["gpio-pulse"];
const EVERY_SENSOR = ["id", "profile", "port", "gpio"];

/** What is wrong with a sensor of this profile; where telpost cannot read it yet only its settings are looked at. */
function problemsOf(id: string, sensor: string): string[] {
  const profile = deviceProfile(id);
  if (isReadable(profile) || BUILT_IN.includes(id)) {
    const config = configWith("REPLACED").replace("  - { REPLACED }\n", sensor.replace(/^/gm, "  "));
    const parsed = parseConfig(config, [profile]);
    return parsed.ok ? [] : parsed.problems.map((one) => problemLine("README.md", one));
  }
  const [given] = parse(sensor) as Record<string, unknown>[];
  const own = Object.entries(given ?? {}).filter(([key]) => !EVERY_SENSOR.includes(key));
  const checked = checkSettings(profile.settings, Object.fromEntries(own));
  return checked.ok ? [] : checked.problems.map(({ message }) => message);
}
