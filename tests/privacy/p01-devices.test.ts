import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import mqtt from "mqtt";
import { afterEach, beforeEach, expect, it } from "vitest";
import { powered } from "../../src/simulators/catalog.ts";
import { modbusCounter } from "../../src/simulators/modbus-counter.ts";
import { frameOf, targetList } from "../../src/simulators/ti-frames.ts";
import { Boulevard, CHIRP, KINDS, type Kind, SCENES_MS } from "../e2e/devices-rig.ts";
import { LiveGateway } from "../kit/live-gateway.ts";
import { type Mosquitto, startPlainMosquitto } from "../kit/mosquitto.ts";
import { PROGRAM } from "../kit/program.ts";
import { describeWith } from "../kit/programs.ts";
import { SceneClock } from "../kit/scene-clock.ts";
import { textsBelow } from "../kit/texts.ts";
import { until } from "../kit/until.ts";

/** What devices say beside counts, as it would look when it is printed, and none of which may be found anywhere. */
const CANARIES = {
  trackId: "3735928559",
  trackIdHex: "deadbeef",
  position: "0.71357",
  heartRate: "heart-rate-71",
  image: "/9j/4AAQSkZJRgABAQEASABIAAD",
  mac: "8f:27:2e:b8:0f:65",
  password: "tulpen-boulevard-1953",
  boardId: "74ef8320-302e-5128-b490-11ecb955ce37",
  distance: "13.571913",
  energy: "27182818",
  speed: "7.1357913",
  time: "1780315200123",
  broken: "half-a-frame-of-nobody",
} as const;
/** A lifetime total of a device: the last one is in sense's own memory, which its crash copy on tmpfs is part of. */
const TOTAL = 1_987_654_321;

const bytes = (text: string) => Buffer.from(text, "latin1");
const target = { id: Number(CANARIES.trackId), x: Number(CANARIES.position), y: 1.1 };
const vitalSigns = bytes(CANARIES.heartRate.padEnd(136, "\0"));

/** What each says after whatever else it says. */
const BESIDE: Readonly<Record<string, Uint8Array>> = {
  "ti-40": frameOf(40, 7, [
    [1010, targetList([target])],
    [1040, vitalSigns],
  ]),
  "ti-48": frameOf(48, 7, [
    [7, targetList([target])],
    [1040, vitalSigns],
  ]),
  camera: bytes(
    [
      `\r{"type":0,"name":"WIFI","code":0,"data":{"password":"${CANARIES.password}","mac":"${CANARIES.mac}"}}\n`,
      `\r{"type":1,"name":"INVOKE","code":0,"data":{"boxes":[],"image":"${CANARIES.image}"}}\n`,
      `\r{"type":1,"name":"${CANARIES.broken}"\n`,
    ].join(""),
  ),
  presence: bytes(`$DFDMD,1,7,${CANARIES.distance},${CANARIES.position},${CANARIES.energy}, , *\r\n`),
  doppler: bytes(
    [
      `{"speed":${CANARIES.speed},"direction":"inbound","time":${CANARIES.time},"tick":135}\r\n`,
      `{"UID":"${CANARIES.boardId}"}\r\n`,
      `${CANARIES.broken}\r\n`,
    ].join(""),
  ),
  tracker: bytes(
    `{"tracks":[{"id":"${CANARIES.boardId}","x":${CANARIES.position},"y":1.1,"mac":"${CANARIES.mac}","class":"${CANARIES.broken}"}]}\n`,
  ),
  dcon: bytes(`>${CANARIES.broken}\r`),
};

const KINDS_HERE: readonly Kind[] = KINDS.filter(({ id }) => id in BESIDE || id === "modbus").map((kind) => {
  const totals = { in: TOTAL, out: TOTAL };
  const powerUp = powered(modbusCounter({ totals }));
  return kind.id === "modbus"
    ? { ...kind, powerUp, yaml: "profile: modbus-counter, firstRegister: 0" }
    : kind;
});

describeWith(["mosquitto"], "what devices say beside their counts", () => {
  let broker: Mosquitto;
  let live: LiveGateway;
  let boulevard: Boulevard;
  const clock = new SceneClock();

  beforeEach(async () => {
    broker = await startPlainMosquitto();
    live = new LiveGateway();
    boulevard = new Boulevard(clock, KINDS_HERE);
    const url = `url: "mqtt://127.0.0.1:${broker.port}"`;
    await live.prepare({
      broker: url,
      cityBroker: url,
      privacy: "profile: lab, mechanism: none, reason: test, flow: { windowSeconds: 2 }",
      sensors: boulevard.sensors.map(({ yaml }) => yaml),
    });
    writeFileSync(live.path("ti.cfg"), CHIRP);
  });

  afterEach(async () => {
    await live.dispose();
    boulevard.dispose();
    await broker.stop();
  });

  it("P1 is found in no file, log, status or message, not even at trace and after a kill", async () => {
    const { port } = broker;
    const client = mqtt.connect({ host: "127.0.0.1", port, protocol: "mqtt", protocolVersion: 5 });
    let traffic = "";
    client.on("message", (topic, payload) => {
      traffic += `${topic} ${payload.toString("latin1")}\n`;
    });
    await client.subscribeAsync("#");
    let status = "";
    try {
      live.startReceive();
      live.startForward("--log-level", "trace");
      const sense = live.startSense("--log-level", "trace");
      const watched = (id: string) =>
        live.receive?.printed.some(({ sensor, covered }) => sensor === id && Number(covered) > 0) ?? false;
      await until(() => ["modbus", "dcon", "doppler"].every(watched), "the polled ones answer");
      for (const { kind, plugged } of boulevard.sensors) {
        const beside = BESIDE[kind.id];
        if (beside) plugged.damage((said) => Buffer.concat([said, beside]));
      }
      clock.skipTo(SCENES_MS[0]);
      await live.receivesIn("modbus", 1);
      await live.receivesIn("doppler", 1);
      status = await statusOf(live);
      await sense.stop("SIGKILL");
      await live.forward?.stop("SIGKILL");
    } finally {
      await client.endAsync(true);
    }
    const camera = JSON.parse(status).sense.sensors.find(({ id }: { id: string }) => id === "camera");
    expect(camera, "the picture was noticed").toMatchObject({ code: "device.forbidden" });
    const everything = [traffic, status, ...live.said(), ...textsBelow(live.folder)];
    expect(everything.join("").length).toBeGreaterThan(10_000);
    for (const [name, canary] of Object.entries(CANARIES)) {
      expect([name, everything.filter((text) => text.includes(canary))]).toEqual([name, []]);
    }
    const outside = [traffic, status, ...live.said(), ...textsBelow(live.places.state)];
    const totals = Array.from({ length: 20 }, (_, passed) => String(TOTAL + passed));
    expect(totals.filter((total) => outside.some((text) => text.includes(total)))).toEqual([]);
  }, 600_000);
});

/** `telpost status --json`, as a technician sees it. */
function statusOf({ places }: LiveGateway): Promise<string> {
  const args = [PROGRAM, "status", "--json", "--runtime", places.runtime, "--crash", places.crash];
  return new Promise((resolve) => execFile(process.execPath, args, (_, out, err) => resolve(out + err)));
}
