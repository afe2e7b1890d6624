import type { MqttClient } from "mqtt";
import { TelpostError } from "../base/errors.ts";
import { systemRandom } from "../base/random.ts";
import { COMMAND_SCHEMA, type Result, result } from "../contract/command.ts";
import type { CommandName } from "../model.ts";
import type { BrokerSettings } from "./broker-options.ts";
import { BrokerConnection, type ConnectionParts } from "./connection.ts";
import { topicsOf } from "./topics-of.ts";

export interface SendCommandOptions extends ConnectionParts {
  readonly broker: BrokerSettings;
  /** `tenant/site/gateway` */
  readonly gateway: string;
  readonly command: CommandName;
  /** How long to wait for the answer; the command expires at the broker then. */
  readonly timeoutMs: number;
  /** Gives up. */
  readonly signal: AbortSignal;
}

/** PUBACK "no matching subscribers" (MQTT 5, table 3-4): the gateway is not connected. Some brokers never say so. */
const NOBODY = 0x10;
const CORRELATION_BYTES = 16;

/**
 * Asks one gateway, and resolves with its answer, refusals included.
 * @throws TelpostError command.no_answer, or broker.denied when the broker does not let us ask or listen
 */
export async function sendCommand(options: SendCommandOptions): Promise<Result> {
  const { broker, clock, timeoutMs, signal } = options;
  const correlation = Buffer.from(systemRandom(CORRELATION_BYTES));
  // Its own name and no session: the reader goes on beside it, and others may ask at the same time.
  const clientId = `${broker.clientId}-${correlation.toString("hex").slice(0, 8)}`;
  const answered = Promise.withResolvers<Result>();
  const fail = (code: "command.no_answer" | "broker.denied", detail: string) =>
    answered.reject(new TelpostError(code, detail));
  const connection = new BrokerConnection({ ...broker, clientId, sessionExpirySeconds: 0 }, options, {
    up: (client) => ask(client, options, { correlation, answered: answered.resolve, fail }),
    down: () => {},
  });
  const timer = clock.after("command answer", timeoutMs, () =>
    fail("command.no_answer", `within ${timeoutMs / 1000} s`),
  );
  const stopped = () => fail("command.no_answer", "stopped");
  signal.addEventListener("abort", stopped, { once: true });
  connection.start();
  try {
    return await answered.promise;
  } finally {
    timer.cancel();
    signal.removeEventListener("abort", stopped);
    await connection.stop();
  }
}

interface Asking {
  readonly correlation: Buffer;
  readonly answered: (result: Result) => void;
  readonly fail: (code: "command.no_answer" | "broker.denied", detail: string) => void;
}

/** A connection that broke asks again on the next: by its correlation the gateway knows it, and does it once. */
function ask(client: MqttClient, options: SendCommandOptions, asking: Asking): void {
  const { gateway, command, timeoutMs } = options;
  const { cmd, res } = topicsOf(gateway);
  const responseTopic = `${res}/${command}`;
  listen(client, responseTopic, asking);
  const properties = {
    responseTopic,
    correlationData: asking.correlation,
    messageExpiryInterval: Math.ceil(timeoutMs / 1000),
  };
  const payload = JSON.stringify({ schema: COMMAND_SCHEMA, command });
  const five = client.options.protocolVersion === 5 ? { properties } : {};
  client.subscribe(responseTopic, { qos: 1 }, (error, granted) => {
    if (error || granted?.some(({ qos }) => qos > 2)) return asking.fail("broker.denied", responseTopic);
    client.publish(`${cmd}/${command}`, payload, { qos: 1, ...five }, (error) => {
      // Only a refusal has a code here; a lost connection is tried again.
      if (error && "code" in error && typeof error.code === "number")
        asking.fail("broker.denied", `${cmd}/${command}`);
    });
  });
}

function listen(client: MqttClient, topic: string, { correlation, answered, fail }: Asking): void {
  client.on("packetreceive", (packet) => {
    if (packet.cmd === "puback" && packet.reasonCode === NOBODY)
      fail("command.no_answer", "it is not connected to the broker");
  });
  client.on("message", (heard, payload, { properties }) => {
    // A gateway on MQTT 3.1.1 never saw the correlation data: its answer has none, and is the next one to come.
    const asked = properties?.correlationData;
    if (heard !== topic || (asked && !asked.equals(correlation))) return;
    const answer = resultIn(payload);
    if (answer) answered(answer);
  });
}

function resultIn(payload: Buffer): Result | null {
  try {
    return result.safeParse(JSON.parse(payload.toString("utf8"))).data ?? null;
  } catch {
    return null; // Not JSON.
  }
}
