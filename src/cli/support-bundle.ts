import { hostname } from "node:os";
import { resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { SystemClock } from "../base/clock.ts";
import { wrapped } from "../base/wrapped.ts";
import type { Machine } from "../doctor/machine.ts";
import { thisMachine } from "../doctor/this-machine.ts";
import { askControl } from "../ops/control.ts";
import { ALL_PARTS } from "../support/all.ts";
import { type Bundle, collect } from "../support/collect.ts";
import type { About, Source } from "../support/part.ts";
import { OUTCOME_CODES } from "../update/outcome.ts";
import { readTrial } from "../update/safe.ts";
import type { Trial } from "../update/trial.ts";
import { patientOf } from "./doctor.ts";
import { CONFIG_OPTION } from "./files.ts";
import { forwardSocket, PLACE_OPTIONS, placesOf, SAFE_FOLDER, safeFolder, senseSocket } from "./places.ts";
import { callerOf, writeForCaller } from "./support-file.ts";
import { type Arguments, EXIT, type Io, textFlag, type Verb } from "./verb.ts";

export const supportBundle: Verb = {
  usage: "[--list|--out FILE] [--config FILE] [--runtime DIR] [--crash DIR] [--state DIR]",
  options: {
    list: { type: "boolean", help: "shows what would be in it and why; looks at nothing, writes nothing" },
    out: {
      type: "string",
      value: "FILE",
      help: "a new file (default telpost-support-GATEWAY-TIME.json.gz, in this folder)",
    },
    config: CONFIG_OPTION.config,
    ...PLACE_OPTIONS,
    safe: { type: "string", value: "DIR", help: `folder of the trials (default ${SAFE_FOLDER})` },
  },
  details: [
    "Makes one compressed file for whoever helps from afar. Works with telpost up, down or broken; takes at most 17 s.",
    "No file is copied into it: it holds only what is on a closed list, so no count, no position, no key and no text",
    "that somebody wrote. Its manifest says of each part what it is for, what was left out, what it names, and of one",
    "that could not be made why. As root (sudo) it has the log and the outbox, too. Read it with: zcat FILE | less",
  ].join("\n"),
  examples: [
    "telpost support-bundle",
    "telpost support-bundle --list",
    "telpost support-bundle --out /tmp/gw07.json.gz",
  ],
  async run(args, io) {
    if (args.flags.list) {
      for (const line of listLines(ALL_PARTS)) io.out(line);
      return EXIT.ok;
    }
    const bundle = await collect(ALL_PARTS, await sourceOf(args, io, ownMachine()));
    const file = resolve(textFlag(args, "out") ?? nameOf(bundle));
    const content = gzipSync(`${JSON.stringify(bundle, null, 1)}\n`);
    writeForCaller(file, content, callerOf(io.env));
    for (const line of doneLines(bundle, { file, bytes: content.length, env: io.env })) io.out(line);
    return EXIT.ok;
  },
};

const ASK_MS = 3_000;

function ownMachine(): Machine {
  const program = [...process.execArgv, process.argv[1] ?? ""];
  return thisMachine({ clock: new SystemClock(), program });
}

/** What the parts of this gateway are made from. */
export async function sourceOf(args: Arguments, io: Pick<Io, "env">, machine: Machine): Promise<Source> {
  const sockets = placesOf(args, io.env);
  const safe = safeFolder(args, io.env);
  return {
    patient: await patientOf(args, io),
    machine,
    trials: (["package", "configuration"] as const).flatMap((what) => trialOf(safe, what) ?? []),
    ask: (process, verb) => {
      const socket = process === "sense" ? senseSocket(sockets) : forwardSocket(sockets);
      return askControl(socket, verb, { clock: machine.clock, timeoutMs: ASK_MS });
    },
  };
}

function trialOf(safe: string, what: Trial["what"]): object | null {
  const trial = readTrial(safe, what);
  const outcome = trial?.outcome ?? null;
  return trial && { ...trial, code: outcome === null || outcome === "kept" ? null : OUTCOME_CODES[outcome] };
}

/** `telpost-support-gw07-20260718T140503Z.json.gz` */
function nameOf({ gateway, at }: Bundle): string {
  const id = gateway?.split("/").at(-1) ?? "unknown";
  return `telpost-support-${id}-${at.replaceAll(/[-:]|\.\d+/g, "")}.json.gz`;
}

const INDENT = " ".repeat(15);

/** What would be in a bundle, of each part why, what is left out, and what it names. */
function listLines(parts: readonly About[]): string[] {
  return parts.flatMap(({ name, why, leavesOut, names }) => [
    ...wrapped(`${name.padEnd(INDENT.length)}${why}`, INDENT),
    ...wrapped(`${INDENT}without: ${leavesOut}`, INDENT),
    ...(names.length > 0 ? wrapped(`${INDENT}names: ${names.join("; ")}`, INDENT) : []),
  ]);
}

interface Written {
  readonly file: string;
  readonly bytes: number;
  readonly env: NodeJS.ProcessEnv;
}

function doneLines({ gateway, manifest }: Bundle, { file, bytes, env }: Written): string[] {
  const missing = manifest.filter(({ code }) => code !== null);
  const user = env.SUDO_USER ?? env.USER ?? "USER";
  return [
    `${file}: ${Math.ceil(bytes / 1024)} KiB, ${manifest.length - missing.length} of ${manifest.length} parts`,
    ...missing.flatMap(({ name, code, what, cure }) =>
      wrapped(`without ${name.padEnd(INDENT.length)}${code}: ${what} ${cure}`, `        ${INDENT}`),
    ),
    ...wrapped(
      `It holds no count, no position and no key. It names ${gateway ?? "this gateway"}, its broker and its devices.`,
      "  ",
    ),
    `Get it:  scp ${user}@${hostname()}:${file} .`,
    "Read it: zcat FILE | less",
  ];
}
