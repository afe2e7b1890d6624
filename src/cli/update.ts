import { existsSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { readBootId, SystemClock } from "../base/clock.ts";
import { TelpostError } from "../base/errors.ts";
import { parseConfig } from "../config/parse.ts";
import { createLog } from "../ops/log.ts";
import { follow } from "../update/follow.ts";
import { thisMachine } from "../update/machine.ts";
import { OUTCOME_CODES, trialLines } from "../update/outcome.ts";
import { type PrepareOptions, prepareConfiguration, preparePackage } from "../update/prepare.ts";
import { runTrial } from "../update/run-trial.ts";
import { openTrial, readTrial } from "../update/safe.ts";
import type { Trial } from "../update/trial.ts";
import { startJudge, thisWorkshop } from "../update/workshop.ts";
import { askBoth } from "./asking.ts";
import { catalogFor } from "./catalog.ts";
import { CONFIG_OPTION, configFile } from "./files.ts";
import { placesOf, SAFE_FOLDER } from "./places.ts";
import { type Arguments, EXIT, type ExitCode, type Io, type Verb } from "./verb.ts";

export const update: Verb = {
  usage: "FILE.deb|--apt|--configuration|--status [--downgrade] [--again] [--no-wait]",
  options: {
    apt: { type: "boolean", help: "the newest release of the city's Debian repository" },
    configuration: { type: "boolean", help: "try telpost.yaml as it is now; activate does so" },
    status: { type: "boolean", help: "how the last trials ended, or how the present one stands" },
    downgrade: { type: "boolean", help: "an older release is meant" },
    again: { type: "boolean", help: "try a package that was taken back once more" },
    "no-wait": { type: "boolean", help: "do not stay until it is decided" },
    judge: { type: "boolean", help: "for telpost-trial.service: go on with the trial that was begun" },
    config: CONFIG_OPTION.config,
  },
  details: [
    "FILE.deb needs FILE.deb.sig beside it, signed by the key in /etc/telpost/release-key.jwk. What is new is on trial",
    "until a window came with it, at most two windows and a minute; otherwise what was there before comes back, once, by",
    "itself. The trial goes on without this command, and after a power cut. Run it as root on the gateway.",
    "Exit codes: 0 kept, 1 or 2 refused or not proven, 5 taken back, 6 going back did not help.",
  ].join("\n"),
  words: 1,
  examples: ["telpost update ./telpost_0.2.0_arm64.deb", "telpost update --apt", "telpost update --status"],
  async run(args, io) {
    if (args.flags.status) return tellStatus(io);
    if (args.flags.judge) return goOn(args, io);
    const [file = null] = args.positionals;
    const wanted = [file, args.flags.apt, args.flags.configuration].filter(Boolean);
    if (wanted.length !== 1)
      throw new TelpostError("usage.bad_arguments", "say FILE.deb, --apt, --configuration or --status");
    const options = prepareOptions(args, io);
    const [downgrade, again] = [args.flags.downgrade === true, args.flags.again === true];
    const trial = args.flags.configuration
      ? await prepareConfiguration(options)
      : await preparePackage({ file, downgrade, again }, options);
    await startJudge();
    return args.flags["no-wait"] ? EXIT.ok : followed(trial, io);
  },
};

function tellStatus(io: Io): ExitCode {
  const trials = [readTrial(SAFE_FOLDER, "package"), readTrial(SAFE_FOLDER, "configuration")];
  const lines = trials.flatMap((trial) => (trial ? trialLines(trial) : []));
  for (const line of lines) io.out(line);
  if (lines.length === 0) io.out("Nothing was tried yet.");
  return EXIT.ok;
}

/** What telpost-trial.service runs, with the program from before the trial. */
async function goOn(args: Arguments, io: Io): Promise<ExitCode> {
  // A decided one may still have files to tidy.
  const trial = openTrial(SAFE_FOLDER) ?? readTrial(SAFE_FOLDER, "package");
  if (trial) {
    const log = createLog({ process: "update", env: io.env });
    const { machine, clock, safe, bootId } = prepareOptions(args, io);
    const common = { machine, clock, safe, bootId, signal: io.signal };
    const left = await runTrial(trial, { ...common, log, configFile: configFile(args) });
    log.flush();
    if (left.step !== "done") return EXIT.ok;
  }
  await thisWorkshop.disarm();
  return EXIT.ok;
}

async function followed({ what }: Trial, io: Io): Promise<ExitCode> {
  const [clock, { signal }] = [new SystemClock(), io];
  const trial = await follow({ what, safe: SAFE_FOLDER, workshop: thisWorkshop, clock, signal, say: io.out });
  if (!trial) {
    io.out("The trial goes on. See how it ends with: telpost update --status");
    return EXIT.ok;
  }
  const { outcome, why, to } = trial;
  if (outcome === null || outcome === "kept") {
    io.out(what === "package" ? `Done: telpost ${to} is kept.` : "Done: this configuration is kept.");
    return EXIT.ok;
  }
  const { code, message, hint } = new TelpostError(OUTCOME_CODES[outcome], why ?? "");
  io.err(`${code}: ${message} ${hint}`);
  return outcome === "returned" ? EXIT.takenBack : outcome === "stuck" ? EXIT.stuck : EXIT.failed;
}

function prepareOptions(args: Arguments, io: Io): PrepareOptions {
  const [clock, { signal }] = [new SystemClock(), io];
  const places = placesOf(args, io.env);
  return {
    machine: thisMachine({ clock, signal, status: () => askBoth(places) }),
    workshop: thisWorkshop,
    safe: SAFE_FOLDER,
    clock,
    bootId: readBootId(),
    configuration: configurationOf(configFile(args)),
    say: io.out,
  };
}

/** Null when there is none, or one with problems: they are told by whoever starts with it. */
function configurationOf(file: string): PrepareOptions["configuration"] {
  if (!existsSync(file)) return null;
  const text = readFileSync(file, "utf8");
  const parsed = parseConfig(text, catalogFor(dirname(resolve(file))));
  return parsed.ok ? { file, text, config: parsed.value } : null;
}
