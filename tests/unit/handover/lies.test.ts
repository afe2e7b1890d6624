import { expect, it } from "vitest";
import { systemRandom } from "../../../src/base/random.ts";
import type { ForwardHello } from "../../../src/handover/sense-end.ts";
import { makeGatewayKey } from "../../../src/keys/make.ts";
import type { Baseline } from "../../../src/model.ts";
import { baselineKey, boxBaseline } from "../../../src/sense/guard/baseline.ts";
import { handoverHost } from "../../../src/sense/handover-host.ts";
import { NO_KEYS, NOON, SenseRig } from "../../kit/core.ts";
import { EXACT, replayConfig } from "../../kit/replayed.ts";
import { ABOUT, FORWARD_HELLO } from "./rig.ts";

const GATE = "id: gate, profile: generic-jsonl, port: /dev/gate";
const TURNSTILE = "id: turnstile, profile: generic-jsonl, port: /dev/turnstile, sends: [totals]";
const GATE_ONLY = replayConfig([GATE], EXACT);
const BOTH = replayConfig([GATE, TURNSTILE], EXACT);

/** A fresh sense that has just met a forward, which says `lies`. */
function met(lies: Partial<ForwardHello>, yaml = GATE_ONLY, rig = new SenseRig(yaml)) {
  if (rig.core.pipeline) rig.kill();
  rig.crash.save(undefined);
  rig.start(yaml, { baselinesKnown: false });
  const host = hostOf(rig);
  host.onHello({ ...FORWARD_HELLO, ...lies });
  return { rig, host };
}

function hostOf(rig: SenseRig) {
  const boxKey = baselineKey(rig.gatewayKey);
  const parts = { keys: NO_KEYS, report: () => null, onWalkTests: () => {}, clockSynced: () => true };
  return handoverHost(rig.core, { about: () => ABOUT, boxKey, ...parts });
}

const numbers = (rig: SenseRig) => rig.core.sealing.unkept().map(({ message }) => message.seq);
const declared = (rig: SenseRig) => rig.core.events.unkept().map(({ event }) => event);
const flowsOf = async (rig: SenseRig) =>
  (await rig.opened()).flatMap(({ end, records }) =>
    records.map(({ sensor, value }) => [end.slice(11, 19), sensor, value]),
  );

it("drops what forward claims to have kept, and numbers on from where it was", async () => {
  const { rig, host } = met({});
  await rig.advance(120_000);
  expect(numbers(rig)).toEqual([0, 1]);
  host.onHello({ ...FORWARD_HELLO, lastSeqKept: Number.MAX_SAFE_INTEGER });
  expect(numbers(rig)).toEqual([]);
  rig.send("gate", '{"in":3}\n');
  await rig.advance(60_000);
  expect(numbers(rig)).toEqual([2]);
  expect(await flowsOf(rig)).toEqual([["12:03:00", "gate", { in: 3, out: 0 }]]);
});

it("closes each window once and in order, whatever ends are claimed, however often", async () => {
  const { rig, host } = met({ lastEnds: [{ seconds: 60, endMs: 8.64e15 }] });
  for (let minute = 0; minute < 5; minute++) {
    rig.send("gate", '{"in":1}\n');
    await rig.advance(30_000);
    const endMs = [0, NOON, NOON + minute * 60_000, 8.64e15, 7][minute] ?? 0;
    host.onHello({ ...FORWARD_HELLO, lastSeqKept: null, lastEnds: [{ seconds: 60, endMs }] });
    await rig.advance(30_000);
  }
  expect(await flowsOf(rig)).toEqual(
    ["12:01:00", "12:02:00", "12:03:00", "12:04:00", "12:05:00"].map((end) => [
      end,
      "gate",
      { in: 1, out: 0 },
    ]),
  );
  expect(declared(rig)).toEqual([]);
});

it("declares one gap at the first hello, up to its own first window, and none for a future or an unknown length", () => {
  const lastEnds = [
    { seconds: 60, endMs: 0 },
    { seconds: 300, endMs: 8.64e15 },
    { seconds: 86_400, endMs: 0 },
  ];
  const { rig, host } = met({ lastEnds, stoppedCleanly: true });
  const windows = [{ seconds: 60, fromMs: 0, toMs: NOON }];
  expect(declared(rig)).toEqual([{ kind: "gap", reason: "stopped", windows }]);
  for (let again = 0; again < 50; again++) host.onHello({ ...FORWARD_HELLO, lastEnds });
  expect(declared(rig)).toHaveLength(1);
});

it("declares nothing at a hello when it goes on from its crash copy", () => {
  const { rig } = met({});
  rig.kill();
  rig.start(GATE_ONLY);
  expect(rig.core.notResumed).toBeUndefined();
  hostOf(rig).onHello({ ...FORWARD_HELLO, lastEnds: [{ seconds: 60, endMs: 0 }] });
  expect(declared(rig)).toEqual([]);
});

it("declares what is missing before its first window also when it was killed before it met forward", () => {
  const rig = new SenseRig(GATE_ONLY);
  rig.kill();
  rig.start(GATE_ONLY);
  expect(rig.core.notResumed).toBeUndefined();
  hostOf(rig).onHello({ ...FORWARD_HELLO, lastEnds: [{ seconds: 60, endMs: 0 }] });
  const windows = [{ seconds: 60, fromMs: 0, toMs: NOON }];
  expect(declared(rig)).toEqual([{ kind: "gap", reason: "power_cut", windows }]);
});

it("believes no baseline but its own, of that channel and window", async () => {
  const rig = new SenseRig(BOTH);
  const endMs = NOON - 60_000;
  const box = (channel: string, total: number, gatewayKey = rig.gatewayKey) =>
    boxBaseline(
      { channel, endMs },
      { total, atMs: endMs },
      { key: baselineKey(gatewayKey), random: systemRandom },
    );
  const own = box("gate/in", 5);
  const flipped = `${own.box.startsWith("A") ? "B" : "A"}${own.box.slice(1)}`;
  const baselines: Baseline[] = [
    { ...own, channel: "turnstile/in" },
    { ...box("turnstile/out", 5), channel: "turnstile/in" },
    { ...box("turnstile/in", 5), endMs: endMs + 60_000 },
    { ...box("turnstile/in", 5), box: flipped },
    { ...box("turnstile/in", 5), box: "AAAA" },
    box("turnstile/in", 5, makeGatewayKey()),
    box("elsewhere/in", 5),
  ];
  met({ baselines }, BOTH, rig);
  rig.send("turnstile", '{"inTotal":100}\n');
  rig.send("turnstile", '{"inTotal":102}\n');
  await rig.advance(60_000);
  // The first reading is a baseline only.
  expect(await flowsOf(rig)).toContainEqual(["12:01:00", "turnstile", { in: 2, out: 0 }]);
});

it("counts a rolled-back baseline at most once, flagged, and never again at a later hello", async () => {
  const rig = new SenseRig(BOTH);
  const key = { key: baselineKey(rig.gatewayKey), random: systemRandom };
  const endMs = NOON - 600_000;
  const old = boxBaseline({ channel: "turnstile/in", endMs }, { total: 40, atMs: endMs }, key);
  const { host } = met({ baselines: [old] }, BOTH, rig);
  rig.send("turnstile", '{"inTotal":100}\n');
  await rig.advance(60_000);
  host.onHello({ ...FORWARD_HELLO, baselines: [old] });
  rig.send("turnstile", '{"inTotal":101}\n');
  await rig.advance(60_000);
  const records = (await rig.opened()).flatMap(({ records }) =>
    records.filter(({ sensor }) => sensor === "turnstile"),
  );
  expect(records).toMatchObject([
    { value: { in: 60 }, quality: "partial", flags: ["catch_up"] },
    { value: { in: 1 }, quality: "ok" },
  ]);
});

it("forgets an answer for what it does not hold without a trace", async () => {
  const { rig, host } = met({});
  await rig.advance(60_000);
  for (const seq of [1, 7, Number.MAX_SAFE_INTEGER]) {
    host.onKept(rig.core.epoch, seq);
    host.onRefused(rig.core.epoch, seq, "window_not_later");
    host.onEventKept(rig.core.epoch, seq);
    host.onKept("0".repeat(16), 0);
  }
  expect(numbers(rig)).toEqual([0]);
});
