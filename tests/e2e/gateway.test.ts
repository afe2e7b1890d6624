import { spawn } from "node:child_process";
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, beforeEach, expect, it } from "vitest";
import { issueClient, issueServer, makeAuthority } from "../kit/certificates.ts";
import { LiveGateway } from "../kit/live-gateway.ts";
import { type Mosquitto, startPlainMosquitto, startTlsMosquitto } from "../kit/mosquitto.ts";
import { describeWith } from "../kit/programs.ts";
import { FakeDevice } from "../kit/pty.ts";
import { until } from "../kit/until.ts";

/** Lab windows of two seconds without noise: what arrives can be compared with what was written. */
const LAB = "profile: lab, mechanism: none, reason: test, flow: { windowSeconds: 2 }";

const passage = (device: FakeDevice, line = '{"in":1}\n') => device.send(Buffer.from(line));

describeWith(
  ["mosquitto", "mosquitto_sub", "openssl"],
  "a gateway on a broker with TLS, client certificates and the shipped ACL",
  () => {
    let folder: string;
    let broker: Mosquitto;
    let live: LiveGateway;
    let device: FakeDevice;
    let certificates: { ca: string; cityCert: string; cityKey: string };

    beforeEach(async () => {
      folder = mkdtempSync(join(tmpdir(), "telpost-tls-"));
      const authority = makeAuthority(folder);
      broker = await startTlsMosquitto(authority, issueServer(folder, authority));
      const city = issueClient(folder, authority, "city-denhaag");
      certificates = { ca: authority.ca, cityCert: city.cert, cityKey: city.key };
      live = new LiveGateway();
      device = new FakeDevice();
      device.plug();
      const url = `url: "mqtts://localhost:${broker.port}", ca: ${authority.ca}`;
      await live.prepare({
        broker: `${url}, cert: ${live.path("gw.pem")}, key: ${live.path("gw.key")}`,
        cityBroker: `${url}, cert: ${city.cert}, key: ${city.key}`,
        privacy: LAB,
        sensors: [`id: gate-3, profile: generic-jsonl, port: ${device.link}`],
      });
      useCertificate(authority, "denhaag/scheveningen/gw07");
    });

    afterEach(async () => {
      await live.dispose();
      device.dispose();
      await broker.stop();
      rmSync(folder, { recursive: true });
    });

    function useCertificate(authority: { ca: string; caKey: string }, name: string): void {
      const { cert, key } = issueClient(folder, authority, name);
      copyFileSync(cert, live.path("gw.pem"));
      copyFileSync(key, live.path("gw.key"));
    }

    it("brings passages from a serial line to the city, and sealed bytes to whoever else listens", async () => {
      const { ca, cityCert, cityKey } = certificates;
      const where = [
        "-h",
        "localhost",
        "-p",
        String(broker.port),
        "--cafile",
        ca,
        "--cert",
        cityCert,
        "--key",
        cityKey,
      ];
      const listener = spawn("mosquitto_sub", [
        ...where,
        "-V",
        "5",
        "-t",
        "telpost/v1/denhaag/+/+/sealed",
        "-F",
        "%t %p",
      ]);
      let heard = "";
      listener.stdout.setEncoding("utf8").on("data", (text) => {
        heard += text;
      });
      try {
        const receive = live.startReceive();
        live.startForward();
        const sense = live.startSense();
        await until(() => sense.said("sensor.up").length > 0, "the sensor is up");
        for (let sent = 0; sent < 5; sent++) passage(device, '{"in":1,"out":2}\n');
        await live.receivesIn("gate-3", 5);
        expect(live.sum("gate-3")).toEqual({ in: 5, out: 10 });
        expect(receive.printed.filter(({ type }) => type === "alarm")).toEqual([]);
        await until(() => heard.includes("\n"), "a sealed message at mosquitto_sub");
      } finally {
        listener.kill();
      }
      const [topic, payload = ""] = heard.split("\n")[0]?.split(" ") ?? [];
      expect(topic).toBe("telpost/v1/denhaag/scheveningen/gw07/sealed");
      expect(payload).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
      for (const part of payload.split(".").slice(0, 2)) {
        expect(Buffer.from(part, "base64url").toString("latin1")).not.toContain("gate-3");
      }
    });

    it("says in one line that its certificate is not accepted, keeps everything, and delivers once it is", async () => {
      useCertificate(makeAuthority(folder, "foreign"), "denhaag/scheveningen/gw07");
      live.startReceive();
      const forward = live.startForward();
      const sense = live.startSense();
      await until(() => sense.said("sensor.up").length > 0, "the sensor is up");
      passage(device);
      await until(
        () => forward.said("uplink.waiting").some(({ code }) => code === "broker.tls_client"),
        "the refusal",
      );
      expect(forward.printed.filter(({ code }) => code === "broker.tls_client")).toHaveLength(1);
      useCertificate({ ca: certificates.ca, caKey: join(folder, "ca.key") }, "denhaag/scheveningen/gw07");
      passage(device);
      await live.receivesIn("gate-3", 2);
      expect(live.sum("gate-3")).toEqual({ in: 2, out: 0 });
    });

    it("says that its topic is denied when its certificate is another gateway's, and keeps every row", async () => {
      useCertificate({ ca: certificates.ca, caKey: join(folder, "ca.key") }, "denhaag/scheveningen/gw08");
      const forward = live.startForward();
      const sense = live.startSense();
      await until(() => sense.said("sensor.up").length > 0, "the sensor is up");
      passage(device);
      await until(() => forward.printed.some(({ code }) => code === "broker.denied"), "the denial");
      // Once for the birth, once for the connection that the broker then closes; never again for each attempt.
      const denials = forward.printed
        .filter(({ code }) => code === "broker.denied")
        .map(({ event }) => event);
      expect(denials).toEqual([...new Set(denials)]);
      useCertificate({ ca: certificates.ca, caKey: join(folder, "ca.key") }, "denhaag/scheveningen/gw07");
      live.startReceive();
      await broker.pause();
      await broker.resume();
      await live.receivesIn("gate-3", 1);
      expect(live.sum("gate-3")).toEqual({ in: 1, out: 0 });
    });
  },
);

describeWith(["mosquitto"], "a gateway whose parts die", () => {
  let broker: Mosquitto;
  let live: LiveGateway;
  let device: FakeDevice;

  beforeEach(async () => {
    broker = await startPlainMosquitto();
    live = new LiveGateway();
    device = new FakeDevice();
    device.plug();
    const url = `url: "mqtt://127.0.0.1:${broker.port}"`;
    await live.prepare({
      broker: url,
      cityBroker: url,
      privacy: LAB,
      sensors: [`id: gate-3, profile: generic-jsonl, port: ${device.link}`],
    });
  });

  afterEach(async () => {
    await live.dispose();
    device.dispose();
    await broker.stop();
  });

  it("delivers every passage once when forward, sense and the broker are killed in turn", async () => {
    live.startReceive();
    live.startForward();
    let sense = live.startSense();
    await until(() => sense.said("sensor.up").length > 0, "the sensor is up");
    passage(device);
    await live.receivesIn("gate-3", 1);
    await live.forward?.stop("SIGKILL");
    passage(device);
    live.startForward();
    await live.receivesIn("gate-3", 2);
    passage(device);
    // The terminal delivered the line before sense dies; the crash copy holds it from the turn that read it.
    // A window that ends at that moment has it already.
    const isRead = () => crashHolds(live, 1) || live.sum("gate-3").in === 3;
    await until(isRead, "the passage in the crash copy, or at the city");
    await sense.stop("SIGKILL");
    sense = live.startSense();
    await until(() => sense.said("sensor.up").length > 0, "the sensor is up again");
    expect(sense.said("crash.resumed")).toHaveLength(1);
    await live.receivesIn("gate-3", 3);
    await broker.kill();
    passage(device);
    await broker.resume();
    await live.receivesIn("gate-3", 4);
    expect(live.sum("gate-3")).toEqual({ in: 4, out: 0 });
    expect(live.receive?.printed.filter(({ type }) => type === "alarm")).toEqual([]);
  });

  it("counts while forward has never been there, and hands everything over when it comes", async () => {
    const sense = live.startSense();
    await until(() => sense.said("sensor.up").length > 0, "the sensor is up");
    passage(device);
    await until(() => readdirSync(join(live.places.crash, "unkept")).length > 1, "sealed windows wait");
    live.startForward();
    live.startReceive();
    await live.receivesIn("gate-3", 1);
    expect(live.sum("gate-3")).toEqual({ in: 1, out: 0 });
  });

  it("counts a running total on after a power cut, from the baseline in the outbox, and declares the gap", async () => {
    const url = `url: "mqtt://127.0.0.1:${broker.port}"`;
    const turnstile = `id: turnstile, profile: generic-jsonl, port: ${device.link}, sends: [totals]`;
    await live.dispose();
    live = new LiveGateway();
    await live.prepare({ broker: url, cityBroker: url, privacy: LAB, sensors: [turnstile] });
    live.startReceive();
    const forward = live.startForward();
    const sense = live.startSense();
    await until(
      () => sense.said("sensor.up").length > 0 && sense.said("handover.connected").length > 0,
      "started",
    );
    passage(device, '{"inTotal":100000}\n');
    passage(device, '{"inTotal":100010}\n');
    await live.receivesIn("turnstile", 10);
    const records = () => live.receive?.printed.filter(({ type }) => type === "record") ?? [];
    await until(() => records().length > 2, "a window later");
    await forward.stop("SIGKILL");
    await sense.stop("SIGKILL");
    rmSync(live.places.crash, { recursive: true });
    // Two windows in which nobody watches.
    await wait(4_500);
    live.startForward();
    const again = live.startSense();
    await until(() => again.said("sensor.up").length > 0, "up again");
    expect(again.said("crash.discarded")).toMatchObject([{ why: "absent" }]);
    passage(device, '{"inTotal":100025}\n');
    await live.receivesIn("turnstile", 25);
    expect(live.sum("turnstile")).toEqual({ in: 25, out: 0 });
    const caughtUp = records().find(({ value }) => value?.in === 15);
    expect(caughtUp).toMatchObject({ quality: "partial", flags: expect.arrayContaining(["catch_up"]) });
    const gaps = () =>
      live.receive?.printed.filter(({ kind, reason }) => kind === "gap" && reason === "power_cut");
    await until(() => (gaps()?.length ?? 0) > 0, "the declared gap");
  });

  it("ends cleanly on a signal, and leaves no row behind in the crash copy", async () => {
    const forward = live.startForward();
    const sense = live.startSense();
    await until(() => sense.said("handover.connected").length > 0, "the handover");
    await sense.stop();
    await forward.stop();
    expect([sense.child.exitCode, forward.child.exitCode]).toEqual([0, 0]);
    expect([sense.said("process.stopped").length, forward.said("process.stopped").length]).toEqual([1, 1]);
  });
});

/** The fast half of the crash copy shows an open window with so many passages. */
function crashHolds(live: LiveGateway, passages: number): boolean {
  return readFileSync(join(live.places.crash, "state"), "latin1").includes(`"in":${passages},`);
}
