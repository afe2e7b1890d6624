import { execFile } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, it } from "vitest";
import { readBootId, SystemClock, type Timer } from "../../src/base/clock.ts";
import { silentLog } from "../../src/base/log.ts";
import { forwardSocket, handoverSocket, senseSocket } from "../../src/cli/places.ts";
import { configHash, parseConfig } from "../../src/config/parse.ts";
import { startForward } from "../../src/forward/compose.ts";
import { type Sense, startSense } from "../../src/sense/compose.ts";
import { FakeGpioChip } from "../kit/gpio-chip.ts";
import { LiveGateway } from "../kit/live-gateway.ts";
import { type Mosquitto, startPlainMosquitto } from "../kit/mosquitto.ts";
import { PROGRAM } from "../kit/program.ts";
import { describeWith } from "../kit/programs.ts";
import { FakeDevice } from "../kit/pty.ts";
import { aWhile, until } from "../kit/until.ts";
import { ERRORS, MadeMachine } from "../unit/platform/made-machine.ts";

/** A day, so that no window ends by itself. */
const WINDOW_SECONDS = 86_400;
const LAB = `profile: lab, mechanism: none, reason: test, flow: { windowSeconds: ${WINDOW_SECONDS} }`;
/** Ten times what one of these tests takes. */
const NEAR_MS = 100_000;
const [DOOR, MAINS, LIGHT] = [5, 13, 22];
const contacts = [
  `id: cabinet, use: door, gpio: { chip: fake, line: ${DOOR}, debounceMs: 0 }`,
  `id: mains, use: power-fail, gpio: { chip: fake, line: ${MAINS}, debounceMs: 0 }`,
  "id: float, use: water, gpio: { chip: elsewhere, line: 1 }",
];

/** What the program prints. Not at once: this process answers it. */
const ask = async (args: readonly string[]) =>
  (await promisify(execFile)(process.execPath, [PROGRAM, ...args])).stdout;

/** In a hurry where a light is waited for, and what is told for it. */
class HurriedClock extends SystemClock {
  override after(name: string, ms: number, fn: () => void): Timer {
    return super.after(name, ["light", "delivery state"].includes(name) ? ms / 20 : ms, fn);
  }
}

describeWith(["mosquitto"], "a gateway whose cabinet and supply are watched", () => {
  let broker: Mosquitto;
  let live: LiveGateway;
  let device: FakeDevice;
  let chip: FakeGpioChip;
  let machine: MadeMachine;
  const running: { stop(): Promise<void> }[] = [];

  beforeEach(async () => {
    // Not over the end of a day (UTC).
    const restMs = WINDOW_SECONDS * 1000 - (Date.now() % (WINDOW_SECONDS * 1000));
    if (restMs < NEAR_MS) await wait(restMs);
    broker = await startPlainMosquitto();
    [live, device, chip, machine] = [
      new LiveGateway(),
      new FakeDevice(),
      new FakeGpioChip(),
      new MadeMachine().makePi(),
    ];
    device.plug();
    chip.plug();
    const url = `url: "mqtt://127.0.0.1:${broker.port}"`;
    const sensors = [`id: gate-3, profile: generic-jsonl, port: ${device.link}`];
    const statusLight = `gpio: { chip: fake, line: ${LIGHT} }`;
    await live.prepare({ broker: url, cityBroker: url, privacy: LAB, sensors, contacts, statusLight });
  });

  afterEach(async () => {
    for (const one of running.splice(0).reverse()) await one.stop();
    await live.dispose();
    device.dispose();
    machine.dispose();
    await broker.stop();
  });

  /** What both processes are started with; only the chip and the machine are made. */
  function common() {
    const text = readFileSync(live.path("telpost.yaml"), "utf8");
    const parsed = parseConfig(text);
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    const { runtime, crash, state } = live.places;
    const places = { runtime, crash, state };
    const own = {
      config: parsed.value,
      configFolder: live.folder,
      configHash: configHash(text),
      instead: null,
    };
    const shared = { handoverSocket: handoverSocket(places), bootId: readBootId() };
    return { places, options: { ...own, ...shared, clock: new HurriedClock(), log: silentLog } };
  }

  async function sense(bootId?: string): Promise<Sense> {
    const { places, options } = common();
    const started = await startSense({
      ...options,
      ...(bootId && { bootId }),
      isolation: "none",
      controlSocket: senseSocket(places),
      crashFolder: places.crash,
      credentialsDirectory: undefined,
      requestGpio: chip.request,
      driveGpio: chip.drive,
      clockSynced: () => true,
    });
    running.push(started);
    await until(() => started.status().sensors[0]?.link === "up", "the sensor is up");
    await until(() => started.status().handover === "connected", "forward answers");
    return started;
  }

  async function forward() {
    const { places, options } = common();
    const started = await startForward({
      ...options,
      controlSocket: forwardSocket(places),
      outboxFile: `${places.state}/outbox.db`,
      platformRoot: machine.root,
    });
    running.push(started);
    return started;
  }

  const crashCopy = () => readFileSync(`${live.places.crash}/state`, "latin1");
  const received = (kind: string) =>
    live.receive?.printed.filter((line) => line.kind === kind || line.type === kind) ?? [];

  it("has what was counted in the outbox at once when the power fails, and gives no window a second value", async () => {
    live.startReceive();
    live.startForward();
    const first = await sense();
    device.send(Buffer.from('{"in":5}\n'));
    await until(() => crashCopy().includes('"in":5,'), "the passages are counted");
    await until(() => first.status().contacts[1]?.condition === "ok", "the contact is watched");
    const failed = process.hrtime.bigint();
    chip.set(MAINS, 1);
    const saved = () => first.status().sealed === 1 && first.status().unkept === 0;
    await until(saved, "the window is kept");
    const ms = Number(process.hrtime.bigint() - failed) / 1e6;
    console.log(`from the edge to the commit in the outbox, as sense hears of it: ${ms.toFixed(0)} ms`);
    await live.receivesIn("gate-3", 5);
    await until(() => received("gap").length > 0 && received("contact").length > 0, "the events");
    expect(received("record")).toMatchObject([{ quality: "partial", value: { in: 5, out: 0 } }]);
    expect(received("contact")).toMatchObject([{ id: "mains", use: "power-fail", state: "raised" }]);
    const [record] = received("record");
    expect(received("gap")[0]).toMatchObject({
      reason: "power_cut",
      windows: [{ seconds: WINDOW_SECONDS, to: record?.end }],
    });

    // The power is really cut: tmpfs is gone, and the gateway boots within the same window.
    await running.pop()?.stop();
    rmSync(live.places.crash, { recursive: true });
    chip.set(MAINS, 0);
    const second = await sense("00000000-0000-4000-8000-000000000000");
    device.send(Buffer.from('{"in":9}\n'));
    await aWhile();
    chip.set(MAINS, 1);
    await until(() => second.status().contacts[1]?.condition === "alarm", "it fails again");
    await until(() => received("contact").length === 2, "it is told again");
    await aWhile();
    expect([second.status().sealed, received("record").length]).toEqual([0, 1]);
    expect(received("alarm")).toEqual([]);
  });

  it("tells the city of an open door and a failing card, and its technician what to do", async () => {
    machine.write(ERRORS, "12");
    chip.set(DOOR, 1);
    live.startReceive();
    const own = await forward();
    const watching = await sense();
    await until(() => received("platform").length > 0 && received("contact").length > 0, "both events");
    expect(received("platform")).toMatchObject([{ what: "card_errors", state: "raised" }]);
    expect(received("contact")).toMatchObject([{ id: "cabinet", use: "door", state: "raised" }]);
    expect(received("alarm")).toEqual([]);
    expect(own.summary()).toContain("card errors");
    expect(watching.summary()).toContain("contact cabinet");
    const { runtime, crash } = live.places;
    const shown = await ask(["status", "--runtime", runtime, "--crash", crash]);
    // What is too long for 80 columns goes on below, behind nine spaces; a code stands on a line of its own.
    const said = shown.replaceAll(/\n {9}(?![a-z]+\.[a-z_]+:)/g, " ");
    expect(said).toMatch(/^contact {2}cabinet +alarm +door: The door of the cabinet is open\. Close it/m);
    expect(said).toMatch(/^contact {2}mains +ok +power-fail$/m);
    expect(said).toMatch(/^contact {2}float +unknown water: No GPIO chip/m);
    expect(said).toMatch(/^ +platform\.card_errors: A file system has recorded errors/m);
    expect(said).toMatch(
      /^machine +no trouble with under voltage, throttled, hot, card worn, disk full; not known here: read only$/m,
    );
  });

  it("shows on its light what to see to first, and says in words what it shows", async () => {
    const delivering = await forward();
    const watching = await sense();
    const shows = (sign: string) => until(() => watching.status().light?.sign === sign, `it shows ${sign}`);
    await shows("well");
    await broker.stop();
    await shows("broker");
    running.splice(running.indexOf(delivering), 1);
    await delivering.stop();
    await shows("forward");
    const { runtime, crash } = live.places;
    const asking = ask(["status", "--runtime", runtime, "--crash", crash]).catch(({ stdout }) => stdout);
    expect(await asking).toMatch(/^light {4}5 blinks: telpost-forward is away$/m);
    device.unplug();
    await shows("sensor");
    running.splice(running.indexOf(watching), 1);
    await watching.stop();
    expect([chip.driven(LIGHT), chip.held()]).toEqual([0, []]);
  });

  it("leaves a line to the contact that has it, and says why its light is dark", {}, async () => {
    const file = live.path("telpost.yaml");
    // The number and the name of one line: telpost check cannot know.
    const text = readFileSync(file, "utf8").replace(`line: ${DOOR}`, "line: 3");
    writeFileSync(file, text.replace(`line: ${LIGHT}`, `line: ${chip.lineName}`));
    await forward();
    const watching = await sense();
    await until(() => watching.status().contacts[0]?.condition === "ok", "the contact is watched");
    expect(watching.status().light).toEqual({ sign: null, code: "device.line_busy" });
  });
});
