import { SystemClock } from "../base/clock.ts";
import { jitterBelow } from "../base/random.ts";
import { runReceive } from "../city/receive.ts";
import { createLog } from "../ops/log.ts";
import { LEVEL_OPTION, levelOf } from "./levels.ts";
import { EXIT, textFlag, type Verb } from "./verb.ts";

export const receive: Verb = {
  usage: "--site FILE [--ack] [--republish URL] [--log-level LEVEL]",
  options: {
    site: {
      type: "string",
      value: "FILE",
      help: "the site file: broker, city keys, gateways (default site.yaml)",
    },
    ack: {
      type: "boolean",
      help: "acknowledge to the gateways what was handled (needed with broker.ack: city)",
    },
    republish: { type: "string", value: "URL", help: "put records as JSON on the city's own broker too" },
    ...LEVEL_OPTION,
  },
  details: [
    "Prints one JSON object a line: records, gaps, events, alarms, births and deaths. The log goes to standard error.",
    "A message counts as handled when its lines were taken: a reader that dies gets it again, and never twice after.",
    "site.yaml:",
    "  broker: { url: mqtts://mqtt.city.example:8883, ca: ca.pem, cert: city.pem, key: city.key }",
    "  tenant: denhaag",
    "  keys: city-private.jwks",
    "  gateways:",
    "    - { id: denhaag/scheveningen/gw07, key: gw07.public.jwk }",
    "  memory: seen.sqlite",
  ].join("\n"),
  examples: [
    "telpost receive --site site.yaml",
    "telpost receive --site site.yaml --ack --republish mqtt://127.0.0.1:1883",
    `telpost receive --site site.yaml | jq 'select(.type == "gap")'`,
  ],
  async run(args, io) {
    const log = createLog({ process: "receive", level: levelOf(args), env: io.env });
    const republish = textFlag(args, "republish");
    await runReceive({
      siteFile: textFlag(args, "site") ?? "site.yaml",
      ack: args.flags.ack === true,
      ...(republish === undefined ? {} : { republish }),
      out: io.write,
      log,
      clock: new SystemClock(),
      jitterBelow,
      signal: io.signal,
    });
    log.flush();
    return EXIT.ok;
  },
};
