import { expect, it } from "vitest";
import { isPassages } from "../../src/contract/values.ts";
import { baselineKey } from "../../src/sense/guard/baseline.ts";
import { handoverHost } from "../../src/sense/handover-host.ts";
import { NO_KEYS, NOON, SenseRig } from "../kit/core.ts";
import { EXACT, NOISED, replayConfig } from "../kit/replayed.ts";
import { evidence } from "./evidence.ts";
import { linesOf } from "./people.ts";

/** P18: a gateway that starts in 1970, seen from outside. Every step of its insides is in tests/unit/sense/clock.test.ts. */

const MINUTE = 60_000;
const GATE = "id: gate, profile: generic-jsonl, port: /dev/gate";
/** In the night of 1970, half a minute after a boundary. */
const UNSET_MS = 30_000;

const startIn1970 = (privacy: string) =>
  new SenseRig(replayConfig([GATE], privacy), UNSET_MS, { synced: false });

/** Forward is there, and has never kept anything. */
function forwardAnswers({ core, gatewayKey }: SenseRig): void {
  const host = handoverHost(core, {
    about: () => ({}) as never,
    clockSynced: () => core.sealing.everSynced,
    boxKey: baselineKey(gatewayKey),
    keys: NO_KEYS,
    report: () => null,
    onWalkTests: () => {},
  });
  host.onHello({
    type: "hello",
    version: { major: 1, minor: 0 },
    lastSeqKept: null,
    lastEventKept: null,
    lastEnds: [],
    baselines: [],
    stoppedCleanly: false,
    keys: null,
  });
}

it("P18 lets windows wait for the clock, noised, and then seals them with the true time", async () => {
  const rig = startIn1970(EXACT);
  forwardAnswers(rig);
  for (let minute = 1; minute <= 5; minute++) {
    rig.send("gate", `{"in":${minute}}\n`);
    await rig.advance(MINUTE);
  }
  expect(await rig.opened()).toEqual([]);
  expect(rig.core.sealing.waiting).toBe(5);
  rig.clock.step(NOON - rig.clock.realtime());
  rig.synced = true;
  await rig.advance(2 * MINUTE);
  const opened = await rig.opened();
  const values = opened.map(({ end, records: [record] }) => [
    end.slice(11, 16),
    record?.value,
    record?.flags ?? [],
  ]);
  const unset = ["clock_unsynced"];
  const ends = ["11:55", "11:56", "11:57", "11:58", "11:59"];
  expect(values.slice(0, 5)).toEqual(ends.map((end, index) => [end, { in: index + 1, out: 0 }, unset]));
  expect(values.at(-1)?.[2]).toEqual([]);
  evidence(
    "P18",
    "Started in 1970 and set after 5 minutes: 5 windows waited and went out under the time at which people passed, flagged",
  );
});

it("P18 has drawn the noise when a window begins to wait: it keeps no true count", async () => {
  const rig = startIn1970(NOISED);
  const exact = 86_413;
  rig.send("gate", linesOf(exact));
  await rig.advance(MINUTE);
  const waiting = rig.crash.waiting.names().map((name) => JSON.parse(rig.crash.waiting.get(name)));
  const value = waiting[0]?.records[0]?.value.in;
  rig.clock.step(NOON - rig.clock.realtime());
  rig.synced = true;
  await rig.advance(1_000);
  const [message] = await rig.opened();
  expect(message?.records[0]?.value).toMatchObject({ in: value });
  // The epoch is drawn at random: 16 characters hold a five-digit number once in 2.8 million.
  const copy = JSON.stringify(rig.crash.read());
  expect(copy).toContain(`"${rig.core.epoch}"`);
  expect(copy.replaceAll(rig.core.epoch, "")).not.toContain(String(exact));
});

it("P18 waits an hour at most, then goes out with the best label it has, flagged", async () => {
  const rig = startIn1970(EXACT);
  forwardAnswers(rig);
  await rig.advance(59 * MINUTE);
  expect(await rig.opened()).toEqual([]);
  await rig.advance(3 * MINUTE);
  const opened = await rig.opened();
  expect(opened.length).toBeGreaterThan(0);
  expect(opened.every(({ records }) => records[0]?.flags?.includes("clock_unsynced"))).toBe(true);
});

it("P18 opens no window again that has closed, however the clock is stepped", async () => {
  const rig = startIn1970(EXACT);
  forwardAnswers(rig);
  const steps = [NOON - UNSET_MS, -90_000, 45_000, -10 * MINUTE, 20 * MINUTE];
  let passed = 0;
  for (const step of steps) {
    for (let minute = 0; minute < 3; minute++) {
      rig.send("gate", '{"in":1}\n');
      passed++;
      await rig.advance(MINUTE);
    }
    rig.clock.step(step);
    rig.synced = true;
    await rig.advance(1_000);
  }
  await rig.advance(30 * MINUTE);
  const opened = await rig.opened();
  const ends = opened.map(({ end }) => end);
  expect(new Set(ends).size).toBe(ends.length);
  expect(ends.toSorted()).toEqual(ends);
  const sum = opened.reduce(
    (all, { records: [record] }) => all + (record && isPassages(record.value) ? (record.value.in ?? 0) : 0),
    0,
  );
  expect(sum).toBe(passed);
  evidence(
    "P18",
    `${steps.length} steps of the clock, forward and back: ${ends.length} windows, each label once and in order, ${sum} of ${passed} passages`,
  );
});
