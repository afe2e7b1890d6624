import { afterEach, describe, expect, it } from "vitest";
import { VirtualClock } from "../../src/base/virtual-clock.ts";
import { health } from "../../src/contract/health.ts";
import { CONTRACT_VERSION, status } from "../../src/contract/status.ts";
import { type ScriptedBroker, startScriptedBroker } from "../kit/scripted-broker.ts";
import { aWhile, until } from "../kit/until.ts";
import {
  EPOCH,
  fill,
  type Rig,
  type RigOptions,
  ROOT,
  startRig,
  clock as systemClock,
  word,
} from "./uplink-rig.ts";

let broker: ScriptedBroker;
let rig: Rig;
/** Payloads the broker or the city really took: only these may leave the outbox. */
const proven = new Set<string>();

async function start(
  script: Parameters<typeof startScriptedBroker>[0],
  options: Omit<RigOptions, "url"> = {},
) {
  broker = await startScriptedBroker(script);
  rig = startRig({ url: `mqtt://127.0.0.1:${broker.port}`, ...options });
}

/** Takes every publish but those for which `odd` knows better. */
function except(odd: (payload: string, connection: number) => number | "drop" | "close" | undefined) {
  return (packet: { payload: string | Buffer }, connection: number) => {
    const payload = packet.payload.toString();
    const answer = odd(payload, connection) ?? 0;
    if (answer === 0) proven.add(payload);
    return answer;
  };
}

/** Lets virtual time pass from timer to timer, with time for real I/O after each. */
async function pass(clock: VirtualClock, ms: number): Promise<void> {
  const end = clock.monotonic() + ms;
  while (clock.monotonic() < end) {
    clock.advanceTo(Math.min(end, clock.nextDue() ?? end));
    await aWhile();
  }
}

const rows = () =>
  broker.received.filter(({ topic }) => topic === `${ROOT}/sealed` || topic === `${ROOT}/event`);
const payloads = () => rows().map(({ payload }) => payload);
const queued = () => rig.outbox.stats().queued;

afterEach(async () => {
  await rig.uplink.stop();
  await broker.stop();
  const { accepted, rejected, queued: left, appended } = rig.outbox.stats();
  expect(left + accepted + rejected).toBe(appended);
  // Row ids count from 1, the numbers in payloads from 0.
  const unproven = rig.outbox.acceptedIds.filter((id) => !proven.has(`sealed-${id - 1}`));
  expect(unproven).toEqual([]);
  proven.clear();
});

describe("the uplink", () => {
  it("says birth before anything else, subscribes to keys, and delivers the backlog in order with its properties", async () => {
    await start({ publish: except(() => undefined) });
    fill(rig.outbox, 0, 4);
    await until(() => queued() === 0, "delivery");
    const [birth, ...rest] = broker.received;
    expect(status.parse(JSON.parse(birth?.payload ?? ""))).toMatchObject({
      state: "online",
      contract: CONTRACT_VERSION,
    });
    expect([birth?.topic, birth?.retain]).toEqual([`${ROOT}/status`, true]);
    expect(broker.subscribed).toEqual([`${ROOT}/keys`, `${ROOT}/cmd/+`]);
    expect(rest.map(({ payload }) => payload)).toEqual([0, 1, 2, 3, 4].map((n) => `sealed-${n}`));
    expect(rest[0]).toMatchObject({ contentType: "application/jose", retain: false });
    expect(rest[0]?.expirySeconds).toBeGreaterThan(29 * 86_400);
  });

  it("delivers, though it answers commands that come with the acknowledgement of its subscription", async () => {
    const names = ["health", "privacy", "restart", "doctor"];
    const answered: string[] = [];
    const retained = names.map((name) => `${ROOT}/cmd/${name}`);
    await start(
      { publish: except(() => undefined), retained },
      {
        more: {
          onCommand: ({ name }, reply) =>
            reply({ topic: `${ROOT}/res/${name}`, payload: "{}", correlation: null }, () =>
              answered.push(name),
            ),
        },
      },
    );
    fill(rig.outbox, 0, 4);
    await until(() => queued() === 0, "delivery");
    expect(answered).toEqual(names);
  });

  it("marks as late what was there before it connected, and nothing else", async () => {
    await start({ publish: except(() => undefined) });
    await until(() => word(rig)[0] === "connected" && broker.subscribed.length > 0, "connect");
    await aWhile();
    fill(rig.outbox, 0, 0);
    await until(() => queued() === 0, "delivery of the live row");
    broker.cut();
    fill(rig.outbox, 1, 1);
    await until(() => queued() === 0, "delivery of the late row");
    expect(rows().map(({ payload, late }) => [payload, late])).toEqual([
      ["sealed-0", false],
      ["sealed-1", true],
    ]);
  });

  it("leaves a will that carries its run, and a clean start with a session of a minute", async () => {
    await start({});
    await until(() => broker.connects.length > 0, "connect");
    const [connect] = broker.connects;
    const will = status.parse(JSON.parse(connect?.will?.payload.toString() ?? ""));
    const { connection } = rig.uplink.state();
    expect(will).toMatchObject({ state: "offline", reason: "lost", connection });
    expect(connect?.will).toMatchObject({ topic: `${ROOT}/status`, qos: 1, retain: true });
    expect(connect?.will?.properties?.willDelayInterval).toBe(30);
    expect([connect?.clean, connect?.properties?.sessionExpiryInterval]).toEqual([true, 60]);
    expect(connect?.clientId).toBe("denhaag/scheveningen/gw07");
  });

  it("says a new birth on every connection, with a number that rises", async () => {
    await start({});
    for (const times of [1, 2, 3]) {
      await until(() => broker.received.length === times, "birth");
      broker.cut();
    }
    const numbers = broker.received.map(({ payload }) => status.parse(JSON.parse(payload)).connection);
    expect(new Set(numbers).size).toBe(3);
    expect([...numbers].sort((a, b) => a - b)).toEqual(numbers);
  });

  it("says goodbye at a clean stop, also while a message is not acknowledged", async () => {
    await start({ publish: except((payload) => (payload === "sealed-0" ? "drop" : undefined)) });
    fill(rig.outbox, 0, 0);
    await until(() => payloads().length === 1, "publish");
    await rig.uplink.stop("stopped");
    // Written by then, and read in a later turn of this process.
    await until(() => broker.disconnects() === 1, "the end of the connection");
    expect(status.parse(JSON.parse(broker.received.at(-1)?.payload ?? ""))).toMatchObject({
      reason: "stopped",
    });
    expect([queued(), word(rig)[0]]).toEqual([1, "stopped"]);
  });

  it("hands on a key set, and ignores what it cannot read", async () => {
    await start({}, { broker: { ack: "city" } });
    await until(() => broker.subscribed.length === 3, "subscription");
    broker.send(`${ROOT}/keys`, "a.b.c");
    broker.send(`${ROOT}/keys`, "");
    broker.send(`${ROOT}/keys`, "x".repeat(70_000));
    broker.send(`${ROOT}/ack`, "nonsense");
    await until(() => rig.said("uplink.refused").length === 1, "refusal");
    expect(rig.keys).toEqual(["a.b.c"]);
    expect(rig.said("keys.refused")).toHaveLength(1);
  });

  it("publishes the privacy report, retained, at every connect and when it changes", async () => {
    let report: string | null = null;
    await start({}, { more: { report: () => report } });
    await until(() => broker.subscribed.length > 0, "connect");
    const reports = () => broker.received.filter(({ topic }) => topic === `${ROOT}/privacy`);
    expect(reports()).toEqual([]);
    report = "first.report.signed";
    rig.uplink.senseChanged("report");
    await until(() => reports().length === 1, "the first");
    broker.cut();
    await until(() => reports().length === 2, "again after a reconnect");
    expect(reports().map(({ payload, retain }) => [payload, retain])).toEqual([
      [report, true],
      [report, true],
    ]);
  });

  it("says health every five minutes while connected, and births again when asked", async () => {
    const clock = new VirtualClock(systemClock.realtime());
    await start({}, { more: { clock } });
    await until(() => broker.subscribed.length > 0, "connect");
    rig.uplink.senseChanged("about");
    await pass(clock, 600_000);
    const healths = () => broker.received.filter(({ topic }) => topic === `${ROOT}/health`);
    await until(() => healths().length === 2, "health");
    expect(healths()[0]).toMatchObject({ retain: false });
    expect(health.parse(JSON.parse(healths()[0]?.payload ?? ""))).toMatchObject({
      queued: 0,
      clockSynced: true,
    });
    expect(broker.received.filter(({ topic }) => topic === `${ROOT}/status`)).toHaveLength(2);
  });
});

describe("a difficult broker", () => {
  it("keeps every row while nobody subscribes (0x10)", async () => {
    await start({ publish: except((payload) => (payload.startsWith("sealed") ? 0x10 : undefined)) });
    fill(rig.outbox, 0, 9);
    await until(() => rig.said("uplink.no_subscriber").length > 0, "the line");
    await aWhile();
    expect([word(rig), queued()]).toEqual([["connected", "broker.no_subscriber"], 10]);
    expect(rig.said("uplink.no_subscriber")).toHaveLength(1);
  });

  it("sets a refused message aside (0x99) and delivers the others", async () => {
    await start({ publish: except((payload) => (payload === "sealed-3" ? 0x99 : undefined)) });
    fill(rig.outbox, 0, 9);
    await until(() => queued() === 1, "delivery of the others");
    expect([...rig.outbox.rows.values()].map(({ payload }) => payload)).toEqual(["sealed-3"]);
    expect(rig.said("uplink.row_denied")).toMatchObject([
      { fields: { code: "broker.rejected", reason: "0x99", seq: 3 } },
    ]);
  });

  it("finds the message that ends every connection, and delivers the others", async () => {
    await start(
      { publish: except((payload) => (payload === "sealed-3" ? "close" : undefined)) },
      { broker: { inFlight: 4 } },
    );
    fill(rig.outbox, 0, 19);
    await until(() => queued() === 1 && rig.said("uplink.row_denied").length === 1, "delivery of the others");
    expect([...rig.outbox.rows.values()].map(({ payload }) => payload)).toEqual(["sealed-3"]);
    const connections = broker.connects.length;
    await aWhile();
    expect(broker.connects.length).toBe(connections);
  });

  it("survives a reason code its MQTT library cannot read (0x95)", async () => {
    await start({ publish: except((payload) => (payload === "sealed-0" ? 0x95 : undefined)) });
    fill(rig.outbox, 0, 5);
    await until(() => queued() === 1, "delivery of the others");
    expect(rig.said("uplink.lost")[0]?.fields.code).toBe("broker.protocol");
  });

  it("honours the receive maximum of the broker", async () => {
    const publish = () => ({ afterMs: 5, code: 0 });
    await start({ receiveMaximum: 7, publish });
    for (let n = 0; n < 50; n++) proven.add(`sealed-${n}`);
    fill(rig.outbox, 0, 49);
    await until(() => queued() === 0, "delivery");
    expect(broker.mostInFlight()).toBe(7);
  });

  it("gives up a connection that is never acknowledged, settles nothing, and delivers on the next", async () => {
    const clock = new VirtualClock(systemClock.realtime());
    await start(
      {
        publish: except((payload, connection) =>
          connection === 1 && payload.startsWith("sealed") ? "drop" : undefined,
        ),
      },
      {
        more: { clock },
      },
    );
    fill(rig.outbox, 0, 4);
    await until(() => payloads().length === 5, "publishes");
    clock.advance(19_999);
    expect(word(rig)).toEqual(["connected", null]);
    clock.advance(1);
    expect([word(rig), queued()]).toEqual([["waiting", "broker.timeout"], 5]);
    clock.advance(1_000);
    await until(() => queued() === 0, "delivery on the next connection");
    expect(new Set(rows().map(({ payload }) => payload)).size).toBe(5);
    expect(rows()).toHaveLength(10);
  });

  it("gives up a broker that accepts TCP and never speaks", async () => {
    const clock = new VirtualClock(systemClock.realtime());
    await start({ connect: () => "mute" }, { more: { clock } });
    await until(() => broker.connects.length === 1, "connect");
    clock.advance(20_000);
    expect(word(rig)).toEqual(["waiting", "broker.timeout"]);
    clock.advance(1_000);
    await until(() => broker.connects.length === 2, "the next attempt");
  });

  it("tries again and again while the broker says it is unavailable or refuses, and says so once", async () => {
    let code = 0x88;
    await start({ connect: () => code, publish: except(() => undefined) });
    fill(rig.outbox, 0, 2);
    await until(() => broker.connects.length >= 3, "attempts");
    expect(rig.said("uplink.waiting").map(({ fields }) => fields.code)).toEqual(["broker.unreachable"]);
    code = 0x87;
    await until(() => rig.said("uplink.waiting").length === 2, "the other line");
    expect([rig.said("uplink.waiting")[1]?.fields.code, queued()]).toEqual(["broker.refused", 3]);
    code = 0;
    await until(() => queued() === 0, "delivery");
  });
});

describe("proof by the city", () => {
  const city = { broker: { ack: "city" as const } };
  const ack = (ranges: [number, number][]) => {
    for (const [from, to] of ranges) for (let n = from; n <= to; n++) proven.add(`sealed-${n}`);
    broker.send(`${ROOT}/ack`, JSON.stringify({ stream: "sealed", epoch: EPOCH, ranges }));
  };

  it("publishes again what the city did not acknowledge, and settles what it did", async () => {
    const clock = new VirtualClock(systemClock.realtime());
    await start({}, { ...city, more: { clock } });
    fill(rig.outbox, 0, 4);
    await until(() => payloads().length === 5, "publishes");
    ack([[0, 1]]);
    await until(() => queued() === 3, "settled by the city");
    clock.advance(60_000);
    await until(() => payloads().length === 8, "publishes again");
    expect(payloads().slice(5)).toEqual(["sealed-2", "sealed-3", "sealed-4"]);
    ack([[0, 4]]);
    await until(() => queued() === 0, "settled by the city");
  });

  it("ignores an acknowledgement of what was never sent, and says so once", async () => {
    await start({}, city);
    fill(rig.outbox, 0, 1);
    await until(() => payloads().length === 2, "publishes");
    for (const epoch of ["zzzzzzzzzzzzzzzz", EPOCH]) {
      broker.send(`${ROOT}/ack`, JSON.stringify({ stream: "sealed", epoch, ranges: [[7, 9]] }));
    }
    await until(() => rig.said("uplink.ack_unknown").length > 0, "the line");
    await aWhile();
    expect([rig.said("uplink.ack_unknown").length, queued()]).toEqual([1, 2]);
  });
});

describe("a broker that speaks MQTT 3.1.1 only", () => {
  const only4 = (refusal: number | "close") => ({
    connect: ({ protocolVersion }: { protocolVersion?: number }) => (protocolVersion === 5 ? refusal : 0),
    publish: except(() => undefined),
  });

  it.each([["close"], [0x84], [0x01]] as const)(
    "that refuses MQTT 5 with %s is tried with 3.1.1, and proves nothing: rows are held",
    async (refusal) => {
      await start(only4(refusal));
      fill(rig.outbox, 0, 2);
      await until(() => word(rig)[0] === "held", "held");
      await aWhile();
      expect([word(rig), payloads(), queued()]).toEqual([["held", "broker.not_proof"], [], 3]);
      expect(rig.said("uplink.held")).toHaveLength(1);
      expect(broker.connects.map(({ protocolVersion }) => protocolVersion)).toEqual([5, 4]);
    },
  );

  it("is tried with MQTT 5 again after ten minutes of holding", async () => {
    const clock = new VirtualClock(systemClock.realtime());
    let speaks5 = false;
    const connect = ({ protocolVersion }: { protocolVersion?: number }) =>
      protocolVersion === 5 && !speaks5 ? "close" : 0;
    await start({ connect, publish: except(() => undefined) }, { more: { clock } });
    fill(rig.outbox, 0, 2);
    await until(() => word(rig)[0] === "waiting", "the first refusal");
    clock.advance(1_000);
    await until(() => word(rig)[0] === "held", "held");
    speaks5 = true;
    await pass(clock, 601_000);
    await until(() => queued() === 0, "delivery");
  });

  it("is proof enough in the lab, and with the city's own word", async () => {
    await start(only4("close"), { more: { profile: "lab" } });
    fill(rig.outbox, 0, 2);
    await until(() => queued() === 0, "delivery");
    await rig.uplink.stop();
    await broker.stop();
    await start(only4("close"), { broker: { ack: "city" } });
    fill(rig.outbox, 0, 2);
    await until(() => payloads().length === 3, "publishes");
    expect(queued()).toBe(3);
    broker.send(`${ROOT}/ack`, JSON.stringify({ stream: "sealed", epoch: EPOCH, ranges: [[0, 2]] }));
    await until(() => queued() === 0, "settled by the city");
  });
});
