import type { Socket } from "node:net";
import { constants } from "node:os";
import { parseArgs } from "node:util";
import { SystemClock } from "../base/clock.ts";
import { errorLine, TelpostError } from "../base/errors.ts";
import { nearest } from "../base/nearest.ts";
import { TOGETHER } from "../ops/isolation.ts";
import { VERSION } from "../ops/version.ts";
import { generalHelp, verbHelp } from "./help.ts";
import { EXIT, type ExitCode, type Io, type ListedVerb, parseOptions, type Verb } from "./verb.ts";

/** argv -> verb -> exit code. */
async function main(verbs: readonly ListedVerb[], argv: readonly string[], io: Io): Promise<ExitCode> {
  const [name = "help", ...rest] = argv;
  if (name === "help" || name === "--help" || name === "-h") return help(verbs, rest[0], io);
  if (name === "version" || name === "--version") {
    io.out(VERSION);
    return EXIT.ok;
  }
  const verb = verbs.find((one) => one.name === name);
  if (!verb) return unknownVerb(verbs, name, io);
  try {
    return await runVerb(verb, rest, io);
  } catch (failure) {
    if (!(failure instanceof TelpostError)) throw failure;
    io.err(errorLine(failure));
    return exitCodeOf(failure);
  }
}

function exitCodeOf({ code, kind }: TelpostError): ExitCode {
  if (code === "usage.not_running") return EXIT.notRunning;
  if (kind === "usage") return EXIT.usage;
  return kind === "config" ? EXIT.config : EXIT.failed;
}

async function runVerb(listed: ListedVerb, argv: string[], io: Io): Promise<ExitCode> {
  const verb = await listed.load();
  const parsed = parse(verb, argv);
  if (typeof parsed === "string") {
    io.err(`usage.bad_arguments: ${parsed} Run: telpost help ${listed.name}`);
    return EXIT.usage;
  }
  if (parsed.flags.help) {
    io.out(verbHelp(listed, verb));
    return EXIT.ok;
  }
  return verb.run(parsed, io);
}

function parse(verb: Verb, argv: string[]) {
  try {
    const { values, positionals } = parseArgs({
      args: argv,
      options: parseOptions(verb),
      allowPositionals: true,
    });
    const extra = positionals[verb.words ?? 0];
    if (extra !== undefined) return `Unexpected argument '${extra}'.`;
    return { flags: values as Record<string, string | boolean | undefined>, positionals };
  } catch (failure) {
    const message = failure instanceof Error ? (failure.message.split(". ")[0] ?? "") : "";
    const flag = /'-{0,2}([^' ]+)/.exec(message)?.[1];
    const hint = flag && nearest(flag, Object.keys(verb.options));
    return `${message}.${hint && hint !== flag ? ` Did you mean --${hint}?` : ""}`;
  }
}

async function help(verbs: readonly ListedVerb[], name: string | undefined, io: Io): Promise<ExitCode> {
  if (!name) {
    io.out(generalHelp(verbs, VERSION));
    return EXIT.ok;
  }
  const verb = verbs.find((one) => one.name === name);
  if (!verb) return unknownVerb(verbs, name, io);
  io.out(verbHelp(verb, await verb.load()));
  return EXIT.ok;
}

function unknownVerb(verbs: readonly ListedVerb[], name: string, io: Io): ExitCode {
  const hint = nearest(
    name,
    verbs.map((verb) => verb.name),
  );
  io.err(
    `usage.unknown_verb: There is no command "${name}".${hint ? ` Did you mean ${hint}?` : ""} Run: telpost help`,
  );
  return EXIT.usage;
}

/** npm and the terminal may both pass one Ctrl-C on: signals this close together are one. */
const ONE_SIGNAL_MS = 300;

/** The first signal asks for a clean stop, a second one ends the process at once. */
function stopSignal(): AbortSignal {
  const stop = new AbortController();
  const clock = new SystemClock();
  let firstMs = 0;
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(name, () => {
      const secondMs = clock.monotonic() - firstMs;
      if (stop.signal.aborted && secondMs >= ONE_SIGNAL_MS) process.exit(128 + constants.signals[name]);
      if (stop.signal.aborted) return;
      firstMs = clock.monotonic();
      stop.abort();
    });
  }
  // A child of `telpost run` ends with its parent, however that ended.
  if (process.env[TOGETHER]) (process.stdin.on("close", () => stop.abort()).resume() as Socket).unref();
  // The default of SIGUSR1 opens the inspector, through which all memory can be read (P16).
  process.on("SIGUSR1", () => {});
  return stop.signal;
}

/** Runs what the arguments of this process ask for, out of these verbs, and ends the process. */
export function runProgram(verbs: readonly ListedVerb[]): void {
  // A reader that went away (head, a closed SSH line) ends the output, not the program's dignity.
  process.stdout.on("error", () => process.exit(EXIT.failed));
  process.stderr.on("error", () => {});
  // Without a top-level await, which the CommonJS bundles of the package cannot hold.
  void main(verbs, process.argv.slice(2), {
    out: (line) => process.stdout.write(`${line}\n`),
    write: (line) => new Promise((resolve) => process.stdout.write(`${line}\n`, () => resolve())),
    err: (line) => process.stderr.write(`${line}\n`),
    env: process.env,
    signal: stopSignal(),
  }).then((code) => {
    // What could not be stopped in time must not keep a process alive that systemd believes to be gone.
    process.exit(code);
  });
}
