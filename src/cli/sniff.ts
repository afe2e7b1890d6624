import { dirname, resolve } from "node:path";
import { SystemClock } from "../base/clock.ts";
import { TelpostError } from "../base/errors.ts";
import { nearest } from "../base/nearest.ts";
import { parseConfig } from "../config/parse.ts";
import { askControl } from "../ops/control.ts";
import type { SenseStatus } from "../sense/compose.ts";
import { lineSettings } from "../sense/line-settings.ts";
import { planOf } from "../sniff/plan.ts";
import { MOST_SNIFF_SECONDS, type Sniffed } from "../sniff/sniffed.ts";
import { sniffLines } from "../sniff/text.ts";
import { askOne } from "./asking.ts";
import { catalogFor } from "./catalog.ts";
import { CONFIG_OPTION, configFile, readConfigText } from "./files.ts";
import { PLACE_OPTIONS, placesOf, senseSocket } from "./places.ts";
import { probe } from "./probe.ts";
import { type Arguments, EXIT, type ExitCode, type Io, textFlag, type Verb } from "./verb.ts";

const DEFAULT_SECONDS = 10;
/** Beside the time that is listened. */
const ANSWER_MS = 5_000;

export const sniff: Verb = {
  usage: "SENSOR [--seconds N] [--json] [--config FILE] [--crash DIR]",
  options: {
    seconds: {
      type: "string",
      value: "N",
      help: `how long to listen (1 to ${MOST_SNIFF_SECONDS}; default ${DEFAULT_SECONDS})`,
    },
    json: { type: "boolean", help: "the findings as JSON" },
    ...CONFIG_OPTION,
    crash: PLACE_OPTIONS.crash,
  },
  details: [
    "For wiring trouble, while telpost counts on: whether the frames of a sensor come, how often, how they begin, where they",
    "break, and what became of what it was asked. Counts nothing and shows nothing of what frames say. Of a sensor whose",
    "frames may be passages nothing is told; telpost walktest SENSOR --bytes shows them. When telpost does not run, the port",
    "is free, and telpost probe listens to it instead. Exit code 0: its frames come; 1: they do not.",
  ].join("\n"),
  words: 1,
  examples: ["telpost sniff camera", "telpost sniff counter --seconds 60"],
  async run(args, io) {
    const [sensor] = args.positionals;
    if (sensor === undefined) throw new TelpostError("usage.bad_arguments", "say which sensor");
    const seconds = secondsIn(args);
    const socket = senseSocket(placesOf(args, io.env));
    const status = await askOne<SenseStatus>(socket, "status");
    if (!status) return probeInstead(sensor, { args, io });
    known(
      sensor,
      status.facts.map(({ id }) => id),
    );
    const clock = new SystemClock();
    const timeoutMs = seconds * 1000 + ANSWER_MS;
    const asked = { clock, timeoutMs, more: { sensor, seconds } };
    const sniffed = (await askControl(socket, "sniff", asked).catch((failure) => {
      throw about(sensor, failure);
    })) as Sniffed;
    if (args.flags.json) io.out(JSON.stringify(sniffed));
    else for (const line of sniffLines(sniffed)) io.out(line);
    return sniffed.hears === "frames" ? EXIT.ok : EXIT.failed;
  },
};

/** What sense refuses is about the sensor, not about its socket. */
function about(sensor: string, failure: unknown): unknown {
  if (!(failure instanceof TelpostError) || !failure.code.startsWith("sniff.")) return failure;
  return new TelpostError(failure.code, sensor);
}

/** Nobody holds the port: other baud rates can be tried. */
async function probeInstead(
  id: string,
  { args, io }: { readonly args: Arguments; readonly io: Io },
): Promise<ExitCode> {
  const file = configFile(args);
  const parsed = parseConfig(readConfigText(file), catalogFor(dirname(resolve(file))));
  if (!parsed.ok) throw new TelpostError("config.invalid", file);
  const { sensors } = parsed.value;
  known(
    id,
    sensors.map((one) => one.id),
  );
  const sensor = sensors.find((one) => one.id === id);
  const port = sensor && lineSettings(sensor)[0]?.[1].port;
  if (!sensor || !planOf(sensor) || port === undefined) throw new TelpostError("sniff.passages", id);
  const { config, json, seconds } = args.flags;
  if (!json) io.out("telpost-sense does not run, so the port is probed.");
  return probe.run({ flags: { config, json, seconds }, positionals: [port] }, io);
}

/** @throws TelpostError usage.bad_arguments */
function known(sensor: string, sensors: readonly string[]): void {
  if (sensors.includes(sensor)) return;
  const meant = nearest(sensor, sensors);
  const hint = meant ? `did you mean ${meant}?` : `there are ${sensors.join(", ")}`;
  throw new TelpostError("usage.bad_arguments", `there is no sensor "${sensor}"; ${hint}`);
}

/** @throws TelpostError usage.bad_arguments */
function secondsIn(args: Arguments): number {
  const text = textFlag(args, "seconds") ?? String(DEFAULT_SECONDS);
  const seconds = Number(text);
  if (/^\d{1,2}$/.test(text) && seconds >= 1 && seconds <= MOST_SNIFF_SECONDS) return seconds;
  throw new TelpostError(
    "usage.bad_arguments",
    `--seconds takes a whole number from 1 to ${MOST_SNIFF_SECONDS}`,
  );
}
