import mqtt from "mqtt";
import { report, Stopwatch } from "../kit/stopwatch.ts";

/** `publish PORT COUNT BYTES IN_FLIGHT`: bare MQTT.js, QoS 1 on MQTT 5, packets as the uplink sends them. */
const [, , port = "0", count = "0", bytes = "0", inFlight = "1"] = process.argv;
const total = Number(count);
const payload = "x".repeat(Number(bytes));
/** What the uplink sets on a row of the backlog. */
const properties = {
  contentType: "application/jose",
  messageExpiryInterval: 2_592_000,
  userProperties: { late: "true" },
};
const client = mqtt.connect({
  host: "127.0.0.1",
  port: Number(port),
  protocol: "mqtt",
  protocolVersion: 5,
  clientId: "bare",
  reconnectPeriod: 0,
});

let sent = 0;
let acknowledged = 0;
let watch: Stopwatch | undefined;

function next(): void {
  if (sent >= total) return;
  sent++;
  client.publish("telpost/v1/denhaag/scheveningen/gw07/sealed", payload, { qos: 1, properties }, (error) => {
    if (error) throw error;
    if (++acknowledged < total) return next();
    if (watch) report(watch.read(total));
    client.end(true, {}, () => process.exit(0));
  });
}

client.on("error", (error) => {
  throw error;
});
client.on("connect", () => {
  watch = new Stopwatch();
  for (let n = 0; n < Number(inFlight); n++) next();
});
