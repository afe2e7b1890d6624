import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { silentLog } from "../../src/base/log.ts";
import { openCrashFolder } from "../../src/sense/crash/crash-copy.ts";
import { NOON, SenseRig } from "../kit/core.ts";
import { NOISED, replayConfig } from "../kit/replayed.ts";
import { evidence } from "./evidence.ts";
import { linesOf } from "./people.ts";

/** The two declared exceptions of P2, and where they end: the crash copy on tmpfs, looked at byte by byte. */

const GATE = "id: gate, profile: generic-jsonl, port: /dev/gate";
const TURNSTILE =
  "id: turnstile, profile: generic-jsonl, port: /dev/turnstile, sends: [totals], maxPerSecond: 1000";
const yaml = (...sensors: string[]) => replayConfig(sensors, NOISED);
/** Counts that nothing else in the files looks like. */
const EXACT = [86_413, 57_839] as const;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync("/dev/shm/telpost-p02-");
});
afterEach(() => rmSync(folder, { recursive: true }));

const rigOn = (config: string, options: { hasKey?: boolean } = {}) => {
  const rig = new SenseRig(config, NOON, { crash: openCrashFolder(join(folder, "sense"), silentLog) });
  rig.hasKey = options.hasKey ?? true;
  return rig;
};
/** What is drawn at random holds a five-digit number by chance: 16 characters of an epoch once in 2.8 million. */
const EPOCHS = /"epoch":"[0-9a-z]{16}"/g;
/** Whether the copy holds it. A window that closed waits beside it, noised; noise is 0 nearly half of the time. */
const holds = (exact: number) => {
  const text = readFileSync(join(folder, "sense/state"), "latin1");
  expect(text).toMatch(EPOCHS);
  return text.replaceAll(EPOCHS, "").includes(String(exact));
};
const passages = linesOf(EXACT[0], EXACT[1]);

it("P2 keeps the open window in the crash copy, and forgets its counts in the turn in which it closes", () => {
  const rig = rigOn(yaml(GATE), { hasKey: false });
  rig.send("gate", passages);
  expect(EXACT.map(holds)).toEqual([true, true]);
  // To the very millisecond, so that no later look can have cleaned up. There is no city key: the window waits, noised.
  rig.clock.advance(60_000);
  expect(rig.core.sealing.waiting).toBe(1);
  expect(EXACT.map(holds)).toEqual([false, false]);
  evidence(
    "P2",
    "The crash copy holds the exact counts of the open window, and none from the turn on in which it closed",
  );
});

it("P2 forgets them also when sense was dead at the end of the window", () => {
  const rig = rigOn(yaml(GATE), { hasKey: false });
  rig.send("gate", passages);
  rig.kill();
  rig.clock.advance(90_000);
  rig.start(yaml(GATE));
  expect(EXACT.map(holds)).toEqual([false, false]);
});

it("P2 leaves nothing of a longer copy behind a shorter one", () => {
  const many = Array.from(
    { length: 40 },
    (_, n) => `id: gate-${n}, profile: generic-jsonl, port: /dev/gate-${n}`,
  );
  const rig = rigOn(yaml(...many), { hasKey: false });
  for (let n = 0; n < 40; n++) rig.send(`gate-${n}`, passages);
  expect(EXACT.map(holds)).toEqual([true, true]);
  rig.kill();
  rig.start(yaml(GATE));
  expect(EXACT.map(holds)).toEqual([false, false]);
});

it("P2 keeps one last total of a running channel, and none of the totals before", () => {
  const rig = rigOn(yaml(TURNSTILE), { hasKey: false });
  const totals = [100_000, 146_413, 187_839, 231_771];
  for (const total of totals) {
    rig.send("turnstile", `{"inTotal":${total}}\n`);
    rig.clock.advance(60_000);
  }
  expect(totals.map(holds)).toEqual([false, false, false, true]);
});

it("P2 has a crash copy on nothing but tmpfs", () => {
  const disk = join(import.meta.dirname, "no-tmpfs-here");
  expect(() => openCrashFolder(disk, silentLog)).toThrow(
    expect.objectContaining({ code: "crash.not_tmpfs" }),
  );
  if (existsSync(disk)) rmSync(disk, { recursive: true });
});
