import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { systemRandom } from "../../../src/base/random.ts";
import { baselineKey, boxBaseline } from "../../../src/sense/guard/baseline.ts";
import { handoverHost } from "../../../src/sense/handover-host.ts";
import { NOON, SenseRig } from "../../kit/core.ts";
import { EXACT, replayConfig } from "../../kit/replayed.ts";

const MINUTE = 60_000;
const GATE = "id: gate, profile: generic-jsonl, port: /dev/gate";
const CAMERA = "id: cam, profile: generic-jsonl, port: /dev/cam, sends: [present]";
const TURNSTILE = "id: gate, profile: generic-jsonl, port: /dev/gate, sends: [totals]";
const yaml = (...sensors: string[]) => replayConfig(sensors, EXACT);
const UNSET = { synced: false };

/** The wall clock is set while sense runs, or is dead. */
function setClock(rig: SenseRig, toMs: number): void {
  rig.clock.step(toMs - rig.clock.realtime());
  rig.synced = true;
}

interface Row {
  readonly end: string;
  readonly sensor: string;
  readonly value: unknown;
  readonly flags: readonly string[];
}

async function rows(rig: SenseRig): Promise<Row[]> {
  return (await rig.opened()).flatMap(({ end, records }) =>
    records.map(({ sensor, value, flags = [] }) => ({ end: end.slice(0, 19), sensor, value, flags })),
  );
}

describe("a clock that was not set at boot", () => {
  it("lets windows wait, and they carry the time at which people passed once it is set", async () => {
    const rig = new SenseRig(yaml(GATE), 30_000, UNSET);
    for (let minute = 1; minute <= 3; minute++) {
      rig.send("gate", `{"in":${minute}}\n`);
      await rig.advance(MINUTE);
    }
    expect(await rows(rig)).toEqual([]);
    setClock(rig, NOON);
    await rig.advance(2 * MINUTE);
    const value = (count: number) => ({ in: count, out: 0 });
    const flags = ["clock_unsynced"];
    expect(await rows(rig)).toEqual([
      { end: "2026-06-01T11:57:00", sensor: "gate", value: value(1), flags },
      { end: "2026-06-01T11:58:00", sensor: "gate", value: value(2), flags },
      { end: "2026-06-01T11:59:00", sensor: "gate", value: value(3), flags },
      { end: "2026-06-01T12:00:00", sensor: "gate", value: value(0), flags },
      { end: "2026-06-01T12:01:00", sensor: "gate", value: value(0), flags: [] },
      { end: "2026-06-01T12:02:00", sensor: "gate", value: value(0), flags: [] },
    ]);
    const steps = rig.core.events.unkept().map(({ event }) => event.kind);
    expect(steps).toEqual(["clock_step"]);
  });

  it("leaves labels alone that turn out to be right", async () => {
    const rig = new SenseRig(yaml(GATE), NOON, UNSET);
    await rig.advance(2 * MINUTE);
    rig.synced = true;
    await rig.advance(1_000);
    expect((await rows(rig)).map(({ end, flags }) => [end.slice(11), flags])).toEqual([
      ["12:01:00", []],
      ["12:02:00", []],
    ]);
  });

  it("may have been far in the future", async () => {
    const rig = new SenseRig(yaml(GATE), Date.parse("2062-01-01T00:00:30Z"), UNSET);
    rig.send("gate", '{"in":7}\n');
    await rig.advance(MINUTE);
    setClock(rig, NOON);
    await rig.advance(2 * MINUTE);
    const seen = await rows(rig);
    expect(seen.map(({ end }) => end.slice(11))).toEqual(["11:59:00", "12:00:00", "12:01:00", "12:02:00"]);
    expect(seen[0]?.value).toEqual({ in: 7, out: 0 });
  });

  it("may be set while sense is dead", async () => {
    const rig = new SenseRig(yaml(GATE), 30_000, UNSET);
    rig.send("gate", '{"in":1}\n');
    await rig.advance(MINUTE);
    rig.send("gate", '{"in":2}\n');
    await rig.advance(5_000);
    rig.kill();
    setClock(rig, NOON);
    rig.start(yaml(GATE));
    await rig.advance(MINUTE);
    const seen = await rows(rig);
    expect(seen.map(({ end, value }) => [end.slice(11), value])).toEqual([
      ["11:59:00", { in: 1, out: 0 }],
      ["12:00:00", { in: 2, out: 0 }],
      ["12:01:00", { in: 0, out: 0 }],
    ]);
  });

  it("gives windows of every length a label of their own, near the truth, and loses nobody", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: -3 * 3600_000, max: 3 * 3600_000 }),
        fc.integer({ min: 0, max: 600_000 }),
        fc.integer({ min: 1, max: 20 }),
        async (wrongMs, phaseMs, minutes) => {
          const rig = new SenseRig(yaml(GATE, CAMERA), NOON + phaseMs + wrongMs, UNSET);
          for (let minute = 0; minute < minutes; minute++) {
            rig.send("gate", '{"in":1}\n');
            rig.send("cam", '{"present":3}\n');
            await rig.advance(MINUTE);
          }
          setClock(rig, NOON + phaseMs + minutes * MINUTE);
          await rig.advance(10 * MINUTE);
          const seen = await rows(rig);
          const keys = seen.map(({ end, sensor }) => `${end} ${sensor}`);
          expect(new Set(keys).size).toBe(keys.length);
          const gate = seen.filter(({ sensor }) => sensor === "gate");
          const total = gate.reduce((sum, { value }) => sum + (value as { in: number }).in, 0);
          expect(total).toBe(minutes);
          const ends = gate.map(({ end }) => Date.parse(`${end}Z`));
          expect(ends.every((end, at) => at === 0 || end - (ends[at - 1] ?? 0) === MINUTE)).toBe(true);
          const firstEnd = ends[0] ?? 0;
          expect(Math.abs(firstEnd - (NOON + phaseMs + MINUTE))).toBeLessThanOrEqual(2 * MINUTE);
        },
      ),
      { numRuns: 10 },
    );
  });

  it("is not believed to be earlier than what the gateway has delivered already", async () => {
    const rig = new SenseRig(yaml(GATE), 30_000, UNSET);
    hostOf(rig).onHello(hello({ lastEnds: [{ seconds: 60, endMs: NOON }] }));
    await rig.advance(62 * MINUTE);
    const [first] = await rows(rig);
    expect(first).toMatchObject({ end: "2026-06-01T12:01:00", flags: ["clock_unsynced"] });
    const gaps = rig.core.events.unkept().filter(({ event }) => event.kind === "gap");
    expect(gaps).toEqual([]);
  });

  it("declares what a power cut took only once it is known when the first window began", async () => {
    const rig = new SenseRig(yaml(GATE), 30_000, UNSET);
    hostOf(rig).onHello(hello({ lastEnds: [{ seconds: 60, endMs: NOON }] }));
    await rig.advance(MINUTE);
    const gaps = () => rig.core.events.unkept().filter(({ event }) => event.kind === "gap");
    expect(gaps()).toEqual([]);
    setClock(rig, NOON + 30 * MINUTE);
    await rig.advance(MINUTE);
    const windows = [{ seconds: 60, fromMs: NOON, toMs: NOON + 28 * MINUTE }];
    expect(gaps()).toMatchObject([{ event: { kind: "gap", reason: "power_cut", windows } }]);
    expect((await rows(rig))[0]?.end).toBe("2026-06-01T12:29:00");
  });

  it("does not upset a running total: its step began when the last run of sense said", async () => {
    const rig = new SenseRig(yaml(TURNSTILE), 30_000, UNSET);
    const key = { key: baselineKey(rig.gatewayKey), random: systemRandom };
    rig.kill();
    rig.crash.save({ version: 99 });
    rig.start(yaml(TURNSTILE), { baselinesKnown: false });
    const last = { total: 100, atMs: NOON - MINUTE };
    const baselines = [boxBaseline({ channel: "gate/in", endMs: NOON }, last, key)];
    hostOf(rig).onHello(hello({ baselines }));
    rig.send("gate", '{"inTotal":110}\n');
    await rig.advance(MINUTE);
    rig.send("gate", '{"inTotal":112}\n');
    setClock(rig, NOON + 30 * MINUTE);
    await rig.advance(1_000);
    rig.send("gate", '{"inTotal":113}\n');
    await rig.advance(2 * MINUTE);
    const values = (await rows(rig)).map(({ value }) => value as { in: number | null });
    expect(values.reduce((sum, value) => sum + (value.in ?? 0), 0)).toBe(13);
  });
});

function hostOf({ core, gatewayKey }: SenseRig) {
  return handoverHost(core, { about: () => ({}) as never, boxKey: baselineKey(gatewayKey), onKeys() {} });
}

function hello(own: object) {
  const fixed = { type: "hello", lastSeqKept: null, lastEventKept: null, stoppedCleanly: false };
  return { ...fixed, baselines: [], lastEnds: [], ...own } as unknown as Parameters<
    ReturnType<typeof handoverHost>["onHello"]
  >[0];
}
