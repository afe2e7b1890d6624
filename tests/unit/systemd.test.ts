import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { describeWith } from "../kit/programs.ts";

const folder = join(import.meta.dirname, "../../systemd");
const read = (name: string) => readFileSync(join(folder, name), "utf8");
const SERVICES = ["telpost-sense.service", "telpost-forward.service"] as const;

/** Highest exposure that `systemd-analyze security` of systemd 252 may show (0 is best, 10 worst). */
const EXPOSURE = { "telpost-sense.service": 0.8, "telpost-forward.service": 1.1 };

function exposureOf(file: string): number {
  const args = ["security", "--offline=true", "--no-pager", file];
  const { stdout } = spawnSync("systemd-analyze", args, { encoding: "utf8" });
  return Number(/exposure level for \S+ ([\d.]+)/.exec(stdout)?.[1]);
}

/** The values of one setting of a unit, in order. */
function setting(unit: string, name: string): string[] {
  return [...unit.matchAll(new RegExp(`^${name}=(.*)$`, "gm"))].map((match) => match[1] ?? "");
}

describeWith(["systemd-analyze"], "the units, as systemd judges them", () => {
  const copies = mkdtempSync(join(tmpdir(), "telpost-units-"));
  afterAll(() => rmSync(copies, { recursive: true }));

  // The program is not installed where the tests run; any executable stands in for it.
  for (const name of [...SERVICES, "telpost.target"]) {
    writeFileSync(join(copies, name), read(name).replaceAll("/usr/lib/telpost/node", process.execPath));
  }

  it("hold nothing that systemd ignores or does not understand", () => {
    const units = readdirSync(copies).map((name) => join(copies, name));
    const { status, stderr } = spawnSync("systemd-analyze", ["verify", "--man=no", ...units], {
      encoding: "utf8",
      env: { ...process.env, SYSTEMD_UNIT_PATH: `${copies}:` },
    });
    expect(stderr).toBe("");
    expect(status).toBe(0);
  });

  it.each(SERVICES)("keep %s within its exposure", (name) => {
    expect(exposureOf(join(copies, name))).toBeLessThanOrEqual(EXPOSURE[name]);
  });

  it("keep sense within the same exposure with the drop-in for onoff, which gives back nothing but lines", () => {
    const file = join(copies, "telpost-sense-onoff.service");
    writeFileSync(
      file,
      `${readFileSync(join(copies, "telpost-sense.service"), "utf8")}\n${read("onoff/onoff.conf")}`,
    );
    expect(exposureOf(file)).toBe(exposureOf(join(copies, "telpost-sense.service")));
    rmSync(file);
  });
});

describe("the promise that raw readings never leave the gateway", () => {
  const sense = read("telpost-sense.service");
  const forward = read("telpost-forward.service");

  it("is kept by a sense without network and without a disk to write to", () => {
    expect(setting(sense, "PrivateNetwork")).toEqual(["yes"]);
    expect(setting(sense, "RestrictAddressFamilies")).toEqual(["AF_UNIX"]);
    expect(setting(sense, "ProtectSystem")).toEqual(["strict"]);
    for (const writable of [
      "StateDirectory",
      "CacheDirectory",
      "LogsDirectory",
      "ReadWritePaths",
      "BindPaths",
    ]) {
      expect(setting(sense, writable)).toEqual([]);
    }
  });

  it("is kept by a forward without devices", () => {
    expect(setting(forward, "PrivateDevices")).toEqual(["yes"]);
    expect(setting(forward, "DeviceAllow")).toEqual([]);
    expect(read("telpost.sysusers")).not.toMatch(/^m telpost-forward (dialout|gpio)/m);
  });

  it.each([sense, forward])("is not undone by a core dump, swap or the inspector (%#)", (unit) => {
    expect(setting(unit, "LimitCORE")).toEqual(["0"]);
    expect(setting(unit, "MemorySwapMax")).toEqual(["0"]);
    expect(setting(unit, "UnsetEnvironment")[0]).toContain("NODE_OPTIONS");
    expect(setting(unit, "ExecStart")[0]).toContain(" --disable-sigusr1 ");
  });
});

describe("the units", () => {
  const units = SERVICES.map(read);

  it.each(units)("restart for ever, watched, from folders that both sides agree on (%#)", (unit) => {
    expect(setting(unit, "Restart")).toEqual(["always"]);
    expect(setting(unit, "StartLimitIntervalSec")).toEqual(["0"]);
    expect(Number(setting(unit, "WatchdogSec")[0])).toBeGreaterThan(0);
    expect(Number(setting(unit, "TimeoutStartSec")[0])).toBeGreaterThanOrEqual(90);
    expect(setting(unit, "ExecStart")[0]).toContain(
      "--config /etc/telpost/telpost.yaml --runtime /run/telpost ",
    );
  });

  it.each(units)(
    "have a limit for memory, for tasks, and for what they write to the journal (%#)",
    (unit) => {
      for (const name of ["MemoryHigh", "MemoryMax"]) expect(setting(unit, name)[0]).toMatch(/^\d+M$/);
      for (const name of ["TasksMax", "LogRateLimitIntervalSec", "LogRateLimitBurst"])
        expect(Number(setting(unit, name)[0])).toBeGreaterThan(0);
    },
  );

  it("start in any order: neither asks for the other, and only the order of their stop is fixed", () => {
    for (const unit of units)
      for (const name of ["Requires", "BindsTo", "Wants", "Requisite"])
        expect(setting(unit, name)).toEqual([]);
    expect(units.map((unit) => setting(unit, "After"))).toEqual([
      ["telpost-forward.service"],
      ["network.target"],
    ]);
  });

  it("keep what sense must find again after a restart", () => {
    const [sense = ""] = units;
    expect(setting(sense, "RuntimeDirectory")).toEqual(["telpost-sense"]);
    expect(setting(sense, "RuntimeDirectoryPreserve")).toEqual(["yes"]);
    expect(setting(sense, "ExecStart")[0]).toMatch(/ --crash \/run\/telpost-sense$/);
  });

  it("name only users and groups that telpost.sysusers makes", () => {
    const made = [...read("telpost.sysusers").matchAll(/^[ug] (\S+)/gm)].map((match) => match[1]);
    const named = units.flatMap((unit) => [...setting(unit, "User"), ...setting(unit, "Group")]);
    expect(named).toHaveLength(3);
    for (const name of named) expect(made).toContain(name);
  });
});

describeWith(["systemd-sysusers"], "the users, as systemd makes them", () => {
  it("are made in an empty system, each in the groups it needs", () => {
    const root = mkdtempSync(join(tmpdir(), "telpost-root-"));
    mkdirSync(join(root, "etc"));
    const input = read("telpost.sysusers");
    const { status, stderr } = spawnSync("systemd-sysusers", [`--root=${root}`, "-"], {
      encoding: "utf8",
      input,
    });
    expect(status, stderr).toBe(0);
    const group = readFileSync(join(root, "etc/group"), "utf8");
    expect(group).toMatch(
      /^telpost-handover:x:\d+:(telpost-forward,telpost-sense|telpost-sense,telpost-forward)$/m,
    );
    expect(group).toMatch(/^gpio:x:\d+:telpost-sense$/m);
    rmSync(root, { recursive: true });
  });
});
