import { readBootId, SystemClock } from "../base/clock.ts";
import { RESTART_AFTER_MS } from "../base/restart.ts";
import { isolationOf } from "../ops/isolation.ts";
import { createLog } from "../ops/log.ts";
import { runUntilStopped } from "../ops/process.ts";
import { startSense } from "../sense/compose.ts";
import { CONFIG_OPTION, configFile, loadConfigToRun } from "./files.ts";
import { LEVEL_OPTION, levelOf } from "./levels.ts";
import { handoverSocket, PLACE_OPTIONS, placesOf, SAFE_OPTION, senseSocket } from "./places.ts";
import { EXIT, textFlag, type Verb } from "./verb.ts";

export const sense: Verb = {
  usage: "--config FILE [--runtime DIR] [--crash DIR] [--safe DIR] [--log-level LEVEL]",
  options: {
    ...CONFIG_OPTION,
    runtime: PLACE_OPTIONS.runtime,
    crash: PLACE_OPTIONS.crash,
    ...SAFE_OPTION,
    ...LEVEL_OPTION,
  },
  examples: ["telpost sense --config /etc/telpost/telpost.yaml"],
  async run(args, io) {
    const loaded = loadConfigToRun(configFile(args), textFlag(args, "safe"), io);
    if (!loaded.ok) return loaded.code;
    const { config, folder, hash, instead } = loaded.value;
    const places = placesOf(args, io.env);
    const log = createLog({ process: "sense", level: levelOf(args), env: io.env });
    if (instead !== null) log.warn("config.last_good", { code: "config.last_good", detail: instead });
    const clock = new SystemClock();
    const again = new AbortController();
    const start = () =>
      startSense({
        config,
        configFolder: folder,
        configHash: hash,
        instead,
        isolation: isolationOf(io.env),
        handoverSocket: handoverSocket(places),
        controlSocket: senseSocket(places),
        crashFolder: places.crash,
        credentialsDirectory: io.env.CREDENTIALS_DIRECTORY,
        bootId: readBootId(),
        clock,
        log,
        restart: { end: () => again.abort(), afterMs: RESTART_AFTER_MS },
      });
    const signal = AbortSignal.any([io.signal, again.signal]);
    await runUntilStopped(start, { log, clock, signal, env: io.env });
    log.flush();
    return EXIT.ok;
  },
};
