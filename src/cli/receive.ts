import { SystemClock } from "../base/clock.ts";
import { TelpostError } from "../base/errors.ts";
import { jitterBelow } from "../base/random.ts";
import { MAPPING_NAMES, type Mapping, mappingOf } from "../city/mappings/mapping.ts";
import { runReceive } from "../city/receive.ts";
import { createLog } from "../ops/log.ts";
import { LEVEL_OPTION, levelOf } from "./levels.ts";
import { type Arguments, EXIT, textFlag, type Verb } from "./verb.ts";

const ZONE = "Europe/Amsterdam";

export const receive: Verb = {
  usage: "--site FILE [--ack] [--republish URL] [--as FORM] [--zone ZONE] [--log-level LEVEL]",
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
    as: {
      type: "string",
      value: "FORM",
      help: `print records only, as ${MAPPING_NAMES.join(", ")}; all else goes to standard error`,
    },
    zone: { type: "string", value: "ZONE", help: `time zone of --as csv (default ${ZONE})` },
    ...LEVEL_OPTION,
  },
  details: [
    "Prints one JSON object a line: records, gaps, events, alarms, births and deaths. The log goes to standard error.",
    "A message counts as handled when its lines were taken: a reader that dies gets it again, and never twice after.",
    "Gateways and keys that change in the site file, or in a file it names, count within seconds, without a restart.",
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
    "telpost receive --site site.yaml --as csv >> counts.csv",
    `telpost receive --site site.yaml | jq 'select(.type == "gap")'`,
  ],
  async run(args, io) {
    const mapping = mappingIn(args);
    const log = createLog({ process: "receive", level: levelOf(args), env: io.env });
    const republish = textFlag(args, "republish");
    await runReceive({
      siteFile: textFlag(args, "site") ?? "site.yaml",
      ack: args.flags.ack === true,
      ...(republish === undefined ? {} : { republish }),
      out: io.write,
      ...(mapping && { other: { mapping, aside: io.err } }),
      log,
      clock: new SystemClock(),
      jitterBelow,
      signal: io.signal,
    });
    log.flush();
    return EXIT.ok;
  },
};

/** @throws TelpostError usage.bad_arguments */
function mappingIn(args: Arguments): Mapping | undefined {
  const [form, zone] = [textFlag(args, "as"), textFlag(args, "zone") ?? ZONE];
  if (form === undefined) return undefined;
  const name = MAPPING_NAMES.find((one) => one === form);
  if (!name) throw new TelpostError("usage.bad_arguments", `--as takes ${MAPPING_NAMES.join(", ")}`);
  try {
    return mappingOf(name, zone);
  } catch (cause) {
    throw new TelpostError("usage.bad_arguments", `--zone ${zone}: there is no such time zone`, { cause });
  }
}
