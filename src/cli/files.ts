import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { TelpostError } from "../base/errors.ts";
import { configHash, parseConfig, problemLine } from "../config/parse.ts";
import type { Config } from "../config/schema.ts";
import { readCatalog } from "./catalog.ts";
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
  const parsed = parseConfig(text, readCatalog(folder));
  if (!parsed.ok) {
    for (const problem of parsed.problems) io.err(problemLine(file, problem));
    io.err(
      `${parsed.problems.length} problem${parsed.problems.length === 1 ? "" : "s"}; nothing was started.`,
    );
    return { ok: false, code: EXIT.config };
  }
  return {
    ok: true,
    value: { config: parsed.value, file, hash: configHash(text), folder },
  };
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
