import { copyFileSync, readFileSync, rmSync } from "node:fs";
import mqtt, { type MqttClient } from "mqtt";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { SenseStatus } from "../../src/sense/compose.ts";
import { LiveGateway, type Printed } from "../kit/live-gateway.ts";
import { type Mosquitto, startPlainMosquitto } from "../kit/mosquitto.ts";
import { describeWith } from "../kit/programs.ts";
import { FakeDevice } from "../kit/pty.ts";
import { openPart } from "../kit/sealed-message.ts";
import { telpost } from "../kit/telpost.ts";
import { until } from "../kit/until.ts";

const GATEWAY = "telpost/v1/denhaag/scheveningen/gw07";
const WINDOW_MS = 2_000;

describeWith(["mosquitto"], "city keys on the topic of a running gateway", () => {
  let broker: Mosquitto;
  let live: LiveGateway;
  let device: FakeDevice;
  let client: MqttClient;
  /** Thumbprints of the city keys that messages were sealed to, in the order of their coming. */
  const sealedTo: string[] = [];

  beforeEach(async () => {
    sealedTo.length = 0;
    broker = await startPlainMosquitto();
    live = new LiveGateway();
    device = new FakeDevice();
    device.plug();
    const url = `url: "mqtt://127.0.0.1:${broker.port}"`;
    await live.prepare({
      broker: url,
      cityBroker: url,
      privacy: "profile: lab, mechanism: none, reason: test, flow: { windowSeconds: 2 }",
      sensors: [`id: gate, profile: generic-jsonl, port: ${device.link}`],
    });
    // The gateway keeps its installed set; the city signs on from a copy.
    copyFileSync(live.path("city-keys.jws"), live.path("city/city-keys.jws"));
    client = mqtt.connect({ host: "127.0.0.1", port: broker.port, protocol: "mqtt", protocolVersion: 5 });
    client.on("message", (_topic, payload) => void sealedTo.push(openPart(payload.toString()).kid));
    await client.subscribeAsync(`${GATEWAY}/sealed`);
  });

  afterEach(async () => {
    await client.endAsync(true);
    await live.dispose();
    device.dispose();
    await broker.stop();
  });

  /** Runs `telpost keys` as the city. */
  async function keys(...args: string[]): Promise<string> {
    const set = ["--set", live.path("city/city-keys.jws")];
    const root = args[0] === "publish" ? "city-root.jwk" : "city/root-private.jwk";
    const ended = await telpost(["keys", ...args, ...set, "--root", live.path(root)]);
    expect(ended).toMatchObject({ code: 0 });
    return ended.out.trim();
  }

  const makeKey = () => keys("city", "--lab", "--ring", live.path("city-private.jwks"));
  const publish = () => keys("publish", "--site", live.path("site.yaml"));
  const sealsTo = (kid: string) => until(() => sealedTo.at(-1) === kid, `messages are sealed to ${kid}`);
  const records = (): Printed[] => live.receive?.printed.filter(({ type }) => type === "record") ?? [];
  const keyEvents = () =>
    live.receive?.printed.filter(({ type, kind }) => type === "event" && kind === "key") ?? [];

  /** It answers to who asks for its status. */
  const isReady = () => until(() => (live.sense?.said("process.ready").length ?? 0) > 0, "sense is ready");

  async function senseStatus(): Promise<SenseStatus | null> {
    const { runtime, crash } = live.places;
    const { out } = await telpost(["status", "--json", "--runtime", runtime, "--crash", crash]);
    return (JSON.parse(out) as { sense: SenseStatus | null }).sense;
  }

  /** The reader learns new keys of the ring at its start. */
  async function restartReader(): Promise<void> {
    const before = live.receive?.printed ?? [];
    await live.receive?.stop();
    live.startReceive().printed.unshift(...before);
  }

  async function start(): Promise<void> {
    live.startForward();
    live.startSense();
    await until(() => (live.sense?.said("handover.connected").length ?? 0) > 0, "sense and forward talk");
  }

  it("rotate without a gap, end at once when revoked, and are remembered without disk, crash copy and broker", async () => {
    live.startReceive();
    await start();
    await until(() => records().length > 0, "the first record");
    const first = sealedTo[0] ?? "";

    const second = await makeKey();
    await restartReader();
    expect(await publish()).toMatch(/lies on the topic keys of 1 gateway/);
    await sealsTo(second);
    expect(new Set(sealedTo)).toEqual(new Set([first, second]));

    // Killed: the crash copy knows the set. Booted, without a broker: forward gives it back.
    await live.sense?.stop("SIGKILL");
    live.startSense();
    await until(() => (live.sense?.said("crash.resumed").length ?? 0) > 0, "sense goes on");
    await isReady();
    expect((await senseStatus())?.cityKey).toBe(second);
    await live.sense?.stop();
    await live.forward?.stop();
    await broker.pause();
    rmSync(live.places.crash, { recursive: true });
    await start();
    await until(() => (live.sense?.said("keys.accepted").length ?? 0) > 0, "the set comes from forward");
    await isReady();
    expect((await senseStatus())?.cityKey).toBe(second);
    await broker.resume();
    await until(() => (live.forward?.said("uplink.connected").length ?? 0) > 0, "the broker is back");

    // Revoked: the earlier key serves again, and when that is revoked too, none does.
    await client.reconnect();
    await keys("revoke", `--kid=${second}`);
    await publish();
    await sealsTo(first);
    await keys("revoke", `--kid=${first}`);
    await publish();
    await until(() => (live.sense?.said("window.held").length ?? 0) > 0, "nothing is sealed any more");
    expect((await senseStatus())?.cityKey).toBeNull();
    const sealed = sealedTo.length;

    const third = await makeKey();
    await restartReader();
    await publish();
    await sealsTo(third);
    expect(sealedTo.slice(sealed).filter((kid) => kid !== third)).toEqual([]);
    await until(() => keyEvents().some(({ change }) => change === "none_usable"), "the city was told");

    // Every window from the last start on: those that waited for a key came too.
    await until(() => gapsIn(records()).length <= 2, "the held windows come");
    expect(live.receive?.printed.filter(({ type }) => type === "alarm")).toEqual([]);
  });

  it("that are older, contradict or are forged change nothing and are declared", async () => {
    live.startReceive();
    await start();
    await until(() => records().length > 0, "the first record");
    const old = readFileSync(live.path("city/city-keys.jws"), "utf8");
    const second = await makeKey();
    await publish();
    await sealsTo(second);
    const [header, payload, signature = ""] = readFileSync(live.path("city/city-keys.jws"), "utf8").split(
      ".",
    );
    const forged = `${header}.${payload}.${signature.replace(/^./, (letter) => (letter === "A" ? "B" : "A"))}`;
    const refused = () => keyEvents().filter(({ change }) => change === "refused").length;
    const replay = (text: string) => client.publishAsync(`${GATEWAY}/keys`, text, { qos: 1, retain: true });
    await replay(old);
    await until(() => refused() === 1, "the old set is declared");
    for (const text of ["\u0000".repeat(60_000), "not a key set", forged]) await replay(text);
    await until(() => refused() === 2, "the forged set is declared");
    expect(live.forward?.said("keys.refused").map(({ code }) => code)).toEqual([
      "key.invalid",
      "key.invalid",
    ]);
    await restartReader();
    const count = sealedTo.length;
    await until(() => sealedTo.length > count + 1, "sealing goes on");
    expect(sealedTo.at(-1)).toBe(second);
    expect((await senseStatus())?.cityKey).toBe(second);
  });
});

/** Ends of windows behind which the next one is missing. */
function gapsIn(records: readonly Printed[]): string[] {
  const ends = [...new Set(records.map(({ end = "" }) => end))].sort();
  return ends.filter((end, at) => {
    const next = ends[at + 1];
    return next !== undefined && Date.parse(next) - Date.parse(end) !== WINDOW_MS;
  });
}
