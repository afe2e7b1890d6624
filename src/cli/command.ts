import { SystemClock } from "../base/clock.ts";
import { ERRORS } from "../base/error-table.ts";
import { TelpostError } from "../base/errors.ts";
import { jitterBelow } from "../base/random.ts";
import { sendCommand } from "../city/send-command.ts";
import { readSite } from "../city/site.ts";
import { isCommand } from "../contract/command.ts";
import { COMMANDS, type CommandName } from "../model.ts";
import { createLog } from "../ops/log.ts";
import { type Arguments, EXIT, type ExitCode, type Io, textFlag, type Verb } from "./verb.ts";

const DEFAULT_SECONDS = 30;
const MOST_SECONDS = 300;

export const command: Verb = {
  usage: `${COMMANDS.join("|")} --gateway NAME [--site FILE] [--timeout SECONDS]`,
  options: {
    gateway: { type: "string", value: "NAME", help: "which gateway, tenant/site/gateway" },
    site: { type: "string", value: "FILE", help: "the reader's site file (default site.yaml)" },
    timeout: {
      type: "string",
      value: "SECONDS",
      help: `how long to wait for the answer (default ${DEFAULT_SECONDS})`,
    },
  },
  details: [
    "health   its health message, as of now",
    "privacy  publishes its signed privacy report again, on the topic privacy",
    "doctor   what is wrong, as far as telpost-forward can see: check, state and code of each finding, without texts",
    "restart  ends both processes cleanly, and systemd starts them again; refused in their first ten minutes",
    "Prints the answer as one JSON object. The gateway declares every command as an event, what it refused too.",
    "Nothing that is asked this way shows a reading or changes a setting. Who may ask is decided by the broker's ACL.",
    "Exit code 0 when it was done, 1 when it was refused, 4 when no answer came.",
  ].join("\n"),
  words: 1,
  examples: [
    "telpost command health --site site.yaml --gateway denhaag/scheveningen/gw07",
    "telpost command restart --site site.yaml --gateway denhaag/scheveningen/gw07 --timeout 60",
  ],
  async run(args, io) {
    const name = nameIn(args);
    const timeoutMs = secondsIn(args) * 1000;
    const { broker, registry } = readSite(textFlag(args, "site") ?? "site.yaml");
    const gateway = textFlag(args, "gateway");
    if (gateway === undefined || !registry.gateways.has(gateway))
      throw new TelpostError(
        "usage.bad_arguments",
        `the site file has no gateway ${gateway ?? "without a name"}`,
      );
    const log = createLog({ process: "command", level: "warn", env: io.env });
    const parts = { clock: new SystemClock(), log, jitterBelow, signal: io.signal };
    try {
      return print(await sendCommand({ ...parts, broker, gateway, command: name, timeoutMs }), io);
    } catch (failure) {
      if (!(failure instanceof TelpostError) || failure.code !== "command.no_answer") throw failure;
      io.err(`${failure.code}: ${failure.message} ${failure.hint}`);
      return EXIT.notRunning;
    } finally {
      log.flush();
    }
  },
};

function print(answer: Awaited<ReturnType<typeof sendCommand>>, io: Io): ExitCode {
  io.out(JSON.stringify(answer));
  if (answer.outcome === "done") return EXIT.ok;
  // A later gateway may know codes that this table does not.
  const known = Object.entries(ERRORS).find(([code]) => code === answer.code)?.[1];
  io.err(`${answer.code}: ${known ? `${known.what} ${known.hint}` : "The gateway refused."}`);
  return EXIT.failed;
}

/** @throws TelpostError usage.bad_arguments */
function nameIn(args: Arguments): CommandName {
  const [name = ""] = args.positionals;
  if (!isCommand(name)) throw new TelpostError("usage.bad_arguments", `say ${COMMANDS.join(", ")}`);
  return name;
}

/** @throws TelpostError usage.bad_arguments */
function secondsIn(args: Arguments): number {
  const seconds = Number(textFlag(args, "timeout") ?? DEFAULT_SECONDS);
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > MOST_SECONDS)
    throw new TelpostError("usage.bad_arguments", `--timeout takes 1 to ${MOST_SECONDS}`);
  return seconds;
}
