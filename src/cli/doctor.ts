import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { SystemClock } from "../base/clock.ts";
import { TelpostError } from "../base/errors.ts";
import { configHash, parseConfig, problemLine } from "../config/parse.ts";
import type { DoctorReport } from "../contract/doctor-report.ts";
import { ALL_CHECKS } from "../doctor/all.ts";
import type { Answer, Configuration, ForwardView, Patient, SenseView } from "../doctor/check.ts";
import { examine } from "../doctor/examine.ts";
import { doctorLines } from "../doctor/text.ts";
import { thisMachine } from "../doctor/this-machine.ts";
import { askControl } from "../ops/control.ts";
import { OUTCOME_CODES } from "../update/outcome.ts";
import { readTrial } from "../update/safe.ts";
import { catalogFor } from "./catalog.ts";
import { CONFIG_OPTION, configFile } from "./files.ts";
import { forwardSocket, PLACE_OPTIONS, placesOf, SAFE_FOLDER, safeFolder, senseSocket } from "./places.ts";
import { type Arguments, EXIT, type ExitCode, type Io, type Verb } from "./verb.ts";

export const doctor: Verb = {
  usage: "[--json] [--config FILE] [--runtime DIR] [--crash DIR] [--state DIR] [--safe DIR]",
  options: {
    json: { type: "boolean", help: "the report as one JSON object" },
    config: CONFIG_OPTION.config,
    ...PLACE_OPTIONS,
    safe: { type: "string", value: "DIR", help: `folder of the trials (default ${SAFE_FOLDER})` },
  },
  details: [
    "Works with telpost up, down or broken; takes at most 15 s; writes nothing. What is wrong",
    "comes first, with what to do; of two the cause before what follows from it. As root it also",
    "sees keys and logs in at the broker, beside telpost and without disturbing it. Shows nothing",
    "that depends on passages. A line that begins with ? could not be judged.",
    "Exit codes: 0 nothing wrong, 7 warnings only, 1 something failed.",
  ].join("\n"),
  examples: ["telpost doctor", "telpost doctor --json"],
  async run(args, io) {
    const clock = new SystemClock();
    const program = [...process.execArgv, process.argv[1] ?? ""];
    const patient = await patientOf(args, io);
    const report = await examine({ checks: ALL_CHECKS, patient, machine: thisMachine({ clock, program }) });
    if (args.flags.json) io.out(JSON.stringify(report));
    else for (const line of doctorLines(report)) io.out(line);
    return EXITS[report.state];
  },
};

const EXITS: Readonly<Record<DoctorReport["state"], ExitCode>> = {
  ok: EXIT.ok,
  warning: EXIT.warning,
  failed: EXIT.failed,
};

/** What is known of this gateway before it is examined. Never throws. */
export async function patientOf(args: Arguments, io: Pick<Io, "env">): Promise<Patient> {
  const places = placesOf(args, io.env);
  const [sense, forward] = await Promise.all([
    ask<SenseView>(senseSocket(places)),
    ask<ForwardView>(forwardSocket(places)),
  ]);
  const configuration = readConfiguration(configFile(args));
  return { configuration, places, sense, forward, trials: trialsOf(safeFolder(args, io.env)) };
}

const ASK_MS = 1_000;

async function ask<T>(socket: string): Promise<Answer<T>> {
  try {
    const options = { clock: new SystemClock(), timeoutMs: ASK_MS };
    return { answers: true, status: (await askControl(socket, "status", options)) as T };
  } catch (failure) {
    if (!(failure instanceof TelpostError)) throw failure;
    const { code } = failure;
    return { answers: false, code: code === "control.denied" ? code : "usage.not_running" };
  }
}

/** Never throws: a configuration that cannot be used is what a doctor is called for. */
export function readConfiguration(file: string): Configuration {
  const folder = dirname(resolve(file));
  const unusable = (
    code: "config.unreadable" | "config.invalid",
    problems: string[],
    hash: string | null,
  ) => {
    return { file, folder, config: null, hash, code, problems };
  };
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (failure) {
    return unusable("config.unreadable", [`${(failure as NodeJS.ErrnoException).code}: ${file}.`], null);
  }
  const hash = configHash(text);
  try {
    const parsed = parseConfig(text, catalogFor(folder));
    if (parsed.ok) return { file, folder, config: parsed.value, hash, code: null, problems: [] };
    return unusable(
      "config.invalid",
      parsed.problems.map((problem) => `${problemLine(file, problem)}.`),
      hash,
    );
  } catch (failure) {
    if (!(failure instanceof TelpostError)) throw failure;
    return unusable("config.invalid", [failure.detail], hash);
  }
}

function trialsOf(safe: string): Patient["trials"] {
  return (["package", "configuration"] as const).flatMap((what) => {
    const trial = readTrial(safe, what);
    if (trial?.step !== "done" || trial.outcome === null || trial.outcome === "kept") return [];
    return [{ code: OUTCOME_CODES[trial.outcome], why: trial.why ?? "" }];
  });
}
