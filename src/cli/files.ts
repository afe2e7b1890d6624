import { existsSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { TelpostError } from "../base/errors.ts";
import { chooseConfiguration } from "../config/last-good.ts";
import { configHash, type Problem, parseConfig, problemLine } from "../config/parse.ts";
import type { Config } from "../config/schema.ts";
import { readLastGood, takenBack } from "../update/safe.ts";
import { catalogFor } from "./catalog.ts";
import { type Arguments, EXIT, type ExitCode, type Io, textFlag, type VerbOption } from "./verb.ts";

export const CONFIG_OPTION = {
  config: { type: "string", value: "FILE", help: "the configuration (default /etc/telpost/telpost.yaml)" },
} as const satisfies Record<string, VerbOption>;

/** The configuration file of this call. */
export function configFile(args: Arguments): string {
  return textFlag(args, "config") ?? "/etc/telpost/telpost.yaml";
}

/** A configuration that was read and found good. */
export interface LoadedConfig {
  readonly config: Config;
  readonly file: string;
  readonly hash: string;
  /** Paths in the file are relative to this folder. */
  readonly folder: string;
}

export type Loaded =
  | { readonly ok: true; readonly value: LoadedConfig }
  | { readonly ok: false; readonly code: ExitCode };

/** Reads a configuration; every problem goes to `io.err`, one line each. */
export function loadConfig(file: string, io: Io): Loaded {
  const text = readConfigText(file);
  const folder = dirname(resolve(file));
  const parsed = parseConfig(text, catalogFor(folder));
  if (!parsed.ok) return refused(file, parsed.problems, io);
  return {
    ok: true,
    value: { config: parsed.value, file, hash: configHash(text), folder },
  };
}

/** A configuration to run with, and why it is not the administrator's (null when it is). */
export type LoadedToRun =
  | { readonly ok: true; readonly value: LoadedConfig & { readonly instead: string | null } }
  | { readonly ok: false; readonly code: ExitCode };

/**
 * Reads the configuration of a process: the administrator's, or the last good one of the folder `safe` where that cannot be
 * used. Every problem goes to `io.err` when there is neither.
 */
export function loadConfigToRun(file: string, safe: string | undefined, io: Io): LoadedToRun {
  const folder = dirname(resolve(file));
  const parsed = chooseConfiguration({
    text: readConfigText(file),
    devices: catalogFor(folder),
    good: safe === undefined ? null : readLastGood(safe),
    takenBack: safe === undefined ? null : takenBack(safe),
    exists: (path) => existsSync(resolve(folder, path)),
  });
  if (!parsed.ok) return refused(file, parsed.problems, io);
  return { ok: true, value: { ...parsed.value, file, folder } };
}

function refused(file: string, problems: readonly Problem[], io: Io): { ok: false; code: ExitCode } {
  for (const problem of problems) io.err(problemLine(file, problem));
  io.err(`${problems.length} problem${problems.length === 1 ? "" : "s"}; nothing was started.`);
  return { ok: false, code: EXIT.config };
}

/** @throws TelpostError config.unreadable */
export function readConfigText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new TelpostError("config.unreadable", `${file}: ${(cause as NodeJS.ErrnoException).code}`, {
      cause,
    });
  }
}
