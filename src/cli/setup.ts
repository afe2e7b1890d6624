import { dirname, resolve } from "node:path";
import { SystemClock } from "../base/clock.ts";
import { TelpostError } from "../base/errors.ts";
import { problemLine } from "../config/parse.ts";
import { type Answers, NO_ANSWERS, parseAnswers } from "../setup/answers.ts";
import { thisMachine } from "../setup/machine.ts";
import { runSetup } from "../setup/setup.ts";
import { atTerminal, unasked } from "../setup/terminal.ts";
import { keepLastGood } from "../update/run-trial.ts";
import { forgetTakenBack } from "../update/safe.ts";
import { askBoth } from "./asking.ts";
import { readCatalog } from "./catalog.ts";
import { CONFIG_OPTION, configFile, readConfigText } from "./files.ts";
import { PLACE_OPTIONS, placesOf, SAFE_FOLDER } from "./places.ts";
import { type Arguments, EXIT, textFlag, type Verb } from "./verb.ts";

export const setup: Verb = {
  usage: "[--config FILE] [--answers FILE] [--force] [--no-start] [--wait N] [--runtime DIR] [--crash DIR]",
  options: {
    ...CONFIG_OPTION,
    answers: { type: "string", value: "FILE", help: "answers instead of questions" },
    force: { type: "boolean", help: "replace a configuration that somebody wrote; a copy is kept" },
    "no-start": { type: "boolean", help: "start nothing; wait only for what runs already" },
    wait: {
      type: "string",
      value: "SECONDS",
      help: "for the first window (default two windows and a minute)",
    },
    runtime: PLACE_OPTIONS.runtime,
    crash: PLACE_OPTIONS.crash,
  },
  details: [
    "Finds ports, finds out which sensors are there, writes the configuration, makes the gateway's key, checks, starts,",
    "waits for the first window and prints what the city must register. It can be stopped and run again at any moment:",
    "a key is never overwritten, and a configuration that somebody wrote only with --force. Files of the city and of the",
    "broker that lie beside the answers file are put beside the configuration.",
    "Exit codes: 0 all done, 1 something failed or is missing, 3 the configuration or the answers have problems.",
  ].join("\n"),
  examples: ["telpost setup", "telpost setup --answers gw07.answers.yaml"],
  async run(args, io) {
    const file = configFile(args);
    const answers = answersOf(args);
    const [clock, { signal }] = [new SystemClock(), io];
    const profiles = readCatalog(dirname(resolve(file)));
    const places = placesOf(args, io.env);
    const status = () => askBoth(places);
    const machine = thisMachine({ file, profiles, clock, signal, status, onTry: io.out });
    const terminal = answers ? null : atTerminal(process.stdin, io.out, signal);
    const waitSeconds = secondsFlag(args);
    const installed = process.getuid?.() === 0 && textFlag(args, "config") === undefined;
    if (installed) forgetTakenBack(SAFE_FOLDER);
    const from = textFlag(args, "answers");
    const done = await runSetup({
      file,
      ...(from !== undefined && { from: dirname(resolve(from)) }),
      answers: answers ?? NO_ANSWERS,
      person: terminal ?? unasked(io.out),
      machine,
      profiles,
      clock,
      signal,
      force: args.flags.force === true,
      start: args.flags["no-start"] !== true,
      ...(waitSeconds !== undefined && { waitSeconds }),
    });
    terminal?.close();
    if (done && installed) keepLastGood({ safe: SAFE_FOLDER, configFile: file }, await askBoth(places));
    return done ? EXIT.ok : EXIT.failed;
  },
};

/** The answers file, its own paths made absolute. @throws TelpostError config.unreadable, config.invalid */
function answersOf(args: Arguments): Answers | null {
  const file = textFlag(args, "answers");
  if (file === undefined) return null;
  const parsed = parseAnswers(readConfigText(file));
  if (!parsed.ok) {
    const lines = parsed.problems.map((problem) => problemLine(file, problem));
    throw new TelpostError("config.invalid", lines.join("; "));
  }
  const { base } = parsed.value;
  return base === undefined ? parsed.value : { ...parsed.value, base: resolve(dirname(file), base) };
}

function secondsFlag(args: Arguments): number | undefined {
  const text = textFlag(args, "wait");
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text);
  throw new TelpostError("usage.bad_arguments", "--wait takes a whole number of seconds above 0");
}
