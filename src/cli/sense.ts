import { readBootId, SystemClock } from "../base/clock.ts";
import { isolationOf } from "../ops/isolation.ts";
import { createLog } from "../ops/log.ts";
import { runUntilStopped } from "../ops/process.ts";
import { startSense } from "../sense/compose.ts";
import { CONFIG_OPTION, configFile, loadConfig } from "./files.ts";
import { LEVEL_OPTION, levelOf } from "./levels.ts";
import { handoverSocket, PLACE_OPTIONS, placesOf, senseSocket } from "./places.ts";
import { EXIT, type Verb } from "./verb.ts";

export const sense: Verb = {
  usage: "--config FILE [--runtime DIR] [--crash DIR] [--log-level LEVEL]",
  options: { ...CONFIG_OPTION, runtime: PLACE_OPTIONS.runtime, crash: PLACE_OPTIONS.crash, ...LEVEL_OPTION },
  examples: ["telpost sense --config /etc/telpost/telpost.yaml"],
  async run(args, io) {
    const loaded = loadConfig(configFile(args), io);
    if (!loaded.ok) return loaded.code;
    const { config, folder, hash } = loaded.value;
    const places = placesOf(args, io.env);
    const log = createLog({ process: "sense", level: levelOf(args), env: io.env });
    const clock = new SystemClock();
    const start = () =>
      startSense({
        config,
        configFolder: folder,
        configHash: hash,
        isolation: isolationOf(io.env),
        handoverSocket: handoverSocket(places),
        controlSocket: senseSocket(places),
        crashFolder: places.crash,
        credentialsDirectory: io.env.CREDENTIALS_DIRECTORY,
        bootId: readBootId(),
        clock,
        log,
      });
    await runUntilStopped(start, { log, clock, signal: io.signal, env: io.env });
    log.flush();
    return EXIT.ok;
  },
};
