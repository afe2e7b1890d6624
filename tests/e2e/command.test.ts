import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { readBootId, SystemClock, type Timer } from "../../src/base/clock.ts";
import { silentLog } from "../../src/base/log.ts";
import { parseConfig } from "../../src/config/parse.ts";
import { REMOTE_CHECKS } from "../../src/doctor/remote.ts";
import { type Forward, startForward } from "../../src/forward/compose.ts";
import { type Sense, startSense } from "../../src/sense/compose.ts";
import { type Authority, issueClient, issueServer, makeAuthority } from "../kit/certificates.ts";
import { shippedProfiles } from "../kit/devices.ts";
import { LiveGateway } from "../kit/live-gateway.ts";
import { type Mosquitto, startTlsMosquitto } from "../kit/mosquitto.ts";
import { describeWith } from "../kit/programs.ts";
import { FakeDevice } from "../kit/pty.ts";
import { telpost } from "../kit/telpost.ts";
import { until } from "../kit/until.ts";

const GATEWAY = "denhaag/scheveningen/gw07";
/** No test takes so long. */
const NEVER_MS = 3_000_000;

/** A busy machine may take its time: a check that is slow here is no finding. */
class PatientClock extends SystemClock {
  override after(name: string, ms: number, fn: () => void): Timer {
    return super.after(name, name.startsWith("doctor ") ? 10 * ms : ms, fn);
  }
}

describeWith(
  ["mosquitto", "openssl"],
  "what a city asks of a gateway, on a broker with the shipped ACL",
  () => {
    let folder: string;
    let authority: Authority;
    let broker: Mosquitto;
    let live: LiveGateway;
    const gate = new FakeDevice();
    const clock = new PatientClock();
    const ended: string[] = [];
    let sense: Sense | undefined;
    let forward: Forward | undefined;

    const brokerOf = (commonName: string) => {
      const { cert, key } = issueClient(folder, authority, commonName);
      return `url: "mqtts://127.0.0.1:${broker.port}", ca: ${authority.ca}, cert: ${cert}, key: ${key}`;
    };

    beforeEach(async () => {
      folder = mkdtempSync(join(tmpdir(), "telpost-command-"));
      authority = makeAuthority(folder);
      broker = await startTlsMosquitto(authority, issueServer(folder, authority));
      gate.plug();
      live = new LiveGateway();
      const city = brokerOf("city-denhaag");
      await live.prepare({
        broker: brokerOf(GATEWAY),
        cityBroker: city,
        privacy: "profile: lab, flow: { windowSeconds: 2 }",
        sensors: [`id: gate, profile: generic-jsonl, port: ${gate.link}`],
      });
      const site = readFileSync(live.path("site.yaml"), "utf8");
      writeFileSync(live.path("technician.yaml"), site.replace(city, brokerOf("technician-denhaag")));
    });

    afterEach(async () => {
      await sense?.stop();
      await forward?.stop();
      [sense, forward] = [undefined, undefined];
      ended.length = 0;
      gate.unplug();
      await live.dispose();
      await broker.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    /** Both processes, wired as they are, in this one. @param afterMs how long they must have run before a restart */
    async function start(afterMs: number): Promise<void> {
      const parsed = parseConfig(readFileSync(live.path("telpost.yaml"), "utf8"), shippedProfiles());
      if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
      const { runtime, crash, state } = live.places;
      const common = {
        ...{
          config: parsed.value,
          configFolder: live.folder,
          configHash: "abc",
          instead: null,
          clock,
          log: silentLog,
        },
        ...{
          handoverSocket: join(runtime, "handover.sock"),
          bootId: readBootId(),
          credentialsDirectory: undefined,
        },
      };
      const restart = (name: string) => ({ end: () => void ended.push(name), afterMs });
      forward = await startForward({
        ...common,
        controlSocket: join(runtime, "forward.sock"),
        outboxFile: join(state, "outbox.db"),
        restart: restart("forward"),
      });
      sense = await startSense({
        ...common,
        isolation: "none",
        controlSocket: join(crash, "sense.sock"),
        crashFolder: crash,
        restart: {
          afterMs,
          end: () => {
            ended.push("sense");
            void sense?.stop();
          },
        },
      });
      await until(() => forward?.status().uplink.state === "connected", "connected");
      await until(() => forward?.status().sense === "connected", "the two have met");
    }

    const ask = (name: string, site = "site.yaml", ...more: string[]) =>
      telpost(["command", name, "--site", live.path(site), "--gateway", GATEWAY, ...more]);

    it("is answered with health, and with nothing for who may not ask", async () => {
      await start(0);
      const [health, denied] = await Promise.all([ask("health"), ask("health", "technician.yaml")]);
      expect(health).toMatchObject({ code: 0, err: "" });
      expect(JSON.parse(health.out)).toMatchObject({
        ...{ schema: "telpost/result/1", command: "health", outcome: "done" },
        health: {
          schema: "telpost/health/1",
          sensors: [{ id: "gate", profile: "generic-jsonl" }],
          storage: null,
        },
      });
      expect(denied.code).toBe(1);
      expect(denied.err).toContain("broker.denied");
      expect(ended).toEqual([]);
    });

    it("is answered with what is wrong at the gateway, in codes", async () => {
      await start(0);
      gate.unplug();
      await until(() => sense?.status().sensors[0]?.code === "device.absent", "the sensor is away");
      const { code, out } = await ask("doctor");
      expect(code).toBe(0);
      const { doctor } = JSON.parse(out);
      expect(doctor.findings).toContainEqual({
        check: "sensors",
        state: "failed",
        code: "device.absent",
        subject: "sensor gate",
      });
      const byCheck = new Map(doctor.findings.map((one: { check: string }) => [one.check, one]));
      expect([...byCheck.keys()].sort()).toEqual(REMOTE_CHECKS.map(({ id }) => id).sort());
      // Whether anybody subscribes, which delivery depends on, is not said here.
      for (const check of ["configuration", "certificate", "name", "tcp", "queue"])
        expect(byCheck.get(check)).toEqual({ check, state: "ok", code: null, subject: null });
      // The certificates of these tests are good for a few days.
      expect(byCheck.get("tls")).toMatchObject({ state: "warning", code: "broker.tls_expiring" });
      expect(JSON.stringify(doctor)).not.toMatch(/\/|127\.0\.0\.1/);
    });

    it("is told that nothing reads the sensors, and nothing that only sense could know", async () => {
      await start(0);
      await sense?.stop();
      await until(() => forward?.status().sense === "absent", "sense has gone");
      const alone = JSON.parse((await ask("doctor")).out).doctor;
      expect(alone.findings[0]).toEqual({
        ...{ check: "processes", state: "failed", code: "usage.not_running", subject: null },
      });
      // Nobody else knows how the sensors are, and whether the clock is set.
      expect(alone.findings).toContainEqual({
        check: "sensors",
        state: "unknown",
        code: null,
        subject: null,
      });
      expect(alone.findings.map(({ check }: { check: string }) => check)).not.toContain("clock");
    });

    it("ends sense first, which hands over what it has, then forward; both go on where they were", async () => {
      await start(0);
      const before = sense?.status().epoch;
      expect(await ask("restart")).toMatchObject({ code: 0 });
      await until(() => ended.length === 2, "both were asked to end");
      expect(ended).toEqual(["sense", "forward"]);
      expect(forward?.status().sense).toBe("absent");
      await forward?.stop();
      await start(0);
      expect(sense?.status().epoch).toBe(before);
    });

    it("is refused a restart in the first minutes of the processes, and told so", async () => {
      await start(NEVER_MS);
      const refused = await ask("restart");
      expect(refused.code).toBe(1);
      expect(refused.err).toContain("command.too_often");
      expect(JSON.parse(refused.out)).toMatchObject({ outcome: "refused", code: "command.too_often" });
      expect(ended).toEqual([]);
    });

    it("hears at once that the gateway is away, and what is wrong with the asking", async () => {
      const [away, unknown, nobody, never] = await Promise.all([
        ask("health"),
        ask("export"),
        telpost(["command", "health", "--site", live.path("site.yaml"), "--gateway", "denhaag/x/y"]),
        ask("health", "site.yaml", "--timeout", "0"),
      ]);
      expect(away.code).toBe(4);
      expect(away.err).toContain("command.no_answer");
      expect(away.err).toContain("not connected");
      expect([unknown.code, nobody.code, never.code]).toEqual([2, 2, 2]);
    });
  },
);
