import { createHash, randomInt } from "node:crypto";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openOutbox } from "../../src/forward/outbox/outbox.ts";
import type { Outbox } from "../../src/forward/ports.ts";
import { memoryCrashStore } from "../../src/sense/crash/crash-copy.ts";
import { NOON, SenseRig } from "../kit/core.ts";
import { LiveGateway } from "../kit/live-gateway.ts";
import { ALL, optionsFor } from "../kit/outbox-data.ts";
import { FakeDevice } from "../kit/pty.ts";
import { NOISED, replayConfig } from "../kit/replayed.ts";
import { type ScriptedBroker, startScriptedBroker } from "../kit/scripted-broker.ts";
import { openPart } from "../kit/sealed-message.ts";
import { until } from "../kit/until.ts";
import { evidence, FULL } from "./evidence.ts";

/** P5: noise is drawn once. Whatever dies, steps back or is restored, a window has one value for ever. */

const KILLS = FULL ? 20 : 2;
const LONG_MS = 600_000;
const MINUTE = 60_000;
const GATE = "id: gate, profile: generic-jsonl, port: /dev/gate";
const CAMERA = "id: cam, profile: generic-jsonl, port: /dev/cam, sends: [present]";
const YAML = replayConfig([GATE, CAMERA], NOISED);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync("/dev/shm/telpost-p05-");
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Every content under which a window was ever seen, by its end. */
class Windows {
  readonly #hashes = new Map<string, Set<string>>();

  saw(end: string | number, payload: string): void {
    const hashes = this.#hashes.get(String(end)) ?? new Set();
    hashes.add(createHash("sha256").update(payload).digest("hex"));
    this.#hashes.set(String(end), hashes);
  }

  has(end: string | number): boolean {
    return this.#hashes.has(String(end));
  }

  get count(): number {
    return this.#hashes.size;
  }

  /** Windows with more than one content. */
  get torn(): string[] {
    return [...this.#hashes].filter(([, hashes]) => hashes.size > 1).map(([end]) => end);
  }
}

it(
  `P5 sends one content a window to a broker that never acknowledges, through ${KILLS} kills of both processes`,
  async () => {
    const live = new LiveGateway();
    const device = new FakeDevice();
    const isSealed = (topic: string) => topic.endsWith("/sealed");
    let broker: ScriptedBroker | undefined;
    try {
      device.plug();
      broker = await startScriptedBroker({ publish: ({ topic }) => (isSealed(topic) ? "drop" : 0) });
      const { received, port } = broker;
      const url = `url: "mqtt://127.0.0.1:${port}"`;
      await live.prepare({
        broker: `${url}, inFlight: 1000`,
        cityBroker: url,
        privacy: "profile: lab, flow: { windowSeconds: 1 }",
        sensors: [`id: gate, profile: generic-jsonl, port: ${device.link}`],
      });
      const sealed = () => received.filter(({ topic }) => isSealed(topic));
      const windows = new Windows();
      const aNewWindow = () =>
        until(() => sealed().some(({ payload }) => !windows.has(openPart(payload).end)), "a new window");
      const look = () => {
        for (const { payload } of sealed()) windows.saw(openPart(payload).end, payload);
      };
      live.startForward();
      live.startSense();
      for (let kill = 0; kill < KILLS; kill++) {
        await aNewWindow();
        look();
        device.send(Buffer.from('{"in":3}\n'));
        // At any moment of a window: while it is open, closes, is drawn, sealed, handed over or sent.
        await wait(randomInt(1_000));
        const [first, second] = kill % 2 === 0 ? [live.sense, live.forward] : [live.forward, live.sense];
        await first?.stop("SIGKILL");
        await second?.stop("SIGKILL");
        live.startForward();
        live.startSense();
      }
      const lastKillMs = Date.now();
      // All that ever closed has come, the newest ones too.
      await until(
        () => sealed().some(({ payload }) => Date.parse(openPart(payload).end) > lastKillMs),
        "a newer window",
      );
      look();
      expect(sealed().length).toBeGreaterThan(windows.count);
      expect(windows.count).toBeGreaterThan(KILLS);
      expect(windows.torn).toEqual([]);
      evidence(
        "P5",
        `${KILLS} kills of both processes before a broker that never acknowledges: one content for each window, however often it was sent`,
      );
    } finally {
      await live.dispose();
      device.dispose();
      await broker?.stop();
    }
  },
  LONG_MS,
);

/** Hands over what sense has, and gives back what the outbox would send. */
function handOver(rig: SenseRig, outbox: Outbox, windows: Windows): void {
  for (const { message, baselines } of rig.core.sealing.unkept()) {
    outbox.append([{ type: "message", message, baselines }], rig.clock.realtime());
    rig.core.sealing.forget(message.epoch, message.seq);
  }
  for (const { stream, payload } of outbox.lease(ALL))
    if (stream === "sealed") windows.saw(openPart(payload).end, payload);
  outbox.releaseAll();
}

async function liveThrough(rig: SenseRig, minutes: number, then: () => void): Promise<void> {
  for (let minute = 0; minute < minutes; minute++) {
    rig.send("gate", '{"in":4}\n');
    await rig.advance(MINUTE);
    then();
  }
}

it("P5 gives no second value to a window when the clock is stepped back ten minutes", async () => {
  const rig = new SenseRig(YAML);
  const outbox = openOutbox(optionsFor(join(folder, "outbox.db"), { nowMs: NOON }));
  const windows = new Windows();
  const pass = (minutes: number) => liveThrough(rig, minutes, () => handOver(rig, outbox, windows));
  await pass(12);
  rig.clock.step(-10 * MINUTE);
  await pass(5);
  rig.kill();
  rig.start(YAML);
  await pass(10);
  expect(windows.torn).toEqual([]);
  expect(windows.count).toBeGreaterThanOrEqual(17);
  outbox.close();
  evidence("P5", "Clock stepped back 10 minutes, and sense killed in between: no window with a second value");
});

it("P5 lets no second value out when the clock is stepped back and sense has lost its memory", async () => {
  const rig = new SenseRig(YAML);
  const outbox = openOutbox(optionsFor(join(folder, "outbox.db"), { nowMs: NOON }));
  const windows = new Windows();
  const pass = (minutes: number) => liveThrough(rig, minutes, () => handOver(rig, outbox, windows));
  await pass(12);
  const { count } = windows;
  rig.kill();
  rig.crash = memoryCrashStore();
  rig.clock.step(-10 * MINUTE);
  rig.start(YAML);
  await pass(9);
  expect([windows.count, windows.torn]).toEqual([count, []]);
  const refused = outbox
    .lease(ALL)
    .filter(({ stream, payload }) => stream === "event" && payload.includes("conflict"));
  expect(refused.length).toBeGreaterThan(0);
  await pass(6);
  expect(windows.count).toBeGreaterThan(count);
  expect(windows.torn).toEqual([]);
  outbox.close();
});

it("P5 releases no window again from an old copy of the database", async () => {
  const rig = new SenseRig(YAML);
  const file = join(folder, "outbox.db");
  let outbox = openOutbox(optionsFor(file, { nowMs: NOON }));
  const windows = new Windows();
  const pass = (minutes: number) => liveThrough(rig, minutes, () => handOver(rig, outbox, windows));
  await pass(5);
  outbox.close();
  copyFileSync(file, join(folder, "copy.db"));
  outbox = openOutbox(optionsFor(file, { nowMs: rig.clock.realtime() }));
  await pass(5);
  outbox.close();
  copyFileSync(join(folder, "copy.db"), file);
  outbox = openOutbox(optionsFor(file, { nowMs: rig.clock.realtime() }));
  expect(outbox.stats().queued).toBeGreaterThan(0);
  await pass(5);
  expect(windows.torn).toEqual([]);
  expect(windows.count).toBe(15);
  outbox.close();
  evidence(
    "P5",
    "An old copy of the database restored under a running sense: its rows go out again with the same bytes, no closed window is released anew",
  );
});
