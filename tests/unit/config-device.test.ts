import { expect, it } from "vitest";
import { allOutputs } from "../../src/config/outputs.ts";
import { type ProfilesFor, parseConfig } from "../../src/config/parse.ts";
import { type Profile, parseProfile } from "../../src/config/profile.ts";
import { configWith } from "../kit/config.ts";
import { deviceProfile } from "../kit/devices.ts";

/** A device of fixed frames that somebody wrote as one folder. */
const RADAR = `
schema: telpost/profile/1
id: street-radar
title: A radar for the test
status: experimental
source: this test
transport: { kind: serial, baudRate: 256000 }
frames: [{ name: report, kind: binary, sync: "AAFF0300", size: 30, tail: "55CC" }]
messages:
  - frame: report
    lists:
      targets: { at: 4, stride: 8, count: 3, present: anyNonZero, fields: {
        x: { at: 0, type: sm16le, min: -6500, max: 6500 }, y: { at: 2, type: sm16le, min: 0, max: 8500 } } }
    emit: { targets: { list: targets, x: x, y: y, scale: 0.001 } }
privacy: { read: [positions], dropped: [speed] }
health: { liveness: frames, silentAfterMs: 2000 }
settings: { mirrorX: { type: boolean, default: false } }
`;

function radar(): Profile {
  const parsed = parseProfile(RADAR);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value;
}

const LINE = "{ id: exit, from: [-5, 4], to: [5, 4], in: left }";
const parse = (sensor: string) => parseConfig(configWith(sensor), [radar()]);
const messages = (sensor: string) => {
  const parsed = parse(sensor);
  return parsed.ok ? [] : parsed.problems.map(({ path, message }) => `${path}: ${message}`);
};

it("takes a sensor by the name of its device profile, with the line's settings from the profile", () => {
  const parsed = parse(`id: radar-1, profile: street-radar, port: /dev/ttyUSB0, lines: [${LINE}]`);
  expect(parsed).toMatchObject({ ok: true });
  const [sensor] = parsed.ok ? parsed.value.sensors : [];
  expect(sensor).toMatchObject({
    profile: "device",
    id: "radar-1",
    place: { baudRate: 256_000 },
    settings: { mirrorX: false },
  });
  expect(parsed.ok ? allOutputs(parsed.value).map(({ id, kind }) => [id, kind]) : []).toEqual([
    ["exit", "flow"],
  ]);
});

it("needs a counting line where a device gives positions", () => {
  expect(messages("id: radar-1, profile: street-radar, port: /dev/ttyUSB0").join()).toContain("lines");
});

it("refuses keys and values that the profile does not have", () => {
  const wrong = `id: radar-1, profile: street-radar, port: /dev/a, lines: [${LINE}], columns: [in], mirrorX: maybe`;
  expect(messages(wrong).join("\n")).toMatch(/columns/);
  expect(messages(wrong.replace(", columns: [in]", "")).join("\n")).toMatch(/mirrorX: .*true or false/);
});

it("does not know a profile that is not in the catalog", () => {
  expect(messages("id: radar-1, profile: moon-radar, port: /dev/a")).toHaveLength(1);
});

it("asks for the profiles that sensors name, and for all of them when something is wrong", () => {
  const asked: unknown[] = [];
  const profilesFor: ProfilesFor = (named) => {
    asked.push(named);
    return named === "all" ? [radar(), deviceProfile("icoms-tma-3b3")] : [radar()];
  };
  const named = `id: radar-1, profile: street-radar, port: /dev/a, lines: [${LINE}]`;
  expect(parseConfig(configWith(named), profilesFor)).toMatchObject({ ok: true });
  expect(asked).toEqual([new Set(["street-radar"])]);
  const wrong = parseConfig(configWith(named.replace("street", "moon")), profilesFor);
  expect(asked.slice(1)).toEqual([new Set(["moon-radar"]), "all"]);
  expect(wrong).toEqual(
    parseConfig(configWith(named.replace("street", "moon")), [radar(), deviceProfile("icoms-tma-3b3")]),
  );
  expect(JSON.stringify(wrong)).toContain("icoms-tma-3b3");
  for (const text of ["sensors: 1", "sensors: [1, null]", "1", ""])
    expect(parseConfig(text, profilesFor)).toMatchObject({ ok: false });
});

it("takes GPIO lines by the names of the profile, each line once", () => {
  const beams = (b: number) =>
    parseConfig(configWith(`id: door, profile: gpio-two-beam, gpio: { chip: pinctrl-rp1, a: 17, b: ${b} }`), [
      deviceProfile("gpio-two-beam"),
    ]);
  const good = beams(27);
  const place = { kind: "gpio", chip: "pinctrl-rp1", lines: { a: 17, b: 27 }, debounceMs: 10 };
  expect(good.ok && good.value.sensors[0]).toMatchObject({ place });
  const same = beams(17);
  expect(same.ok ? [] : same.problems.map(({ path, message }) => [path, message])).toEqual([
    ["sensors.0.gpio.b", "the same line as sensors.0.gpio.a"],
  ]);
});

it("gives a line of a device without identities more hysteresis", () => {
  const parsed = parse(`id: radar-1, profile: street-radar, port: /dev/ttyUSB0, lines: [${LINE}]`);
  expect(parsed.ok && parsed.value.sensors[0]?.lines[0]?.hysteresisMetres).toBe(0.3);
});

it("counts how many are in view only where that is wanted", () => {
  const kinds = (own: string) => {
    const text = configWith(`id: radar, profile: hilink-ld2450, port: /dev/a, lines: [${LINE}]${own}`);
    const parsed = parseConfig(text, [deviceProfile("hilink-ld2450")]);
    return parsed.ok ? allOutputs(parsed.value).map(({ kind }) => kind) : [];
  };
  expect(kinds("")).toEqual(["flow", "occupancy"]);
  expect(kinds(", present: false")).toEqual(["flow"]);
});
