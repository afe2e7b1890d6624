import { readFileSync, rmSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import mqtt, { type MqttClient } from "mqtt";
import { afterEach, beforeEach, expect, it } from "vitest";
import { makeRegistry } from "../../src/city/keys.ts";
import { openWalkRecord } from "../../src/city/walk-record.ts";
import { EVENT_SCHEMA, eventMessageForReaders } from "../../src/contract/event.ts";
import type { PrivacyReport } from "../../src/contract/privacy-report.ts";
import type { ReadWalkRecord } from "../../src/contract/walk-test.ts";
import { readPublicKey } from "../../src/keys/files.ts";
import { LiveGateway, type Printed } from "../kit/live-gateway.ts";
import { type Mosquitto, startPlainMosquitto } from "../kit/mosquitto.ts";
import { Observed } from "../kit/observed.ts";
import { describeWith } from "../kit/programs.ts";
import { FakeDevice } from "../kit/pty.ts";
import { openPart } from "../kit/sealed-message.ts";
import { telpost } from "../kit/telpost.ts";
import { TerminalPerson } from "../kit/terminal.ts";
import { until } from "../kit/until.ts";
import { evidence } from "./evidence.ts";
import { linesOf } from "./people.ts";
import { filesBelow } from "./thief.ts";

/** P15 on real processes with a real broker: an engineer at a real terminal walks past one sensor while another counts on. */

const WINDOW_SECONDS = 2;
/**
 * Passages of others at the other sensor: a number that must stand nowhere on the engineer's screen. Of five digits, because
 * a signature is shown there, in which three are found by chance in one of some hundred tests.
 */
const ELSEWHERE = 73_104;
const GATEWAY = "denhaag/scheveningen/gw07";
const IN = '{"in":1,"out":0}\n';
const OUT = '{"in":0,"out":1}\n';

describeWith(["mosquitto"], "a walk test on a gateway that runs", () => {
  let broker: Mosquitto;
  let live: LiveGateway;
  let client: MqttClient;
  let gate: FakeDevice;
  let side: FakeDevice;
  const people: TerminalPerson[] = [];
  /** Sizes of sealed messages, by how many digits the number has that each is open about. */
  const sealed = new Map<number, Set<number>>();

  beforeEach(async () => {
    sealed.clear();
    broker = await startPlainMosquitto();
    live = new LiveGateway();
    [gate, side] = [new FakeDevice(), new FakeDevice()];
    for (const device of [gate, side]) device.plug();
    const url = `url: "mqtt://127.0.0.1:${broker.port}"`;
    await live.prepare({
      broker: url,
      cityBroker: url,
      privacy: `profile: lab, flow: { windowSeconds: ${WINDOW_SECONDS} }`,
      sensors: [
        `id: gate, profile: generic-jsonl, port: ${gate.link}`,
        `id: side, profile: generic-jsonl, port: ${side.link}`,
      ],
    });
    client = mqtt.connect({ host: "127.0.0.1", port: broker.port, protocol: "mqtt", protocolVersion: 5 });
    client.on("message", (topic, payload) => {
      if (!topic.endsWith("/sealed")) return;
      const digits = String(openPart(payload.toString()).seq).length;
      sealed.set(digits, (sealed.get(digits) ?? new Set()).add(payload.length));
    });
    await client.subscribeAsync("#");
    live.startReceive();
    await start();
  });

  afterEach(async () => {
    for (const person of people.splice(0)) person.dispose();
    await client.endAsync(true);
    await live.dispose();
    for (const device of [gate, side]) device.dispose();
    await broker.stop();
  });

  async function start(): Promise<void> {
    const forward = live.startForward();
    await until(() => forward.said("process.ready").length > 0, "forward is up");
    await startSense();
  }

  async function startSense(): Promise<void> {
    const sense = live.startSense();
    await until(() => sense.said("sensor.up").length === 2, "both sensors are up");
    await until(() => sense.said("handover.connected").length > 0, "sense and forward have met");
  }

  const crash = () => ["--crash", live.places.crash];

  function walks(...args: string[]): TerminalPerson {
    const person = new TerminalPerson(["walktest", ...args, ...crash()]);
    people.push(person);
    return person;
  }

  async function introduces(person: TerminalPerson, thinksMs = 0): Promise<void> {
    await person.reads("Your name");
    await wait(thinksMs);
    await person.answers("Your name", "A. Engineer");
    await person.answers("Why", "commissioning");
  }

  const events = (kind: string): Printed[] =>
    live.receive?.printed.filter((line) => line.type === "event" && line.kind === kind) ?? [];
  const records = (sensor: string): Printed[] =>
    live.receive?.printed.filter((line) => line.type === "record" && line.sensor === sensor) ?? [];
  const isMarked = ({ flags }: Printed) => Array.isArray(flags) && flags.includes("calibration");

  async function aWindow(): Promise<void> {
    const before = records("gate").length;
    await until(() => records("gate").length > before, "another window");
  }

  /** Walks in and out twice, as seen by the sensor. */
  async function walksTwice(person: TerminalPerson): Promise<void> {
    await person.reads("Walk IN once");
    side.send(Buffer.from(linesOf(ELSEWHERE)));
    gate.send(Buffer.from(IN));
    await person.reads("counted: in 1, out 0");
    await live.receivesIn("side", ELSEWHERE - 100);
    person.types("");
    await person.reads("Now OUT");
    await until(() => records("gate").some(isMarked), "a marked window");
    gate.send(Buffer.from(OUT + IN + OUT));
    await person.reads("counted: in 2, out 2");
    person.types("");
    await person.answers("walk in", "2");
    await person.answers("walk out", "2");
  }

  it("P15 shows live counts of one sensor to a person at a terminal, marks its windows and tells the city", async () => {
    const piped = await telpost(["walktest", "gate", ...crash()]);
    expect(piped.err).toContain("walk.no_terminal");
    await aWindow();
    const person = walks("gate");
    // Longer than a connection may say nothing: whoever types is in no hurry.
    await introduces(person, 6_000);
    await walksTwice(person);
    await person.reads("good:");
    expect(await person.ended()).toBe(0);
    expect(person.screen).not.toContain(String(ELSEWHERE));
    await until(() => events("commissioning").length > 0, "the city hears how it came out");
    const [begun] = events("walk_test");
    const who = { sensor: "gate", operator: "A. Engineer", reason: "commissioning" };
    expect(begun).toMatchObject({ ...who, bytes: false });
    const [over] = events("commissioning");
    expect(over).toMatchObject({ sensor: "gate", line: "gate", how: "finished", verdict: ["good"] });
    expect(await recordOf(over)).toMatchObject({
      walked: { in: 2, out: 2 },
      bytes: false,
      began: begun?.at,
    });
    expect(Object.keys((await recordOf(over)) ?? {})).not.toContain("seen");
    expect(person.screen.replaceAll(/\s/g, "")).toContain(over?.record);
    await aWindow();
    await until(() => !isMarked(records("gate").at(-1) ?? {}), "a window without the mark");
    const marked = records("gate").filter(isMarked).length;
    expect(marked).toBeGreaterThanOrEqual(2);
    expect(isMarked(records("gate")[0] ?? {})).toBe(false);
    expect(records("side").filter(isMarked)).toEqual([]);
    expect([...sealed.values()].map(({ size }) => size)).toEqual([...sealed].map(() => 1));
    await isNeverStored();
    evidence(
      "P15",
      `A walk test at a real terminal: live counts of one sensor, none of ${ELSEWHERE} passages at another; ${marked} windows marked, events at start and end, a signed record without a count`,
    );
    await refusesAnother();
  });

  /** The signed record inside an event, opened with the public half of the gateway's key as the city does. */
  async function recordOf(line: Printed | undefined): Promise<ReadWalkRecord | null> {
    const [tenant, site, gateway] = GATEWAY.split("/");
    const { type: _, ...rest } = line ?? {};
    const event = eventMessageForReaders.parse({ schema: EVENT_SCHEMA, ...rest, tenant, site, gateway });
    if (event.kind !== "commissioning") throw new Error(`an event ${event.kind}`);
    const keys = [readPublicKey(live.path("gw07.public.jwk"), "Ed25519")];
    return openWalkRecord(event, makeRegistry([{ gateway: GATEWAY, keys }], []));
  }

  /** Neither the counts nor the conversation reach a file or a log. */
  async function isNeverStored(): Promise<void> {
    const files = ["runtime", "crash", "state"].flatMap((place) =>
      filesBelow(live.places[place as keyof typeof live.places]),
    );
    const texts = [...files.map((path) => readFileSync(path, "latin1")), ...live.said()];
    expect(texts.filter((text) => /counted: in|"say":|7B 22/.test(text))).toEqual([]);
  }

  /** Every field of both events and of the signed record, as the city sees them. */
  async function isReported(report: PrivacyReport): Promise<void> {
    const observed = new Observed();
    for (const line of [...events("walk_test"), ...events("commissioning")]) {
      const { type: _, ...event } = line;
      const record = line.kind === "commissioning" ? { record: await recordOf(line) } : {};
      observed.message(`telpost/v1/${GATEWAY}/event`, { ...event, ...record });
    }
    expect([...observed.topics.values()].flatMap((fields) => [...fields])).toContain("record.walked.in");
    expect(observed.missingIn(report)).toEqual([]);
  }

  async function refusesAnother(): Promise<void> {
    const next = walks("side");
    await introduces(next);
    await next.reads("walk.too_soon");
    expect(await next.ended()).not.toBe(0);
    const report = await telpost(["privacy-report", ...crash()]);
    expect(JSON.parse(report.out).walkTests).toBe(1);
    await isReported(JSON.parse(report.out));
  }

  it("P15 counts a walk test through kill -9 of both processes and a sense that starts from nothing", async () => {
    const person = walks("gate", "--bytes");
    await introduces(person);
    await person.reads("Walk IN once");
    await live.sense?.stop("SIGKILL");
    await live.forward?.stop("SIGKILL");
    await person.reads("walk.ended");
    expect(await person.ended()).not.toBe(0);
    await start();
    await until(() => events("commissioning").length > 0, "the city hears that it was interrupted");
    const [over] = events("commissioning");
    expect(over).toMatchObject({ how: "restarted", verdict: [] });
    expect(events("walk_test").map(({ bytes }) => bytes)).toEqual([true]);
    expect(await recordOf(over)).toMatchObject({ operator: "A. Engineer", how: "restarted", bytes: true });
    await live.sense?.stop("SIGKILL");
    rmSync(live.places.crash, { recursive: true });
    await startSense();
    const next = walks("gate");
    await introduces(next);
    await next.reads("walk.too_soon");
    expect(events("walk_test")).toHaveLength(1);
    evidence(
      "P15",
      "Both processes killed in the middle of a walk test, and sense started from nothing: it stays counted, and the signed record says that bytes were shown",
    );
  });

  it("P15 shows the bytes of that sensor when asked to, ends by itself when the terminal hangs up, and begins none without forward", async () => {
    await live.forward?.stop();
    const alone = walks("gate");
    await introduces(alone);
    await alone.reads("walk.no_forward");
    live.startForward();
    await until(() => (live.sense?.said("handover.connected").length ?? 0) > 1, "forward is back");
    const person = walks("gate", "--bytes");
    await introduces(person);
    await person.reads("Walk IN once");
    side.send(Buffer.from('{"in":5}\n'));
    gate.send(Buffer.from(IN));
    await person.reads("< 7B 22 69 6E 22 3A 31");
    await person.reads("counted: in 1, out 0");
    expect(person.screen).not.toContain("3A 35");
    person.hangsUp();
    await person.ended();
    await until(() => events("commissioning").length > 0, "the end is told");
    const [over] = events("commissioning");
    expect(over).toMatchObject({ how: "hung_up", verdict: [] });
    expect([events("walk_test")[0]?.bytes, (await recordOf(over))?.bytes]).toEqual([true, true]);
    await isNeverStored();
    evidence(
      "P15",
      "A walk test with bytes: those of its sensor, none of another; in no file and no log. Event and signed record say that they were shown",
    );
    await until(() => !isMarked(records("gate").at(-1) ?? {}), "a window without the mark");
  });
});
