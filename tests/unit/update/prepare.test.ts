import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TelpostError } from "../../../src/base/errors.ts";
import { VirtualClock } from "../../../src/base/virtual-clock.ts";
import { configHash, parseConfig } from "../../../src/config/parse.ts";
import type { Workshop } from "../../../src/update/ports.ts";
import {
  type PackageRequest,
  type PrepareOptions,
  prepareConfiguration,
  preparePackage,
} from "../../../src/update/prepare.ts";
import { debFile, lastGoodFile, openTrial, readTrial, writeTrial } from "../../../src/update/safe.ts";
import { GatewayOnTrial } from "../../kit/gateway-on-trial.ts";

let folder: string;
let safe: string;
beforeEach(() => {
  folder = mkdtempSync("/dev/shm/telpost-prepare-");
  safe = join(folder, "safe");
});
afterEach(() => rmSync(folder, { recursive: true }));

const TEXT = `gateway: { tenant: denhaag, site: scheveningen, id: gw07, key: gateway-key.jwk }
city: { root: city-root.jwk, keys: city-keys.jws }
broker: { url: "mqtt://127.0.0.1:1" }
privacy: { profile: lab, flow: { windowSeconds: 10 } }
sensors:
  - { id: gate-1, profile: generic-jsonl, port: /dev/ttyUSB0 }
`;

/** Packages are files that say "name version architecture". */
class SimpleWorkshop implements Workshop {
  readonly done: string[] = [];
  candidate = "telpost 1.1 arm64";
  installedBytes = 1e6;

  check(): void {
    this.done.push("check");
  }
  async architecture() {
    return "arm64";
  }
  async fields(deb: string) {
    const [name = "", version = "", architecture = ""] = readFileSync(deb, "utf8").split(" ");
    return { name, version, architecture, installedBytes: this.installedBytes };
  }
  async isOlder(version: string, than: string) {
    return version < than;
  }
  async isInstalled(deb: string) {
    return readFileSync(deb, "utf8") === "telpost 1.0 arm64";
  }
  async rebuild(out: string) {
    this.done.push("rebuild");
    writeFileSync(out, "telpost 1.0 arm64");
  }
  async download(out: string) {
    writeFileSync(out, this.candidate);
  }
  async keepProgram(to: string) {
    this.done.push(`keep the program in ${to.slice(safe.length)}`);
  }
  async arm(program: string) {
    this.done.push(`arm ${program.replace(safe, "")}`);
  }
  async disarm() {}
  async isJudging() {
    return true;
  }
}

function options(workshop: Workshop): PrepareOptions {
  const clock = new VirtualClock(Date.parse("2026-07-18T14:00:00Z"), 1_000_000);
  const parsed = parseConfig(TEXT);
  if (!parsed.ok) throw new Error("no configuration");
  const machine = new GatewayOnTrial(clock, { "1.0": { windows: 60, delivers: true } }, () => "1.0");
  const file = join(folder, "telpost.yaml");
  writeFileSync(file, TEXT);
  return {
    machine,
    workshop,
    safe,
    clock,
    bootId: "boot",
    configuration: { file, text: TEXT, config: parsed.value },
    say: () => {},
  };
}

const APT: PackageRequest = { file: null, downgrade: false, again: false };

/** The code it was refused with, or the trial. */
function prepare(workshop: SimpleWorkshop, request: Partial<PackageRequest> = {}) {
  return preparePackage({ ...APT, ...request }, options(workshop)).catch((failure: unknown) => {
    if (failure instanceof TelpostError) return failure.code;
    throw failure;
  });
}

describe("an update", () => {
  it("is ready when the package, the way back, the judge and its unit are there, and is written down last", async () => {
    const workshop = new SimpleWorkshop();
    const trial = await prepare(workshop);
    expect(workshop.done).toEqual(["check", "rebuild", "keep the program in /judge", "arm /judge"]);
    expect(trial).toMatchObject({
      from: "1.0",
      to: "1.1",
      limitSeconds: 80,
      proof: "delivered",
      step: "apply",
    });
    expect(openTrial(safe)).toEqual(trial);
    expect(readFileSync(debFile(safe, "current"), "utf8")).toBe("telpost 1.0 arm64");
    expect(statSync(safe).mode & 0o777).toBe(0o755);
  });

  it("packs the way back only where it is not there", async () => {
    const workshop = new SimpleWorkshop();
    await prepare(workshop);
    const first = readTrial(safe, "package");
    if (first) writeTrial(safe, { ...first, step: "done", outcome: "returned" });
    await prepare(workshop);
    expect(workshop.done.filter((one) => one === "rebuild")).toHaveLength(1);
  });

  it.each([
    ["for another machine", "telpost 1.1 amd64", "update.wrong_package"],
    ["of something else", "nginx 1.1 arm64", "update.wrong_package"],
    ["of the version that is installed", "telpost 1.0 arm64", "update.same_version"],
    ["of an older version", "telpost 0.9 arm64", "update.older"],
  ])("is refused with nothing left when the package is %s", async (_, candidate, code) => {
    const workshop = new SimpleWorkshop();
    workshop.candidate = candidate;
    expect(await prepare(workshop)).toBe(code);
    expect(workshop.done).toEqual(["check"]);
    expect(() => statSync(debFile(safe, "next"))).toThrow("ENOENT");
    expect(openTrial(safe)).toBeNull();
  });

  it("goes to an older version when that is meant", async () => {
    const workshop = new SimpleWorkshop();
    workshop.candidate = "telpost 0.9 arm64";
    expect(await prepare(workshop, { downgrade: true })).toMatchObject({ to: "0.9" });
  });

  it("is refused while a trial is open, and when the very package was taken back before", async () => {
    const workshop = new SimpleWorkshop();
    const trial = await prepare(workshop);
    expect(await prepare(workshop)).toBe("update.running");
    if (typeof trial === "string") throw new Error(trial);
    writeTrial(safe, { ...trial, stage: "old", step: "done", outcome: "returned", why: "no window" });
    expect(await prepare(workshop)).toBe("update.taken_back_before");
    expect(await prepare(workshop, { again: true })).toMatchObject({ to: "1.1", stage: "new" });
  });

  it("is refused while the gateway counts with the last good configuration, because telpost.yaml has problems", async () => {
    const workshop = new SimpleWorkshop();
    const refused = preparePackage(APT, { ...options(workshop), configuration: null });
    await expect(refused).rejects.toMatchObject({ code: "config.invalid" });
    expect(workshop.done).toEqual(["check"]);
  });

  it("is refused where the disk has no room for it", async () => {
    const workshop = new SimpleWorkshop();
    workshop.installedBytes = 1e15;
    expect(await prepare(workshop)).toBe("update.no_room");
  });

  it("from a file is refused without a signature beside it", async () => {
    const file = join(folder, "a.deb");
    writeFileSync(file, "telpost 1.1 arm64");
    expect(await prepare(new SimpleWorkshop(), { file })).toBe("update.unsigned");
    copyFileSync(file, `${file}.sig`);
    expect(await prepare(new SimpleWorkshop(), { file })).toBe("update.no_key");
    expect(await prepare(new SimpleWorkshop(), { file: `${file}.gone` })).toBe("update.wrong_package");
  });
});

describe("a configuration", () => {
  it("is tried with the program that is installed, and has a way back where another one was good", async () => {
    const workshop = new SimpleWorkshop();
    const first = await prepareConfiguration(options(workshop));
    expect(first).toMatchObject({
      what: "configuration",
      from: null,
      to: configHash(TEXT),
      proof: "delivered",
    });
    expect(workshop.done).toEqual(["check", "arm /usr/lib/telpost"]);
    writeTrial(safe, { ...first, step: "done", outcome: "kept" });
    writeFileSync(lastGoodFile(safe), TEXT);
    expect(await prepareConfiguration(options(workshop))).toMatchObject({ from: null });
    writeTrial(safe, { ...first, step: "done", outcome: "kept" });
    writeFileSync(lastGoodFile(safe), `${TEXT}# other\n`);
    expect(await prepareConfiguration(options(workshop))).toMatchObject({
      from: configHash(`${TEXT}# other\n`),
    });
  });
});
