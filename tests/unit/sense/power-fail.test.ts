import { describe, expect, it } from "vitest";
import type { GatewayEvent } from "../../../src/model.ts";
import type { CrashStore, ItemStore } from "../../../src/sense/crash/crash-copy.ts";
import { baselineKey } from "../../../src/sense/guard/baseline.ts";
import { handoverHost } from "../../../src/sense/handover-host.ts";
import { StartGap } from "../../../src/sense/start-gap.ts";
import { NO_KEYS, NOON, SenseRig } from "../../kit/core.ts";
import { EXACT, replayConfig } from "../../kit/replayed.ts";
import { ABOUT, FORWARD_HELLO } from "../handover/rig.ts";

const GATE = "id: gate, profile: generic-jsonl, port: /dev/gate";
const CAMERA = "id: camera, profile: generic-jsonl, port: /dev/camera, sends: [present]";
const TURNSTILE =
  "id: turnstile, profile: generic-jsonl, port: /dev/turnstile, sends: [totals], liveness: none";
const MAINS = "contacts: [{ id: mains, use: power-fail, gpio: { chip: pinctrl-rp1, line: 13 } }]";
const yaml = (...sensors: string[]) => `${replayConfig(sensors, EXACT)}\n${MAINS}\n`;
const at = (time: string) => Date.parse(`2026-06-01T${time}Z`);

/** Every record handed over so far: its end, what it says, and how much of it was watched. */
const records = async (rig: SenseRig) =>
  (await rig.opened()).flatMap(({ end, records: all }) =>
    all.map(({ sensor, value, covered, quality }) => [end.slice(11, 19), sensor, value, covered, quality]),
  );
const events = (rig: SenseRig): GatewayEvent[] => rig.core.events.unkept().map(({ event }) => event);
const flow = (passages: number) => ({ in: passages, out: 0 });
const rest = (seconds: number, from: string, to: string): GatewayEvent => ({
  kind: "gap",
  reason: "power_cut",
  windows: [{ seconds, fromMs: at(from), toMs: at(to) }],
});

/** Forward answers as it does after a start: it keeps these windows. */
function hello(rig: SenseRig, lastEnds: readonly { seconds: number; endMs: number }[]): void {
  const boxKey = baselineKey(rig.gatewayKey);
  const parts = { keys: NO_KEYS, report: () => null, onWalkTests: () => {}, clockSynced: () => true };
  const host = handoverHost(rig.core, { about: () => ABOUT, boxKey, ...parts });
  host.onHello({ ...FORWARD_HELLO, lastEnds });
}

describe("when the power fails", () => {
  it("what is open is closed short and sealed at once, with what was watched, and the rest is declared", async () => {
    const rig = new SenseRig(yaml(GATE, CAMERA));
    rig.contact("mains", 0);
    rig.send("gate", '{"in":3}\n');
    rig.send("camera", '{"present":7}\n');
    await rig.advance(20_000);
    rig.contact("mains", 1);
    await rig.core.sealing.run();
    expect(await records(rig)).toEqual([
      ["12:01:00", "gate", flow(3), 20, "partial"],
      ["12:05:00", "camera", { present: 7 }, 20, "partial"],
    ]);
    expect(events(rig)).toEqual([
      { kind: "contact", id: "mains", use: "power-fail", state: "raised" },
      {
        ...{ kind: "gap", reason: "power_cut" },
        windows: [
          { seconds: 60, fromMs: at("12:00:20"), toMs: at("12:01:00") },
          { seconds: 300, fromMs: at("12:00:20"), toMs: at("12:05:00") },
        ],
      },
    ]);
  });

  it("it is offered in one go, the events with the message, in the very instant on the clock", async () => {
    const offered: string[][] = [];
    const rig = new SenseRig(yaml(GATE));
    rig.onNews = () => {
      const messages = rig.core.sealing.unkept().map(({ message }) => `message ${message.seq}`);
      offered.push([...messages, ...events(rig).map(({ kind }) => kind)]);
    };
    rig.contact("mains", 0);
    await rig.advance(20_000);
    const failedMs = rig.clock.monotonic();
    rig.contact("mains", 1);
    expect(offered).toEqual([]);
    await rig.core.sealing.run();
    expect(offered[0]).toEqual(["message 0", "contact", "gap"]);
    expect(rig.clock.monotonic()).toBe(failedMs);
  });

  it("and comes back, counting goes on with the next window: one value for each", async () => {
    const rig = new SenseRig(yaml(GATE));
    rig.contact("mains", 0);
    rig.send("gate", '{"in":3}\n');
    await rig.advance(20_000);
    rig.contact("mains", 1);
    await rig.advance(1_000);
    rig.contact("mains", 0);
    rig.send("gate", '{"in":50}\n');
    await rig.advance(1_000);
    rig.contact("mains", 1);
    await rig.advance(38_000);
    rig.send("gate", '{"in":4}\n');
    await rig.advance(60_000);
    expect(await records(rig)).toEqual([
      ["12:01:00", "gate", flow(3), 20, "partial"],
      ["12:02:00", "gate", flow(4), 60, "ok"],
    ]);
    expect(events(rig).slice(1)).toEqual([rest(60, "12:00:20", "12:01:00")]);
    expect(rig.core.contacts.states()[0]?.condition).toBe("alarm");
  });

  it("a second time in the next window, that one is closed early too, though nothing new is told of the contact", async () => {
    const rig = new SenseRig(yaml(GATE));
    rig.contact("mains", 0);
    for (const _ of [1, 2]) {
      await rig.advance(30_000);
      rig.contact("mains", 1);
      await rig.advance(10_000);
      rig.contact("mains", 0);
      await rig.advance(20_000);
    }
    expect((await records(rig)).map(([end, , , covered]) => [end, covered])).toEqual([
      ["12:01:00", 30],
      ["12:02:00", 30],
    ]);
    expect(events(rig)).toEqual([
      { kind: "contact", id: "mains", use: "power-fail", state: "raised" },
      rest(60, "12:00:30", "12:01:00"),
      rest(60, "12:01:30", "12:02:00"),
    ]);
  });

  it("and stays away while a battery lasts, windows close at their ends again", async () => {
    const rig = new SenseRig(yaml(GATE));
    rig.contact("mains", 0);
    await rig.advance(30_000);
    rig.contact("mains", 1);
    await rig.advance(150_000);
    expect((await records(rig)).map(([end, , , covered]) => [end, covered])).toEqual([
      ["12:01:00", 30],
      ["12:02:00", 60],
      ["12:03:00", 60],
    ]);
    rig.contact("mains", 0);
    await rig.advance(60_000);
    expect(events(rig).at(-1)).toEqual({ kind: "contact", id: "mains", use: "power-fail", state: "cleared" });
  });

  it("before the line is open, the opening tells it; an opening that tells it again closes nothing more", async () => {
    const rig = new SenseRig(yaml(GATE));
    await rig.advance(10_000);
    rig.contact("mains", 1);
    await rig.advance(60_000);
    rig.contacts.get("mains")?.fail("device.gone", rig.clock.monotonic());
    rig.contact("mains", 1);
    await rig.advance(50_000);
    expect((await records(rig)).map(([end, , , covered]) => [end, covered])).toEqual([
      ["12:01:00", 10],
      ["12:02:00", 60],
    ]);
  });

  it("sense may be killed and started again in the same window: nothing is counted into it a second time", async () => {
    const rig = new SenseRig(yaml(GATE));
    rig.contact("mains", 0);
    rig.send("gate", '{"in":3}\n');
    await rig.advance(20_000);
    rig.contact("mains", 1);
    await rig.core.sealing.run();
    rig.kill();
    rig.clock.advance(2_000);
    rig.start(yaml(GATE));
    rig.contact("mains", 1);
    rig.send("gate", '{"in":50}\n');
    await rig.advance(38_000);
    rig.send("gate", '{"in":4}\n');
    await rig.advance(60_000);
    expect(await records(rig)).toEqual([
      ["12:01:00", "gate", flow(3), 20, "partial"],
      ["12:02:00", "gate", flow(4), 60, "ok"],
    ]);
  });

  it("and is really cut, a gateway that boots within the window waits for the next one", async () => {
    const rig = new SenseRig(yaml(GATE, CAMERA), NOON + 30_000);
    rig.send("gate", '{"in":50}\n');
    rig.send("camera", '{"present":50}\n');
    await rig.advance(2_000);
    hello(rig, [
      { seconds: 60, endMs: at("12:01:00") },
      { seconds: 300, endMs: at("12:05:00") },
    ]);
    expect(events(rig)).toEqual([]);
    await rig.advance(28_000);
    rig.send("gate", '{"in":4}\n');
    await rig.advance(60_000);
    expect(await records(rig)).toEqual([["12:02:00", "gate", flow(4), 60, "ok"]]);
  });

  it("and is cut for longer, what no window holds is declared from the end of the last one on", async () => {
    const rig = new SenseRig(yaml(GATE), at("12:07:30"));
    hello(rig, [{ seconds: 60, endMs: at("12:01:00") }]);
    expect(events(rig)).toEqual([rest(60, "12:01:00", "12:07:00")]);
  });

  it("a day that was closed early does not make a clock that is not set a day late", () => {
    const lastEnds = [
      { seconds: 60, endMs: at("12:01:00") },
      { seconds: 86_400, endMs: at("00:00:00") + 86_400_000 },
    ];
    const behind = (nowMs: number) => {
      const startMs = (seconds: number) => Math.floor(nowMs / (seconds * 1000)) * seconds * 1000;
      const starts = [60, 86_400].map((seconds) => [seconds, startMs(seconds)] as const);
      const gap = new StartGap({ starts, declared: false }, true);
      gap.heard(lastEnds);
      return gap.behindMs();
    };
    expect([behind(at("12:00:20")), behind(at("12:03:00")), behind(at("11:57:00"))]).toEqual([0, 0, 180_000]);
  });

  it("windows that wait for the clock to be set go out too, under the label there is", async () => {
    const rig = new SenseRig(yaml(GATE), NOON, { synced: false });
    hello(rig, []);
    rig.contact("mains", 0);
    rig.send("gate", '{"in":1}\n');
    await rig.advance(60_000);
    rig.send("gate", '{"in":2}\n');
    await rig.advance(20_000);
    expect(await records(rig)).toEqual([]);
    rig.contact("mains", 1);
    await rig.core.sealing.run();
    expect(
      (await rig.opened()).map(({ end, records: [one] }) => [end.slice(11, 19), one?.value, one?.flags]),
    ).toEqual([
      ["12:01:00", flow(1), ["clock_unsynced"]],
      ["12:02:00", flow(2), ["clock_unsynced"]],
    ]);
  });

  it("a counter that runs on loses nothing: the rest comes with the next window, which says so", async () => {
    const rig = new SenseRig(yaml(TURNSTILE));
    rig.contact("mains", 0);
    const total = (value: number) => rig.send("turnstile", `{"inTotal":${value}}\n`);
    total(100);
    await rig.advance(20_000);
    total(103);
    rig.contact("mains", 1);
    await rig.advance(20_000);
    total(109);
    await rig.advance(25_000);
    total(110);
    await rig.advance(55_000);
    const all = (await rig.opened()).flatMap(({ end, records: [one] }) => [
      [end.slice(11, 19), one?.value, one?.flags],
    ]);
    expect(all).toEqual([
      ["12:01:00", flow(3), undefined],
      ["12:02:00", flow(7), ["catch_up"]],
    ]);
  });

  it("no window is lost or gets a second value when sense is killed anywhere while it saves", async () => {
    const seen = new Set<number>();
    for (let writes = 0; writes < 24; writes++) {
      const rig = new SenseRig(yaml(GATE, CAMERA));
      rig.contact("mains", 0);
      rig.send("gate", '{"in":3}\n');
      await rig.advance(20_000);
      const dying = dyingAfter(rig.crash, writes);
      rig.crash = dying.store;
      rig.kill();
      const offered = new Map<string, Set<string>>();
      const offer = () => {
        if (dying.isDead()) return;
        for (const { message } of rig.core.sealing.unkept()) {
          for (const seconds of message.lengths) {
            const window = `${message.endMs} ${seconds}`;
            offered.set(window, (offered.get(window) ?? new Set()).add(message.jws));
          }
        }
      };
      rig.onNews = offer;
      rig.start(yaml(GATE, CAMERA));
      rig.contact("mains", 1);
      await rig.core.sealing.run();
      seen.add(dying.left());
      rig.kill();
      dying.revive();
      rig.clock.advance(2_000);
      rig.start(yaml(GATE, CAMERA));
      rig.contact("mains", 1);
      rig.send("gate", '{"in":50}\n');
      await rig.advance(38_000);
      rig.send("gate", '{"in":4}\n');
      await rig.advance(240_000);
      offer();
      const all = await records(rig);
      const gate = all.filter(([, sensor]) => sensor === "gate").map(([, , value]) => value);
      expect([writes, gate.slice(0, 2), all.filter(([, sensor]) => sensor === "camera").length]).toEqual([
        ...[writes, [flow(3), flow(4)]],
        1,
      ]);
      expect([...offered.values()].filter(({ size }) => size > 1)).toEqual([]);
    }
    // Some died before the last write, some after it.
    expect(Math.max(...seen)).toBeGreaterThan(0);
  });
});

/** A crash copy whose process dies after so many writes: what it writes then is nowhere. */
function dyingAfter(store: CrashStore, writes: number) {
  let left = writes;
  const lives = () => left-- > 0;
  const dying = (items: ItemStore): ItemStore => ({
    ...items,
    get count() {
      return items.count;
    },
    get bytes() {
      return items.bytes;
    },
    // Nothing is left to do for whoever is dead.
    names: () => (left < 0 ? [] : items.names()),
    put: (name, text) => lives() && items.put(name, text),
    remove: (name) => lives() && items.remove(name),
  });
  return {
    store: {
      ...store,
      save: (state: unknown) => lives() && store.save(state),
      waiting: dying(store.waiting),
      unkept: dying(store.unkept),
    } as CrashStore,
    isDead: () => left < 0,
    left: () => left,
    revive: () => {
      left = Number.POSITIVE_INFINITY;
    },
  };
}
