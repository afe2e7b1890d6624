import { describe, expect, it } from "vitest";
import { parse } from "yaml";
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

/** What is wrong with a sensor of this profile; with an engine of code only its settings are looked at. */
function problemsOf(id: string, sensor: string): string[] {
  const profile = deviceProfile(id);
  if (profile.engine === "declarative") {
    const config = configWith("REPLACED").replace("  - { REPLACED }\n", sensor.replace(/^/gm, "  "));
    const parsed = parseConfig(config, [profile]);
    return parsed.ok ? [] : parsed.problems.map((one) => problemLine("README.md", one));
  }
  const [given] = parse(sensor) as Record<string, unknown>[];
  const own = Object.entries(given ?? {}).filter(([key]) => !["id", "profile", "port"].includes(key));
  const checked = checkSettings(profile.settings, Object.fromEntries(own));
  return checked.ok ? [] : checked.problems.map(({ message }) => message);
}
