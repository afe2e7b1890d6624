import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { systemRandom } from "../../../src/base/random.ts";
import type { ItemStore } from "../../../src/sense/crash/crash-copy.ts";
import { baselineKey, boxBaseline } from "../../../src/sense/guard/baseline.ts";
import { handoverHost } from "../../../src/sense/handover-host.ts";
import { NO_KEYS, NOON, SenseRig } from "../../kit/core.ts";
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
          expect(gapless(gate, MINUTE)).toBe(true);
          const camera = seen.filter(({ sensor }) => sensor === "cam");
          expect(camera.length).toBeGreaterThanOrEqual(2);
          expect(gapless(camera, 5 * MINUTE)).toBe(true);
          const ends = endsOf(gate);
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

  it("goes on after a restart when windows went out unset, and when it is set after all", async () => {
    const rig = new SenseRig(yaml(GATE), 30_000, UNSET);
    hostOf(rig).onHello(hello({ lastEnds: [{ seconds: 60, endMs: NOON }] }));
    await rig.advance(62 * MINUTE);
    const before = (await rows(rig)).length;
    expect(before).toBeGreaterThan(0);
    rig.kill();
    rig.start(yaml(GATE));
    hostOf(rig).onHello(hello({ lastEnds: [{ seconds: 60, endMs: NOON }] }));
    await rig.advance(10 * MINUTE);
    expect((await rows(rig)).length).toBeGreaterThanOrEqual(before + 9);
    setClock(rig, NOON + 3 * 60 * MINUTE);
    await rig.advance(5 * MINUTE);
    const seen = await rows(rig);
    expect(seen.at(-1)?.end).toBe("2026-06-01T15:05:00");
    expect(new Set(endsOf(seen)).size).toBe(seen.length);
  });

  it("does not go back once windows went out unset", async () => {
    const rig = new SenseRig(yaml(GATE), NOON, UNSET);
    hostOf(rig).onHello(hello({}));
    await rig.advance(62 * MINUTE);
    const closed = async () => rig.core.sealing.waiting + (await rows(rig)).length;
    const before = await closed();
    rig.clock.step(-3 * 60 * MINUTE);
    await rig.advance(5 * MINUTE);
    expect(await closed()).toBe(before + 5);
    setClock(rig, NOON + 68 * MINUTE);
    await rig.advance(5 * MINUTE);
    expect((await rows(rig)).at(-1)?.end).toBe("2026-06-01T13:13:00");
  });

  it("loses and doubles nothing when sense is killed anywhere while labels move", async () => {
    for (const wrongMs of [-NOON + 30_000, -5 * MINUTE, 5 * MINUTE]) {
      for (let writes = 0; writes < 24; writes += 3) {
        const rig = new SenseRig(yaml(GATE, CAMERA), NOON + wrongMs, UNSET);
        for (let minute = 0; minute < 10; minute++) {
          rig.send("gate", '{"in":1}\n');
          await rig.advance(MINUTE);
        }
        const { waiting } = rig.crash;
        let left = writes;
        rig.crash = { ...rig.crash, waiting: wrapped(waiting, () => left-- <= 0) };
        rig.kill();
        rig.synced = false;
        try {
          setClock(rig, NOON + 10 * MINUTE);
          rig.start(yaml(GATE, CAMERA));
        } catch {
          left = Number.POSITIVE_INFINITY;
          rig.start(yaml(GATE, CAMERA));
        }
        left = Number.POSITIVE_INFINITY;
        await rig.advance(10 * MINUTE);
        const gate = (await rows(rig)).filter(({ sensor }) => sensor === "gate");
        expect([wrongMs, writes, sumOf(gate), gapless(gate, MINUTE)]).toEqual([wrongMs, writes, 10, true]);
      }
    }
  });

  it("counts small steps together with a large one", async () => {
    const rig = new SenseRig(yaml(GATE), NOON, UNSET);
    for (let minute = 0; minute < 7; minute++) {
      rig.send("gate", '{"in":1}\n');
      await rig.advance(MINUTE);
      rig.clock.step(minute % 2 === 0 ? 900 : 300);
    }
    setClock(rig, NOON + 30 * MINUTE);
    await rig.advance(2 * MINUTE);
    const seen = await rows(rig);
    expect([sumOf(seen), gapless(seen, MINUTE)]).toEqual([7, true]);
  });

  it("waits for forward, which knows what is late, before windows go out unset", async () => {
    const rig = new SenseRig(yaml(GATE), 30_000, UNSET);
    await rig.advance(62 * MINUTE);
    expect(await rows(rig)).toEqual([]);
    hostOf(rig).onHello(hello({ lastEnds: [{ seconds: 60, endMs: NOON }] }));
    await rig.advance(MINUTE);
    expect((await rows(rig))[0]?.end).toBe("2026-06-01T12:01:00");
  });

  it("lets nothing go out under labels that are years ahead", async () => {
    const rig = new SenseRig(yaml(GATE), Date.parse("2062-01-01T00:00:00Z"), UNSET);
    hostOf(rig).onHello(hello({ lastEnds: [{ seconds: 60, endMs: NOON }] }));
    rig.send("gate", '{"in":7}\n');
    await rig.advance(62 * MINUTE);
    expect(await rows(rig)).toEqual([]);
    setClock(rig, NOON + 70 * MINUTE);
    await rig.advance(MINUTE);
    const seen = await rows(rig);
    expect([sumOf(seen), gapless(seen, MINUTE), seen.at(-1)?.end]).toEqual([7, true, "2026-06-01T13:11:00"]);
  });

  it("does not move the baseline of a total that was read before this run began", async () => {
    const rig = new SenseRig(yaml(TURNSTILE), 30_000, UNSET);
    await rig.advance(MINUTE);
    rig.kill();
    rig.crash.save({ version: 99 });
    rig.start(yaml(TURNSTILE), { baselinesKnown: false });
    const key = { key: baselineKey(rig.gatewayKey), random: systemRandom };
    const last = { total: 100, atMs: rig.clock.realtime() - 10_000 };
    const baselines = [boxBaseline({ channel: "gate/in", endMs: NOON }, last, key)];
    hostOf(rig).onHello(hello({ baselines }));
    setClock(rig, NOON + 120 * MINUTE);
    await rig.advance(1_000);
    rig.send("gate", '{"inTotal":700}\n');
    await rig.advance(2 * MINUTE);
    expect(sumOf(await rows(rig))).toBe(600);
  });
});

const endsOf = (some: readonly Row[]) => some.map(({ end }) => Date.parse(`${end}Z`));

function gapless(some: readonly Row[], lengthMs: number): boolean {
  const ends = endsOf(some);
  return ends.every((end, at) => at === 0 || end - (ends[at - 1] ?? 0) === lengthMs);
}

const sumOf = (some: readonly Row[]) =>
  some.reduce((sum, { value }) => sum + ((value as { in: number | null }).in ?? 0), 0);

/** A store whose owner dies when it is told so, before it writes or removes anything more. */
function wrapped(store: ItemStore, dies: () => boolean): ItemStore {
  const living = () => {
    if (dies()) throw new Error("killed");
  };
  return {
    names: () => store.names(),
    get: (name) => store.get(name),
    put(name, text) {
      living();
      store.put(name, text);
    },
    remove(name) {
      living();
      store.remove(name);
    },
    get count() {
      return store.count;
    },
    get bytes() {
      return store.bytes;
    },
  };
}

function hostOf({ core, gatewayKey }: SenseRig) {
  const parts = { keys: NO_KEYS, report: () => null, onWalkTests: () => {}, clockSynced: () => false };
  return handoverHost(core, { about: () => ({}) as never, boxKey: baselineKey(gatewayKey), ...parts });
}

function hello(own: object) {
  const fixed = { type: "hello", lastSeqKept: null, lastEventKept: null, stoppedCleanly: false };
  return { ...fixed, baselines: [], lastEnds: [], ...own } as unknown as Parameters<
    ReturnType<typeof handoverHost>["onHello"]
  >[0];
}

it("keeps a window that waits when a line opens that was asked for before its end, and sense is killed then", async () => {
  const rig = new SenseRig(yaml(GATE), NOON, UNSET);
  rig.send("gate", '{"in":3}\n');
  await rig.advance(MINUTE + 10);
  const line = rig.lines.get("gate");
  line?.fail("device.gone", rig.clock.monotonic());
  line?.open(rig.clock.monotonic() - 30);
  rig.kill();
  rig.start(yaml(GATE));
  setClock(rig, rig.clock.realtime());
  await rig.advance(MINUTE);
  const sum = (await rows(rig)).reduce((all, { value }) => all + ((value as { in: number }).in ?? 0), 0);
  expect(sum).toBe(3);
});
