import { readFileSync } from "node:fs";
import fc from "fast-check";
import mqtt, { type IClientPublishOptions, type MqttClient } from "mqtt";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { silentLog } from "../../src/base/log.ts";
import { COMMAND_SCHEMA, result } from "../../src/contract/command.ts";
import { eventMessage } from "../../src/contract/event.ts";
import { LEAVES, parseTopic, topics } from "../../src/contract/topics.ts";
import { inbound } from "../../src/forward/uplink/inbound.ts";
import { COMMANDS } from "../../src/model.ts";
import { fill, ROOT, startRig } from "../e2e/uplink-rig.ts";
import { identity } from "../kit/outbox-data.ts";
import { describeWith } from "../kit/programs.ts";
import { type ScriptedBroker, startScriptedBroker } from "../kit/scripted-broker.ts";
import { openPart } from "../kit/sealed-message.ts";
import { aWhile, until } from "../kit/until.ts";
import { evidence, FULL } from "./evidence.ts";
import { type Heard, LiveTwin } from "./live-twin.ts";

/**
 * P17: no remote command returns raw data, raises epsilon, shortens windows or publishes again with new noise. There are
 * four, none of which takes a parameter; everything else below `cmd` is refused, whatever it is and however often it comes.
 */

const RUNS = FULL ? 20_000 : 2_000;

describe.each(["broker", "city"] as const)("P17 a gateway whose proof is the %s's", (ack) => {
  let broker: ScriptedBroker;
  beforeEach(async () => {
    broker = await startScriptedBroker();
  });
  afterEach(() => broker.stop());

  it("P17 listens to city keys, acknowledgements and one level below cmd, and to nothing else", async () => {
    const rig = startRig({ url: `mqtt://127.0.0.1:${broker.port}`, broker: { ack } });
    try {
      const wanted = ack === "city" ? ["keys", "ack", "cmd/+"] : ["keys", "cmd/+"];
      await until(() => broker.subscribed.length >= wanted.length, "subscribed to all");
      expect(broker.subscribed).toEqual(wanted.map((leaf) => `${ROOT}/${leaf}`));
      // A reader takes neither for a message of a gateway.
      expect(parseTopic(`${ROOT}/cmd/export`)).toBeNull();
      expect(LEAVES.filter((leaf) => /cmd|res/.test(leaf))).toEqual([]);
    } finally {
      await rig.uplink.stop();
    }
  });

  it("P17 hears nothing that a hostile broker sends uncalled, and publishes nothing because of it", async () => {
    const asked: string[] = [];
    const more = { onCommand: ({ name }: { name: string }) => void asked.push(name) };
    const rig = startRig({ url: `mqtt://127.0.0.1:${broker.port}`, broker: { ack }, more });
    try {
      fill(rig.outbox, 0, 2);
      const sealed = () => broker.received.filter(({ topic }) => topic.endsWith("/sealed")).length;
      await until(() => sealed() === 3, "the backlog");
      const before = broker.received.length;
      for (const leaf of [
        "cmd",
        "cmd/",
        "cmd/a/b",
        "cmd/Export",
        "cmd/#",
        "res/health",
        "sealed",
        "status",
      ]) {
        for (const payload of ["{}", '{"epsilon":"100"}', '{"windowSeconds":1}', '{"verb":"raw","from":0}'])
          broker.send(`${ROOT}/${leaf}`, payload);
      }
      await aWhile();
      expect([broker.received.length, asked, rig.keys]).toEqual([before, [], []]);
      expect(rig.uplink.state().state).toBe("connected");
    } finally {
      await rig.uplink.stop();
    }
  });
});

it("P17 hands on key sets, acknowledgements and one level below cmd, whatever comes on whatever topic", () => {
  const mine = topics(identity);
  const heard: string[] = [];
  const take = inbound({
    topics: mine,
    log: silentLog,
    onAck: () => heard.push("ack"),
    onKeys: () => heard.push("keys"),
    onCommand: ({ name }) => heard.push(`cmd/${name}`),
  });
  const leaf = fc.oneof(
    fc.constantFrom(...LEAVES, "cmd", "cmd/x", "cmd/a/b", "cmd//", "cmd/+", "res/x", "#", "+"),
    fc.string({ maxLength: 20 }).map((text) => `cmd/${text}`),
    fc.string({ maxLength: 20 }),
  );
  const payload = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.json().map((text) => Buffer.from(text)),
  );
  const plain = {
    retained: false,
    repeated: false,
    expirySeconds: null,
    responseTopic: null,
    correlation: null,
  };
  fc.assert(
    fc.property(leaf, payload, (name, bytes) => {
      heard.length = 0;
      take({ topic: `${mine.root}/${name}`, payload: bytes, ...plain });
      const may = name === "ack" || name === "keys" || /^cmd\/[a-z0-9-]{1,32}$/.test(name);
      expect(heard.filter((one) => !may || one !== name)).toEqual([]);
    }),
    { numRuns: RUNS },
  );
  evidence(
    "P17",
    `${RUNS} fuzzed messages on any topic of the gateway: key sets, acknowledgements and one level below cmd are handed on, nothing else`,
  );
});

const QUICK = FULL ? 10_000 : 2_000;
/** Six digits in a row stand nowhere else. */
const EXACT = 131_847;

interface Shot {
  readonly topic: string;
  readonly payload: string | Buffer;
  readonly options?: IClientPublishOptions;
}

const body = (command: string, more: object = {}) =>
  JSON.stringify({ schema: COMMAND_SCHEMA, command, ...more });

/** What somebody at the city's place could try, once each. */
function tries(seed: number): Shot[] {
  const at = (leaf: string) => `${ROOT}/${leaf}`;
  const names = [...COMMANDS, "export", "raw", "config", "walktest", "republish", "epsilon", "0", "-"];
  const wrong = [
    ...["", "{", "null", "[]", '"restart"', '{"__proto__":{"schema":"telpost/command/1"}}', "\0\xff"],
    ...[
      body("health", { epsilon: "100" }),
      body("privacy", { windowSeconds: 1 }),
      body("restart", { reboot: true }),
    ],
    ...[body("export"), body("doctor", { sensor: "gate", raw: true }), body("health").replace("/1", "/2")],
    ...fc.sample(fc.json(), { numRuns: FULL ? 500 : 60, seed }),
  ];
  const payloads: (string | Buffer)[] = [
    ...wrong,
    Buffer.alloc(200_000, "x"),
    Buffer.from(fc.sample(fc.uint8Array(), 1)[0] ?? []),
  ];
  const odd = ["cmd", "cmd/a/b", "cmd/health/raw", "cmd/HEALTH", "cmd/ ", "cmd/restart/", "res/health"];
  const foreign = [
    at("sealed"),
    at("keys"),
    at("res/a/b"),
    at("status"),
    "telpost/v1/denhaag/scheveningen/gw08/res/x",
    "x",
  ];
  return [
    ...names.flatMap((name) => payloads.map((payload) => ({ topic: at(`cmd/${name}`), payload }))),
    ...odd.flatMap((leaf) => COMMANDS.map((name) => ({ topic: at(leaf), payload: body(name) }))),
    ...foreign.flatMap((responseTopic) =>
      COMMANDS.map((name) => ({
        topic: at(`cmd/${name}`),
        payload: body(name),
        options: { properties: { responseTopic } },
      })),
    ),
    ...COMMANDS.map((name) => ({ topic: at(`cmd/${name}`), payload: body(name), options: { retain: true } })),
    {
      topic: at("cmd/health"),
      payload: body("health"),
      options: { properties: { correlationData: Buffer.alloc(5000) } },
    },
    ...Array.from({ length: QUICK }, (_, number) => {
      const name = names[number % 4] ?? "";
      return { topic: at(`cmd/${name}`), payload: body(name) };
    }),
  ];
}

describeWith(
  ["mosquitto"],
  "P17 a gateway of real processes on a real broker, whose city turned against it",
  () => {
    const twin = new LiveTwin();
    let city: MqttClient;
    let shots: readonly Shot[];
    let processes: readonly (number | undefined)[];
    let from: number;

    const pids = () => [twin.live.sense, twin.live.forward].map((one) => one?.child.pid);
    const since = () => twin.heard.slice(from);
    const on = (leaf: string): Heard[] => since().filter(({ topic }) => topic.startsWith(`${ROOT}/${leaf}`));

    beforeAll(async () => {
      // Without it Mosquitto keeps most of a flood from the gateway.
      await twin.start(["max_queued_messages 0"]);
      processes = pids();
      const { port } = twin;
      city = mqtt.connect({ host: "127.0.0.1", port, protocol: "mqtt", protocolVersion: 5, keepalive: 0 });
      from = twin.heard.length;
      await twin.crowd(EXACT);
      shots = tries(17);
      for (const { topic, payload, options = {} } of shots)
        city.publish(topic, payload, { qos: 1, ...options });
      // QoS 1 in order: when the last is taken, all are.
      await city.publishAsync(`${ROOT}/cmd/last`, "{}", { qos: 1 });
      await twin.nextWindow();
      await twin.nextWindow();
    });

    afterAll(async () => {
      await city?.endAsync(true);
      await twin.dispose();
    });

    it("P17 goes on as before: the same processes, one sealed message for each window, each window once", () => {
      expect(pids()).toEqual(processes);
      expect([twin.live.sense, twin.live.forward].map((one) => one?.said("process.stopping"))).toEqual([
        [],
        [],
      ]);
      const ends = on("sealed").map(({ payload }) => openPart(payload).end);
      expect(new Set(ends).size).toBe(ends.length);
      expect(ends.length).toBeGreaterThanOrEqual(2);
      const gaps = ends
        .slice(1)
        .map((end, index) => (Date.parse(end) - Date.parse(ends[index] ?? "")) / 1000);
      expect(new Set(gaps)).toEqual(new Set([3]));
    });

    it("P17 answers a few, in the form of the contract and below its own res, and is silent after that", () => {
      const answers = since().filter(({ topic }) => !isOurs(topic));
      expect([...new Set(answers.map(({ topic }) => topic.replace(/res\/.*/, "res")))].sort()).toEqual(
        ["event", "res", "sealed", ...(on("privacy").length > 0 ? ["privacy"] : [])]
          .map((leaf) => `${ROOT}/${leaf}`)
          .sort(),
      );
      const results = on("res/").filter(({ payload }) => payload.includes('"telpost/result/1"'));
      expect(results.length).toBeGreaterThan(1);
      expect(results.length).toBeLessThan(30);
      for (const { payload } of results) expect(result.safeParse(JSON.parse(payload)).success).toBe(true);
      evidence(
        "P17",
        `${shots.length} messages below cmd on a real Mosquitto (bad JSON, wrong schemas, 200 kB, unknown and nested names, retained, foreign response topics, ${QUICK} quick ones): ${results.length} answers, no restart, no window changed`,
      );
    });

    it("P17 shows no exact count and no setting in any answer, event or line", () => {
      const everything = [...since().map(({ payload }) => payload), ...twin.live.said()];
      expect(everything.filter((text) => text.includes(String(EXACT)))).toEqual([]);
      const config = readFileSync(twin.live.path("telpost.yaml"), "utf8");
      expect(config).toContain("windowSeconds: 3");
      const answers = on("res/").map(({ payload }) => payload);
      expect(answers.filter((text) => /epsilon|windowSeconds/.test(text) && text.includes("result"))).toEqual(
        [],
      );
    });

    it("P17 declares what it did and refused, without a word of what was sent", () => {
      const events = on("event").map(({ payload }) => eventMessage.parse(JSON.parse(payload)));
      const commands = events.filter(({ kind }) => kind === "command");
      expect(commands.length).toBeGreaterThan(1);
      expect(commands.length).toBeLessThan(30);
      const words = JSON.stringify(events) + twin.live.said().slice(0, 2).join("");
      expect(["walktest", "republish", "HEALTH", "reboot"].filter((word) => words.includes(word))).toEqual(
        [],
      );
      const codes = new Set(commands.map((one) => (one.kind === "command" ? one.code : null)));
      expect([...codes].filter((code) => code !== null && !/^(command|report)\.[a-z_]+$/.test(code))).toEqual(
        [],
      );
    });

    it("P17 takes no notice of a retained restart when it connects again", async () => {
      const before = on("status").length;
      await twin.live.forward?.stop("SIGKILL");
      const forward = twin.live.startForward("--log-level", "trace");
      await until(() => forward.said("uplink.connected").length > 0, "connected again");
      await until(() => on("status").length > before, "a birth");
      await until(() => forward.said("command.refused").length > 0, "the retained ones are refused");
      await twin.nextWindow();
      expect(forward.said("command.done")).toEqual([]);
      expect(forward.said("command.refused").map(({ code }) => code)).toContain("command.retained");
      expect(forward.said("process.stopping")).toEqual([]);
    });
  },
);

/** A topic that the city itself wrote to. */
const isOurs = (topic: string) =>
  /\/(cmd(\/.*)?|keys)$/.test(topic) || !topic.startsWith(ROOT) || topic === `${ROOT}/cmd`;
