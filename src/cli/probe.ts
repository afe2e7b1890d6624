import { readdirSync, realpathSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { SystemClock } from "../base/clock.ts";
import { TelpostError } from "../base/errors.ts";
import { nearest } from "../base/nearest.ts";
import type { Profile } from "../config/profile.ts";
import { type Candidate, candidatesOf, keyOf, planOf } from "../probe/plan.ts";
import { reportOf } from "../probe/report.ts";
import { probePort } from "../probe/run.ts";
import { SCRIPTS } from "../probe/scripts.ts";
import { reportLines } from "../probe/text.ts";
import { readCatalog } from "./catalog.ts";
import { CONFIG_OPTION, configFile } from "./files.ts";
import { type Arguments, EXIT, textFlag, type Verb } from "./verb.ts";

const BY_ID = "/dev/serial/by-id";

export const probe: Verb = {
  usage: "[--ask] [--baud N] [--profile ID] [--seconds N] [--json] PORT",
  options: {
    ...CONFIG_OPTION,
    ask: { type: "boolean", help: "also ask: reads only; sets, clears, starts and stops nothing" },
    baud: { type: "string", value: "N", help: "try this baud rate only, with all profiles" },
    profile: { type: "string", value: "ID", help: "try this profile only" },
    seconds: { type: "string", value: "N", help: "how long to listen at each setting (default 3)" },
    json: { type: "boolean", help: "the report as JSON" },
  },
  details: [
    "Listens at the line settings of all profiles, the likely ones first, and says which profile fits.",
    "Without --ask nothing is written to the port. Shows how frames come, never what is in them.",
    "Exit codes: 0 a profile fits, 1 none does.",
  ].join("\n"),
  words: 1,
  examples: ["telpost probe /dev/ttyUSB0", "telpost probe --ask --baud 9600 /dev/ttyUSB0"],
  async run(args, io) {
    const [port] = args.positionals;
    if (!port) throw new TelpostError("usage.bad_arguments", "no port given, such as /dev/ttyUSB0");
    const wanted = wantedOf(args);
    const seconds = numberFlag(args, "seconds", { least: 0.2, most: 60 }) ?? 3;
    const baudRate = numberFlag(args, "baud", { least: 50, most: 4_000_000 });
    const asked = args.flags.ask === true;
    const { candidates } = wanted;
    if (!args.flags.json) {
      const times = planOf(candidates, baudRate).length;
      io.out(`Listening on ${port}: ${times} settings, ${seconds} s each.${asked ? " Asking too." : ""}`);
    }
    const probed = await probePort({
      ...wanted,
      port: resolve(port),
      listenMs: seconds * 1000,
      ask: asked,
      ...(baudRate !== undefined && { baudRate }),
      clock: new SystemClock(),
      signal: io.signal,
      onTry: (line) => (args.flags.json ? undefined : io.out(`  ${keyOf(line)}`)),
    });
    if (io.signal.aborted) {
      io.err("Stopped.");
      return EXIT.failed;
    }
    const report = reportOf(probed, { port, lasting: lastingName(port), asked, candidates });
    if (args.flags.json) io.out(JSON.stringify(report));
    else for (const line of reportLines(report)) io.out(line);
    return report.findings.some(({ fit }) => fit === "fits") ? EXIT.ok : EXIT.failed;
  },
};

/** What is tried: everything, or the one profile that was named. */
function wantedOf(args: Arguments) {
  const profiles = readCatalog(dirname(resolve(configFile(args))));
  const candidates = candidatesOf(profiles);
  const id = textFlag(args, "profile");
  if (id === undefined) return { candidates, scripts: SCRIPTS };
  const scripts = SCRIPTS.filter((one) => one === id);
  const one: readonly Candidate[] = candidates.filter(({ profile }) => profile.id === id);
  if (scripts.length + one.length === 0) throw noSuch(id, profiles, candidates);
  return { candidates: one, scripts };
}

function noSuch(id: string, profiles: readonly Profile[], candidates: readonly Candidate[]): TelpostError {
  if (profiles.some((profile) => profile.id === id))
    return new TelpostError("usage.bad_arguments", `${id} has no serial line`);
  const known = [...SCRIPTS, ...candidates.map(({ profile }) => profile.id)];
  const meant = nearest(id, known);
  return new TelpostError(
    "usage.bad_arguments",
    `there is no profile "${id}"${meant ? `; did you mean ${meant}?` : ""}`,
  );
}

function numberFlag(
  args: Arguments,
  name: string,
  { least, most }: { readonly least: number; readonly most: number },
): number | undefined {
  const text = textFlag(args, name);
  if (text === undefined) return undefined;
  const value = Number(text);
  const whole = name !== "baud" || Number.isInteger(value);
  if (/^\d+(\.\d+)?$/.test(text) && whole && value >= least && value <= most) return value;
  throw new TelpostError("usage.bad_arguments", `--${name} must be ${least} to ${most}`);
}

/** The link below /dev/serial/by-id that points at a port: its name stays when others are plugged in. */
export function lastingName(port: string, folder = BY_ID): string {
  try {
    const terminal = realpathSync(port);
    const link = readdirSync(folder).find((name) => realpathSync(join(folder, name)) === terminal);
    return link && !port.startsWith(folder) ? join(folder, link) : port;
  } catch {
    return port; // No such folder: nothing on USB, or another system.
  }
}
