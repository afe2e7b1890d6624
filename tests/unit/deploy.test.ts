import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { debianVersion } from "../../scripts/build/debian.ts";
import { maintainerOf, PLACEHOLDER } from "../../scripts/build/maintainer.ts";
import { verbs } from "../../src/cli/verbs.ts";
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

  it.each(["activate", "postinst", "prerm", "postrm"])(
    "comes with a script that a POSIX shell can read: %s",
    (name) => {
      expect(read(`debian/${name}`)).toMatch(/^#!\/bin\/sh\n/);
      execFileSync("sh", ["-n", join(deploy, "debian", name)]);
    },
  );

  it("is installed where the units and the guide look for it", () => {
    for (const name of ["sense", "forward"]) {
      const unit = read(`../systemd/telpost-${name}.service`);
      const program = `/usr/lib/telpost/telpost-${name}.cjs ${name} --config /etc/telpost/telpost.yaml `;
      expect(unit).toMatch(new RegExp(`^ExecStart=/usr/lib/telpost/node [^/]* ${program}`, "m"));
      expect(unit).toContain("\nConditionPathExists=/etc/telpost/telpost.yaml\n");
    }
    for (const path of ["/usr/lib/telpost/activate", "/usr/share/doc/telpost/examples/telpost.yaml"])
      expect(read("README.md")).toContain(path);
  });

  it("has a changelog that begins with the version of the package", () => {
    const { version } = JSON.parse(read("../package.json"));
    expect(read("debian/changelog")).toMatch(
      new RegExp(`^telpost \\(${debianVersion(version)}\\) stable; urgency=`),
    );
  });

  it("is signed by whoever publishes it, where the checkout has a placeholder", () => {
    for (const name of ["control", "changelog"]) expect(read(`debian/${name}`)).toContain(PLACEHOLDER);
    const env = { DEBFULLNAME: "City of The Hague", DEBEMAIL: "iot@denhaag.example" };
    expect(maintainerOf(env)).toBe("City of The Hague <iot@denhaag.example>");
    expect(maintainerOf({})).toBeUndefined();
    for (const half of [{ DEBEMAIL: "a@b" }, { ...env, DEBEMAIL: "nobody" }, { ...env, DEBFULLNAME: "a\nb" }])
      expect(() => maintainerOf(half)).toThrow("DEBFULLNAME and DEBEMAIL are");
  });

  it("sorts a release candidate before its release", () => {
    expect(debianVersion("1.2.0-rc.1")).toBe("1.2.0~rc.1");
  });
});

describe("the completion for bash", () => {
  /** What bash offers after these words, the last of which is being typed. */
  function offered(...words: string[]): string[] {
    const script = `source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _telpost; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout, stderr } = spawnSync(
      "bash",
      ["-c", script, "bash", join(deploy, "telpost.bash"), "telpost", ...words],
      {
        encoding: "utf8",
      },
    );
    expect(stderr).toBe("");
    return stdout.split("\n").filter(Boolean);
  }

  it("offers every verb", () => {
    expect(offered("").sort()).toEqual([...verbs.map(({ name }) => name), "help", "version"].sort());
    expect(offered("help", "stat")).toEqual(["status"]);
  });

  it("offers the flags of a verb, and the words that it takes", () => {
    expect(offered("check", "--")).toEqual(["--config", "--json", "--help"]);
    expect(offered("keys", "g")).toEqual(["gateway"]);
  });

  it("leaves files to bash, and offers no flag where a value is wanted", () => {
    expect(offered("check", "--config", "")).toEqual([]);
    expect(offered("receive", "--log-level", "--")).toEqual([]);
  });
});
