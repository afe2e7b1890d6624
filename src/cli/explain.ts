import { dirname, resolve } from "node:path";
import { SystemClock } from "../base/clock.ts";
import { ERRORS } from "../base/error-table.ts";
import { isErrorCode, TelpostError } from "../base/errors.ts";
import { nearest } from "../base/nearest.ts";
import { factsOf, type SensorFacts } from "../config/facts.ts";
import { parseConfig } from "../config/parse.ts";
import { explainCode } from "../explain/code.ts";
import { readInstant, type WindowQuery } from "../explain/query.ts";
import { explainSensor } from "../explain/sensor.ts";
import { explainWindow } from "../explain/window.ts";
import type { ToldWindows } from "../forward/diary.ts";
import type { SenseStatus } from "../sense/compose.ts";
import type { SealedWindows } from "../sense/diary.ts";
import { askBoth, askOne } from "./asking.ts";
import { catalogFor } from "./catalog.ts";
import { CONFIG_OPTION, configFile, readConfigText } from "./files.ts";
import { forwardSocket, PLACE_OPTIONS, placesOf, senseSocket } from "./places.ts";
import { type Arguments, EXIT, type Io, textFlag, type Verb } from "./verb.ts";

export const explain: Verb = {
  usage: "WINDOW|SENSOR|CODE | --seq N [--epoch E]  [--runtime DIR] [--crash DIR]",
  options: {
    seq: { type: "string", value: "N", help: "a window by the number of its message" },
    epoch: { type: "string", value: "E", help: "of this epoch (default: the one that runs)" },
    ...CONFIG_OPTION,
    runtime: PLACE_OPTIONS.runtime,
    crash: PLACE_OPTIONS.crash,
  },
  details: [
    "WINDOW is the end of one, UTC, such as 2026-07-18T14:05Z, or 14:05 for the last such time: who watched, how the",
    "clock stood, when it was made, kept, sent and proven. SENSOR is an id of telpost.yaml: where it is, how it does, what",
    "its silence means. CODE is an error code: cause, consequence, cure. Shows nothing that depends on passages.",
  ].join("\n"),
  words: 1,
  examples: ["telpost explain 2026-07-18T14:05Z", "telpost explain gate", "telpost explain device.silent"],
  async run(args, io) {
    for (const line of await linesFor(args, io)) io.out(line);
    return EXIT.ok;
  },
};

async function linesFor(args: Arguments, io: Io): Promise<string[]> {
  const [subject] = args.positionals;
  const nowMs = new SystemClock().realtime();
  const seq = numberOf(args);
  if (seq !== undefined) return window({ seq, epoch: textFlag(args, "epoch") }, { args, io, nowMs });
  if (subject === undefined)
    throw new TelpostError("usage.bad_arguments", "no window, sensor or error code given");
  if (isErrorCode(subject)) return explainCode(subject);
  const endMs = readInstant(subject, nowMs);
  if (endMs !== undefined) return window({ endMs }, { args, io, nowMs });
  return sensor(subject, { args, io, nowMs });
}

interface Call {
  readonly args: Arguments;
  readonly io: Io;
  readonly nowMs: number;
}

async function window(query: WindowQuery, { args, io, nowMs }: Call): Promise<string[]> {
  const places = placesOf(args, io.env);
  const { sense, forward } = await askBoth(places);
  const sealed = sense && (await askOne<SealedWindows[]>(senseSocket(places), "windows"));
  const passed = forward && (await askOne<ToldWindows[]>(forwardSocket(places), "windows"));
  return explainWindow(query, {
    sense: sense && { status: whole(sense), sealed: sealed ?? [] },
    forward: forward && { status: forward, passed: passed ?? [] },
    nowMs,
  });
}

/** During an update sense may be of the release before, which does not tell all of it. */
function whole(sense: SenseStatus): SenseStatus {
  return { ...sense, facts: sense.facts ?? [], sealedLast: sense.sealedLast ?? [] };
}

async function sensor(id: string, { args, io }: Call): Promise<string[]> {
  const { sense } = await askBoth(placesOf(args, io.env));
  const all = sense?.facts ?? factsOfFile(args);
  const facts = all.find((one) => one.id === id);
  if (!facts) throw noSuch(id, all);
  return explainSensor({ facts, ...stateOf(id, sense) });
}

function stateOf(id: string, sense: SenseStatus | null) {
  const state = sense?.sensors.find((one) => one.id === id) ?? null;
  return { state, sealedLast: sense?.sealedLast ?? [] };
}

/** From the configuration while telpost-sense does not run; none when that cannot be used. */
function factsOfFile(args: Arguments): SensorFacts[] {
  try {
    const file = configFile(args);
    const parsed = parseConfig(readConfigText(file), catalogFor(dirname(resolve(file))));
    return parsed.ok ? parsed.value.sensors.map((one) => factsOf(one, parsed.value.privacy)) : [];
  } catch (failure) {
    if (failure instanceof TelpostError) return [];
    throw failure;
  }
}

function noSuch(subject: string, sensors: readonly SensorFacts[]): TelpostError {
  const meant = nearest(subject, [...sensors.map(({ id }) => id), ...Object.keys(ERRORS)]);
  const hint = meant ? `; did you mean ${meant}?` : "";
  return new TelpostError("usage.bad_arguments", `"${subject}" is no window, sensor or error code${hint}`);
}

function numberOf(args: Arguments): number | undefined {
  const text = textFlag(args, "seq");
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw new TelpostError("usage.bad_arguments", "--seq wants a whole number");
  return Number(text);
}
