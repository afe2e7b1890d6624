import type { ParseArgsConfig } from "node:util";

/** Exit codes of the command line; documented in `telpost help`. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  config: 3,
  notRunning: 4,
  takenBack: 5,
  stuck: 6,
  warning: 7,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export interface VerbOption {
  readonly type: "string" | "boolean";
  /** Shown in the help: what to write after the flag. */
  readonly value?: string;
  readonly help: string;
}

/** Where a verb writes, and what stops it. */
export interface Io {
  readonly out: (line: string) => void;
  /** Like `out`, and resolves when the line was taken: for verbs that must not run ahead of their reader. */
  readonly write: (line: string) => Promise<void>;
  readonly err: (line: string) => void;
  readonly env: NodeJS.ProcessEnv;
  /** Aborted by SIGINT, SIGTERM or SIGHUP. */
  readonly signal: AbortSignal;
}

export interface Arguments {
  readonly flags: Readonly<Record<string, string | boolean | undefined>>;
  readonly positionals: readonly string[];
}

/** One verb of the command line: what its help says and what it does. */
export interface Verb {
  /** What follows the verb, such as `--config FILE RECORDING`. */
  readonly usage: string;
  readonly options: Readonly<Record<string, VerbOption>>;
  readonly details?: string;
  readonly examples: readonly string[];
  /** How many words may follow that are no flags; default none. */
  readonly words?: number;
  run(args: Arguments, io: Io): Promise<ExitCode>;
}

/** A verb as the help lists it; its code is loaded only when it is used, so that sense never loads what forward needs. */
export interface ListedVerb {
  readonly name: string;
  readonly summary: string;
  load(): Promise<Verb>;
}

/** The value of a flag that must be given or has a default. */
export function textFlag(args: Arguments, name: string): string | undefined {
  const value = args.flags[name];
  return typeof value === "string" ? value : undefined;
}

/** The shape that node:util parseArgs wants. */
export function parseOptions(verb: Verb): NonNullable<ParseArgsConfig["options"]> {
  const options = Object.entries(verb.options).map(([name, { type }]) => [name, { type }] as const);
  return { ...Object.fromEntries(options), help: { type: "boolean", short: "h" } };
}
