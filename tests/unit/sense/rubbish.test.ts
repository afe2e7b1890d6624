import { expect, it } from "vitest";
import { parseConfig } from "../../../src/config/parse.ts";
import { codeOf, Rubbish } from "../../../src/sense/condition-codes.ts";
import { configWith } from "../../kit/config.ts";
import { shippedProfiles } from "../../kit/devices.ts";

/** Silent after 1 s, and all its frames come by themselves. */
const TFMINI = "id: beam, profile: benewake-tfmini, port: /dev/ttyUSB0, nearerThanMetres: 2";
/** Says a passage when somebody passed, beside what it always says. */
const TERABEE = "id: gate, profile: terabee-people-counter, port: /dev/ttyUSB0";

function rubbishOf(sensor: string): Rubbish {
  const parsed = parseConfig(configWith(sensor), shippedProfiles());
  const [only] = parsed.ok ? parsed.value.sensors : [];
  if (!only) throw new Error(JSON.stringify(parsed));
  return new Rubbish(only);
}

function bytesUntil(rubbish: Rubbish, untilMs: number, everyMs: number): void {
  for (let at = 0; at <= untilMs; at += everyMs) rubbish.bytes(at);
}

it("is what comes for long, without a pause and without a frame", () => {
  const rubbish = rubbishOf(TFMINI);
  bytesUntil(rubbish, 400, 20);
  expect(rubbish.heard(400)).toBe(false);
  bytesUntil(rubbish, 1_000, 20);
  expect(rubbish.heard(1_000)).toBe(true);
  expect(rubbish.heard(2_000)).toBe(false);
  rubbish.frames();
  expect(rubbish.heard(1_000)).toBe(false);
});

it("is not the half of a frame before a cable was cut, nor what comes now and then", () => {
  const cut = rubbishOf(TFMINI);
  cut.bytes(0);
  expect(cut.heard(1_000)).toBe(false);
  const sparse = rubbishOf(TFMINI);
  bytesUntil(sparse, 5_000, 300);
  expect(sparse.heard(5_000)).toBe(false);
});

it("is never told of a device that speaks when somebody passes", () => {
  const rubbish = rubbishOf(TERABEE);
  bytesUntil(rubbish, 20_000, 20);
  expect(rubbish.heard(20_000)).toBe(false);
});

it("stands while the device is started anew, until a frame comes", () => {
  const told = codeOf("silent", { rubbish: true, before: undefined });
  expect(told).toBe("device.garbled");
  expect(codeOf("starting", { rubbish: false, before: told })).toBe(told);
  expect(codeOf("silent", { rubbish: false, before: told })).toBe(told);
  expect(codeOf("working", { rubbish: false, before: told })).toBe(undefined);
  expect(codeOf("silent", { rubbish: false, before: undefined })).toBe("device.silent");
});
