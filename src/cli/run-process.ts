import { type Clock, readBootId, SystemClock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { RESTART_AFTER_MS, type Restart } from "../base/restart.ts";
import type { Config } from "../config/schema.ts";
import { createLog } from "../ops/log.ts";
import { type Running, runUntilStopped } from "../ops/process.ts";
import { configFile, loadConfigToRun } from "./files.ts";
import { levelOf } from "./levels.ts";
import { handoverSocket, type Places, placesOf } from "./places.ts";
import { type Arguments, EXIT, type ExitCode, type Io, textFlag } from "./verb.ts";

/** What both processes are started with. */
export interface Common {
  readonly config: Config;
  readonly configFolder: string;
  readonly configHash: string;
  readonly instead: string | null;
  readonly handoverSocket: string;
  readonly credentialsDirectory: string | undefined;
  readonly bootId: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly restart: Restart;
}

export interface ProcessParts {
  readonly process: "sense" | "forward";
  readonly start: (common: Common, places: Places) => Promise<Running>;
}

/** Runs one of the two processes until it is told to stop, or asked from afar to start anew. */
export async function runProcess(
  { process, start }: ProcessParts,
  args: Arguments,
  io: Io,
): Promise<ExitCode> {
  const loaded = loadConfigToRun(configFile(args), textFlag(args, "safe"), io);
  if (!loaded.ok) return loaded.code;
  const { config, folder, hash, instead } = loaded.value;
  const places = placesOf(args, io.env);
  const log = createLog({ process, level: levelOf(args), env: io.env });
  if (instead !== null) log.warn("config.last_good", { code: "config.last_good", detail: instead });
  const clock = new SystemClock();
  const again = new AbortController();
  const common: Common = {
    config,
    configFolder: folder,
    configHash: hash,
    instead,
    handoverSocket: handoverSocket(places),
    credentialsDirectory: io.env.CREDENTIALS_DIRECTORY,
    bootId: readBootId(),
    clock,
    log,
    restart: { end: () => again.abort(), afterMs: RESTART_AFTER_MS },
  };
  const signal = AbortSignal.any([io.signal, again.signal]);
  await runUntilStopped(() => start(common, places), { log, clock, signal, env: io.env });
  log.flush();
  return EXIT.ok;
}
