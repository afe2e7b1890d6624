import { describe, expect, it } from "vitest";
import { parseConfig, problemLine } from "../../../src/config/parse.ts";
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

function problemsOf(id: string, sensor: string): string[] {
  const config = configWith("REPLACED").replace("  - { REPLACED }\n", sensor.replace(/^/gm, "  "));
  const parsed = parseConfig(config, [deviceProfile(id)]);
  return parsed.ok ? [] : parsed.problems.map((one) => problemLine("README.md", one));
}
