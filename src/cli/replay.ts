import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { TelpostError } from "../base/errors.ts";
import { makeRegistry } from "../city/keys.ts";
import { openSealed } from "../city/open.ts";
import { makeCityKey, makeGatewayKey } from "../keys/make.ts";
import type { SealedMessage } from "../model.ts";
import { type RecordedEvent, recordedEvent, replay as replayRecording } from "../sense/replay.ts";
import { CONFIG_OPTION, configFile, loadConfig } from "./files.ts";
import { EXIT, type Io, type Verb } from "./verb.ts";

export const replay: Verb = {
  usage: "--config FILE [--sealed] RECORDING",
  options: {
    ...CONFIG_OPTION,
    sealed: { type: "boolean", help: "print the sealed messages instead of the records" },
  },
  details: [
    "RECORDING is NDJSON, one event a line, ordered by time; - reads standard input:",
    '  {"t":"2026-06-01T12:00:00.520Z","sensor":"gate-3","text":"{\\"in\\":1}\\n"}',
    '  {"t":"2026-06-01T12:00:00.960Z","sensor":"radar-1","hex":"aaff0300"}',
    '  {"t":"2026-06-01T12:00:01.000Z","sensor":"door-a","line":"a","level":1}',
    '  {"t":"2026-06-01T12:00:02.000Z","sensor":"door-a","levels":{"a":1,"b":0}}  (its lines were opened, and stood so)',
    "It runs through the production path on a virtual clock and is sealed to a throw-away city key; what the city's",
    "reader opens is printed, one record a line. There is no switch against the noise: exact output needs",
    "privacy.mechanism: none in the configuration, which every message shows. Diagnostics go to standard error.",
  ].join("\n"),
  words: 1,
  examples: [
    "telpost replay --config telpost.yaml week.ndjson",
    "telpost replay --config telpost.yaml --sealed - < week.ndjson",
  ],
  async run(args, io) {
    const [recording] = args.positionals;
    if (!recording) throw new TelpostError("usage.bad_arguments", "no recording given");
    const loaded = loadConfig(configFile(args), io);
    if (!loaded.ok) return loaded.code;
    const { config } = loaded.value;
    const gatewayKey = makeGatewayKey();
    const cityKey = makeCityKey();
    const gateway = `${config.gateway.tenant}/${config.gateway.site}/${config.gateway.id}`;
    const registry = makeRegistry([{ gateway, keys: [gatewayKey] }], [cityKey]);
    const onSealed = async (message: SealedMessage) => {
      if (args.flags.sealed) return io.out(JSON.stringify(message));
      const opened = await openSealed(message.jws, gateway, registry);
      if (!opened.ok) throw new Error(`the city refused a message: ${opened.refusal}`);
      for (const record of opened.windows.records)
        io.out(JSON.stringify({ end: opened.windows.end, ...record }));
    };
    const recipient = { kid: cityKey.kid, key: cityKey.publicKey };
    const sensors = new Set(config.sensors.map(({ id }) => id));
    const result = await replayRecording(readEvents(recording, sensors, io), {
      config,
      gatewayKey,
      recipient,
      onSealed,
    });
    for (const [sensor, troubles] of result.troubles) {
      const text = [...troubles].map(([kind, count]) => `${count} ${kind}`).join(", ");
      if (text) io.err(`${sensor}: ${text}`);
    }
    for (const event of result.events) io.err(JSON.stringify(event));
    return EXIT.ok;
  },
};

/** The events of a recording; a line that does not fit ends the replay with its number. */
async function* readEvents(
  file: string,
  sensors: ReadonlySet<string>,
  io: Io,
): AsyncGenerator<RecordedEvent> {
  const input = file === "-" ? process.stdin : createReadStream(file);
  const unknown = new Set<string>();
  let number = 0;
  let last = Number.NEGATIVE_INFINITY;
  try {
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      number += 1;
      if (line.trim() === "") continue;
      const event = parseEvent(line);
      if (!event) throw new TelpostError("replay.unreadable", `${file}:${number} is not an event`);
      const atMs = Date.parse(event.t);
      if (atMs < last) throw new TelpostError("replay.unreadable", `${file}:${number} goes back in time`);
      last = atMs;
      if (!sensors.has(event.sensor) && !unknown.has(event.sensor))
        io.err(`${file}:${number}: no sensor ${event.sensor} in the configuration; its events are left out.`);
      if (sensors.has(event.sensor)) yield event;
      else unknown.add(event.sensor);
    }
  } catch (failure) {
    const code = (failure as NodeJS.ErrnoException).code;
    if (failure instanceof TelpostError || !code) throw failure;
    throw new TelpostError("replay.unreadable", `${file}: ${code}`, { cause: failure });
  }
}

function parseEvent(line: string): RecordedEvent | undefined {
  try {
    const result = recordedEvent.safeParse(JSON.parse(line));
    return result.success ? result.data : undefined;
  } catch {
    return undefined;
  }
}
