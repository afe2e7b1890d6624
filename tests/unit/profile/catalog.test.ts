import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { catalogFor } from "../../../src/cli/catalog.ts";
import { loadProfiles } from "../../../src/config/catalog.ts";
import { checkSettings, givesOf } from "../../../src/config/profile.ts";
import { deviceFile, deviceFolders, deviceProfile } from "../../kit/devices.ts";
import { SOURCE } from "../../kit/program.ts";

const text = (id: string) => ({ id, text: deviceFile(id) });

describe("the catalog", () => {
  it("holds every device that comes with the product, under the name of its folder", () => {
    expect(deviceFolders.length).toBeGreaterThanOrEqual(10);
    const loaded = loadProfiles(deviceFolders.map(text));
    expect(loaded).toMatchObject({ ok: true });
    expect(loaded.ok && [...loaded.value.keys()]).toEqual(deviceFolders);
  });

  it("names the profile of every problem, and says them all", () => {
    const loaded = loadProfiles([
      { id: "one", text: "schema: telpost/profile/1\n" },
      { ...text("hilink-ld2450"), id: "other" },
      text("modbus-counter"),
      text("modbus-counter"),
    ]);
    const problems = loaded.ok ? [] : loaded.problems;
    expect(new Set(problems.map(({ profile }) => profile))).toEqual(
      new Set(["one", "other", "modbus-counter"]),
    );
    expect(problems.filter(({ profile }) => profile === "other").map(({ message }) => message)).toEqual([
      'the profile is called "hilink-ld2450" but its folder "other"; give both one name',
    ]);
    expect(problems.at(-1)?.message).toBe('"modbus-counter" is there twice');
  });

  it("for one configuration holds what that names and what is the gateway's own, whose mistakes always show", () => {
    const [, program = ""] = process.argv;
    // The shipped profiles are looked for beside the program.
    process.argv[1] = SOURCE;
    const folder = mkdtempSync(join(tmpdir(), "telpost-catalog-"));
    onTestFinished(() => {
      process.argv[1] = program;
      rmSync(folder, { recursive: true });
    });
    const own = (id: string, text: string) => {
      mkdirSync(join(folder, "profiles", id), { recursive: true });
      writeFileSync(join(folder, "profiles", id, "profile.yaml"), text);
    };
    const idsFor = (named: ReadonlySet<unknown> | "all") =>
      [...catalogFor(folder)(named)].map(({ id }) => id).sort();
    own("own-one", deviceFile("icoms-tma-3b3").replace("icoms-tma-3b3", "own-one"));
    expect(idsFor(new Set(["hilink-ld2450", "generic-jsonl", "nobody's"]))).toEqual([
      "hilink-ld2450",
      "own-one",
    ]);
    expect(idsFor("all")).toEqual([...deviceFolders, "own-one"].sort());
    own("modbus-counter", deviceFile("modbus-counter"));
    expect(() => idsFor(new Set())).toThrow(/"modbus-counter" is there twice/);
    own("modbus-counter", "schema: other\n");
    expect(() => idsFor(new Set())).toThrow(/modbus-counter\/profile\.yaml/);
  });

  it("says what readings a device gives", () => {
    expect([...givesOf(deviceProfile("hilink-ld2450"))].sort()).toEqual(["present", "targets"]);
    expect([...givesOf(deviceProfile("icoms-tma-3b3"))]).toEqual(["passages"]);
    expect([...givesOf(deviceProfile("icpdas-dcon-counter"))]).toEqual(["totals"]);
    expect([...givesOf(deviceProfile("dfrobot-c4001"))]).toEqual(["present"]);
    expect([...givesOf(deviceProfile("benewake-tfmini"))]).toEqual([]);
  });
});

describe("the settings of a sensor", () => {
  const { settings } = deviceProfile("modbus-counter");

  it("take their defaults where telpost.yaml is silent", () => {
    expect(checkSettings(settings, { firstRegister: 30 })).toEqual({
      ok: true,
      value: { unit: 1, firstRegister: 30, readFunction: 3, lowWordFirst: false },
    });
  });

  it("are refused, all at once, when unknown, missing, of another type or out of their bounds", () => {
    const checked = checkSettings(settings, { unit: 248, readFunction: 3.5, lowWordFirst: "yes", adress: 1 });
    expect(checked.ok ? [] : checked.problems.map(({ path, message }) => `${path}: ${message}`)).toEqual([
      'adress: unknown key "adress"; the profile has unit, firstRegister, readFunction, lowWordFirst',
      "unit: expected a whole number from 1 to 247",
      "firstRegister: missing; expected a whole number from 0 to 65532",
      "readFunction: expected a whole number from 3 to 4",
      "lowWordFirst: expected true or false",
    ]);
    expect(checkSettings(settings, { toString: 1, firstRegister: 0 })).toMatchObject({ ok: false });
  });
});

it("a choice is one of its texts", () => {
  const { settings } = deviceProfile("benewake-tfmini");
  const given = (counts: unknown) => checkSettings(settings, { nearerThanMetres: 3, counts });
  expect(given("out")).toMatchObject({ ok: true, value: { counts: "out", holdMs: 50 } });
  expect(given("both")).toEqual({
    ok: false,
    problems: [{ path: ["counts"], message: "expected one of in, out" }],
  });
});
