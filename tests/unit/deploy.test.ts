import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseConfig, problemLine } from "../../src/config/parse.ts";
import { deviceProfile } from "../kit/devices.ts";

const deploy = join(import.meta.dirname, "../../deploy");
const read = (name: string) => readFileSync(join(deploy, name), "utf8");

describe("what is put on a gateway", () => {
  it("comes with an example configuration that has no problems", () => {
    const parsed = parseConfig(read("telpost.yaml"), [deviceProfile("gpio-pulse")]);
    const problems = parsed.ok ? [] : parsed.problems.map((one) => problemLine("telpost.yaml", one));
    expect(problems).toEqual([]);
  });

  it("comes with an installer that a plain POSIX shell can read", () => {
    execFileSync("sh", ["-n", join(deploy, "install.sh")]);
  });

  it("comes with an installer that refuses what it does not know before it changes anything", () => {
    const { status, stderr } = spawnSync("sh", [join(deploy, "install.sh"), "--frobnicate"], {
      encoding: "utf8",
    });
    expect(status).toBe(1);
    expect(stderr).toMatch(/unknown option --frobnicate|run it as root/);
  });

  it("is installed by path names that the units and the guide share", () => {
    const units = ["telpost-sense.service", "telpost-forward.service"].map((name) =>
      read(`../systemd/${name}`),
    );
    for (const unit of units) expect(unit).toContain("ExecStart=/usr/lib/telpost/node ");
    expect(read("install.sh")).toContain("lib=/usr/lib/telpost\n");
    for (const option of ["--rollback", "--uninstall"])
      expect(read("README.md")).toContain(`./install.sh ${option}`);
  });
});
