import { beforeEach, describe, expect, it } from "vitest";
import { TelpostError } from "../../../src/base/errors.ts";
import type { Log, LogEvent, LogFields } from "../../../src/base/log.ts";
import { RESTART_AFTER_MS } from "../../../src/base/restart.ts";
import { VirtualClock } from "../../../src/base/virtual-clock.ts";
import { COMMAND_SCHEMA, result } from "../../../src/contract/command.ts";
import type { DoctorReport } from "../../../src/contract/doctor-report.ts";
import { eventMessage, toEventMessage } from "../../../src/contract/event.ts";
import { type HealthMessage, health } from "../../../src/contract/health.ts";
import type { Answer, Asked } from "../../../src/forward/ports.ts";
import { type Deeds, Remote } from "../../../src/forward/remote/remote.ts";
import { deedsOf } from "../../../src/forward/remote-deeds.ts";
import type { GatewayEvent } from "../../../src/model.ts";
import { validatorOf } from "../../kit/contract.ts";

const RES = "telpost/v1/denhaag/scheveningen/gw07/res";
const HEADER = {
  tenant: "denhaag",
  site: "scheveningen",
  gateway: "gw07",
  epoch: "0q8w6e4r2t0y8u6i",
  seq: 3,
  atMs: 0,
};
const HEALTH: HealthMessage = health.parse({
  ...{
    schema: "telpost/health/1",
    uptimeSeconds: 3,
    sensors: [],
    at: "2026-07-18T14:05:03Z",
    bootId: "b",
    connection: 3,
  },
  ...{
    clockSynced: true,
    delivery: null,
    queued: 0,
    oldestSeconds: null,
    lastProof: null,
    drainSeconds: null,
    storage: null,
  },
});

/** With a path, a host and a text in every place where there is one. */
const REPORT: DoctorReport = {
  schema: "telpost/doctor/1",
  software: "telpost 0",
  at: "2026-07-18T00:00:00Z",
  state: "failed",
  findings: [
    {
      ...{ check: "disk", state: "failed", code: "platform.read_only", subject: "/planted/path" },
      ...{ what: "planted", why: "planted", cure: "ssh planted.example" },
    },
    {
      ...{ check: "sensors", state: "failed", code: "device.absent", subject: "sensor gate" },
      ...{ what: "planted", why: "/dev/planted", cure: "planted" },
    },
  ],
};

let clock: VirtualClock;
let deeds: string[];
let events: GatewayEvent[];
let answers: Answer[];
let lines: { event: LogEvent; fields: LogFields }[];
let storage: "works" | "fails";
let hears: boolean;
let report: string | null;
let remote: Remote;

/** The deeds as they are wired, on an uplink and a sense that write down what is asked of them. */
function realDeeds(): Deeds {
  return deedsOf({
    clock,
    startedMs: 0,
    uplink: () => ({ health: () => HEALTH, senseChanged: (what) => void deeds.push(`publish ${what}`) }),
    report: () => report,
    restartSense: async () => void deeds.push("restart sense"),
    restart: { end: () => void deeds.push("restart forward"), afterMs: RESTART_AFTER_MS },
    examined: async () => REPORT,
  });
}

beforeEach(() => {
  clock = new VirtualClock(Date.UTC(2026, 6, 18), 0);
  [deeds, events, answers, lines] = [[], [], [], []];
  [storage, hears, report] = ["works", true, "a.b.c"];
  const say = (event: LogEvent, fields: LogFields = {}) => void lines.push({ event, fields });
  const log: Log = { debug: say, info: say, warn: say, error: say };
  const declare = (event: GatewayEvent) => {
    if (storage === "fails") throw new TelpostError("outbox.full");
    events.push(event);
  };
  remote = new Remote({ res: RES, clock, log, deeds: realDeeds(), declare });
});

const bodyOf = (command: string) => Buffer.from(JSON.stringify({ schema: COMMAND_SCHEMA, command }));

function asked(name: string, more: Partial<Asked> = {}): Asked {
  const plain = {
    retained: false,
    repeated: false,
    expirySeconds: null,
    responseTopic: null,
    correlation: null,
  };
  return { name, payload: bodyOf(name), ...plain, ...more };
}

async function ask(name: string, more: Partial<Asked> = {}): Promise<void> {
  await remote.take(asked(name, more), (answer, heard) => {
    answers.push(answer);
    if (hears) heard();
  });
  await settled();
}

/** Everything that runs after a promise has run. */
const settled = () => new Promise((resolve) => setImmediate(resolve));
const said = () => answers.map(({ payload }) => result.parse(JSON.parse(payload)));
const outcomes = () => said().map((one) => (one.outcome === "done" ? "done" : one.code));

describe("a remote command", () => {
  it("is answered on res/<name> with its correlation data, and stands in the audit", async () => {
    await ask("health", { correlation: Buffer.from("b462d8") });
    expect(answers[0]).toMatchObject({ topic: `${RES}/health`, correlation: Buffer.from("b462d8") });
    expect(said()).toEqual([
      {
        ...{ schema: "telpost/result/1", command: "health", outcome: "done", at: "2026-07-18T00:00:00Z" },
        health: HEALTH,
      },
    ]);
    expect(validatorOf("schemas/result.schema.json")(JSON.parse(answers[0]?.payload ?? ""))).toBe(true);
    const event = { kind: "command", name: "health", outcome: "done", code: null, correlation: "YjQ2MmQ4" };
    expect(events).toEqual([event]);
    expect(eventMessage.safeParse(toEventMessage(HEADER, events[0] as GatewayEvent)).success).toBe(true);
    expect(lines).toEqual([{ event: "command.done", fields: { command: "health" } }]);
  });

  it("is answered on the response topic that it names, when that is the gateway's own", async () => {
    await ask("health", { responseTopic: `${RES}/health-7` });
    expect(answers.map(({ topic }) => topic)).toEqual([`${RES}/health-7`]);
  });

  it.each([
    "telpost/v1/denhaag/scheveningen/gw07/sealed",
    "telpost/v1/denhaag/scheveningen/gw08/res/health",
    `${RES}/a/b`,
    `${RES}/`,
    `${RES}/+`,
    "elsewhere",
    "",
  ])("is refused, and nothing goes to the foreign response topic %j", async (responseTopic) => {
    await ask("privacy", { responseTopic });
    expect([deeds, outcomes()]).toEqual([[], ["command.bad_topic"]]);
    expect(answers.map(({ topic }) => topic)).toEqual([`${RES}/privacy`]);
  });

  it("publishes the signed report again as it is, or says that there is none yet", async () => {
    await ask("privacy");
    report = null;
    clock.advance(60_000);
    await ask("privacy");
    expect([deeds, outcomes()]).toEqual([["publish report"], ["done", "report.none"]]);
  });

  it.each([
    ["is retained", { retained: true }, "command.retained"],
    [
      "has a parameter",
      { payload: Buffer.from('{"schema":"telpost/command/1","command":"privacy","epsilon":"9"}') },
      "command.invalid",
    ],
    ["names another command inside", { payload: bodyOf("health") }, "command.invalid"],
    ["is no JSON", { payload: Buffer.from("restart") }, "command.invalid"],
    ["is no UTF-8", { payload: Buffer.from([0xff, 0xfe]) }, "command.invalid"],
    [
      "is padded beyond its limit",
      { payload: Buffer.concat([bodyOf("privacy"), Buffer.alloc(1024, 32)]) },
      "command.invalid",
    ],
    ["has too much correlation data", { correlation: Buffer.alloc(65) }, "command.invalid"],
    ["came when its expiry was over", { expirySeconds: 0 }, "command.expired"],
  ])("that %s is refused with a code and does nothing", async (_, more, code) => {
    await ask("privacy", more);
    expect([deeds, outcomes()]).toEqual([[], [code]]);
    expect(lines).toEqual([{ event: "command.refused", fields: { command: "privacy", code } }]);
  });

  it("that does not exist is refused, and what was written instead stands in no event and no line", async () => {
    await ask("export-raw");
    expect(outcomes()).toEqual(["command.unknown"]);
    expect(events).toMatchObject([{ name: null, outcome: "refused", code: "command.unknown" }]);
    expect(JSON.stringify([events, lines])).not.toContain("export");
  });

  it("that lies retained at the broker makes no row at each connection", async () => {
    for (let connection = 0; connection < 3; connection++) await ask("restart", { retained: true });
    expect([events, deeds]).toEqual([[], []]);
  });

  it("is done once, however often it comes: with DUP, or again with the same correlation data", async () => {
    const correlation = Buffer.from("once");
    await ask("health", { correlation });
    await ask("health", { correlation });
    await ask("health", { correlation: Buffer.from("other"), repeated: true });
    expect([answers.length, events.length]).toEqual([1, 1]);
    await ask("health", { correlation: Buffer.from("other") });
    expect(answers.length).toBe(2);
  });

  it("is bounded, each and together: who asks too often is told so once, and heard again later", async () => {
    for (let round = 0; round < 1000; round++) await ask("health");
    expect(outcomes()).toEqual(["done", "done", "done", "command.too_often"]);
    expect(events.length).toBe(4);
    clock.advance(59_999);
    await ask("health");
    expect(answers.length).toBe(4);
    clock.advance(1);
    await ask("health");
    expect(outcomes().at(-1)).toBe("done");
  });

  it("costs the card a few rows a minute at most, when somebody never stops", async () => {
    const minutes = 60;
    for (let round = 0; round < minutes * 12; round++) {
      for (const name of ["health", "privacy", "restart", "doctor", "x", "y"]) await ask(name);
      clock.advance(5_000);
    }
    expect(events.length).toBeLessThanOrEqual(minutes * 1.5 + 11);
    expect(answers.length).toBe(events.length);
    expect(events.length).toBeGreaterThan(minutes);
  });
});

describe("a remote doctor", () => {
  it("tells checks, states, codes and ids, and no path, host or text", async () => {
    await ask("doctor");
    const [{ payload = "{}" } = {}] = answers;
    expect(JSON.parse(payload)).toMatchObject({
      outcome: "done",
      doctor: {
        state: "failed",
        findings: [
          { check: "disk", state: "failed", code: "platform.read_only", subject: null },
          { check: "sensors", state: "failed", code: "device.absent", subject: "sensor gate" },
        ],
      },
    });
    expect(payload).not.toContain("planted");
  });
});

describe("a remote restart", () => {
  beforeEach(() => clock.advance(RESTART_AFTER_MS));

  it("ends sense first, then this process, after its answer was heard", async () => {
    hears = false;
    await ask("restart");
    expect([outcomes(), deeds]).toEqual([["done"], []]);
    clock.advance(3_000);
    await settled();
    expect(deeds).toEqual(["restart sense", "restart forward"]);
  });

  it("comes at once when the broker has the answer, and only once", async () => {
    await ask("restart");
    expect(deeds).toEqual(["restart sense", "restart forward"]);
    clock.advance(60_000);
    await settled();
    expect(deeds.length).toBe(2);
  });

  it("is refused while the process is young, so that one that comes again and again does not loop", async () => {
    clock = new VirtualClock(Date.UTC(2026, 6, 18), RESTART_AFTER_MS - 1);
    remote = new Remote({
      res: RES,
      clock,
      log: { debug() {}, info() {}, warn() {}, error() {} },
      deeds: realDeeds(),
      declare: (event) => void events.push(event),
    });
    await ask("restart");
    clock.advance(10_000);
    expect([deeds, outcomes()]).toEqual([[], ["command.too_often"]]);
  });

  it("is not done when it cannot stand in the audit; health is", async () => {
    storage = "fails";
    await ask("restart");
    await ask("health");
    clock.advance(60_000);
    await settled();
    expect([deeds, outcomes()]).toEqual([[], ["outbox.full", "done"]]);
    expect(lines.map(({ event }) => event)).toContain("outbox.write_failed");
  });
});
