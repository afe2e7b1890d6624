import mqtt from "mqtt";
import { afterEach, beforeEach, expect, it } from "vitest";
import { LiveGateway } from "../kit/live-gateway.ts";
import { type Mosquitto, startPlainMosquitto } from "../kit/mosquitto.ts";
import { describeWith } from "../kit/programs.ts";
import { FakeDevice } from "../kit/pty.ts";
import { textsBelow } from "../kit/texts.ts";
import { until } from "../kit/until.ts";

/** What a camera script might print beside what is asked for, and none of which may be found anywhere. */
const CANARIES = {
  track: "74ef8320-302e-5128-b490-11ecb955ce37",
  mac: "8f:27:2e:b8:0f:65",
  stamp: "1780315200123",
  image: "/9j/4AAQSkZJRgABAQEASABIAAD",
  x: "0.7135791",
};

const frame = (y: number): string =>
  `${JSON.stringify({
    tracks: [{ id: CANARIES.track, x: Number(CANARIES.x), y, mac: CANARIES.mac }],
    at: Number(CANARIES.stamp),
    image: CANARIES.image,
  })}\n`;

describeWith(["mosquitto"], "what a camera script prints beside the positions that are asked for", () => {
  let broker: Mosquitto;
  let live: LiveGateway;
  let device: FakeDevice;

  beforeEach(async () => {
    broker = await startPlainMosquitto();
    live = new LiveGateway();
    device = new FakeDevice();
    device.plug();
    const url = `url: "mqtt://127.0.0.1:${broker.port}"`;
    const line = "{ id: exit, from: [-5, 0], to: [5, 0], in: left }";
    await live.prepare({
      broker: url,
      cityBroker: url,
      privacy: "profile: lab, mechanism: none, reason: test, flow: { windowSeconds: 2 }",
      sensors: [
        `id: camera, profile: generic-jsonl, port: ${device.link}, sends: [tracks], lines: [${line}]`,
      ],
    });
  });

  afterEach(async () => {
    await live.dispose();
    device.dispose();
    await broker.stop();
  });

  it("is found in no file, log, status or message, not even at trace and after a kill", async () => {
    const client = mqtt.connect({
      host: "127.0.0.1",
      port: broker.port,
      protocol: "mqtt",
      protocolVersion: 5,
    });
    let traffic = "";
    client.on("message", (topic, payload) => {
      traffic += `${topic} ${payload.toString("latin1")}\n`;
    });
    await client.subscribeAsync("#");
    try {
      live.startReceive();
      live.startForward("--log-level", "trace");
      const sense = live.startSense("--log-level", "trace");
      await until(() => sense.said("sensor.up").length > 0, "the camera is up");
      for (let step = 0; step <= 20; step++) device.send(Buffer.from(frame(-1 + step / 10)));
      await live.receivesIn("exit", 1);
      // Half a line, so that a frame is in memory when the process dies.
      device.send(Buffer.from(frame(0.5).slice(0, -20)));
      await sense.stop("SIGKILL");
      await live.forward?.stop("SIGKILL");
    } finally {
      await client.endAsync(true);
    }
    const everything = [traffic, ...live.said(), ...textsBelow(live.folder)];
    expect(everything.length).toBeGreaterThan(10);
    expect(everything.join("").length).toBeGreaterThan(2_000);
    for (const [name, canary] of Object.entries(CANARIES)) {
      expect([name, everything.filter((text) => text.includes(canary))]).toEqual([name, []]);
    }
  }, 90_000);
});
