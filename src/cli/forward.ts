import { readBootId, SystemClock } from "../base/clock.ts";
import { startForward } from "../forward/compose.ts";
import { createLog } from "../ops/log.ts";
import { runUntilStopped } from "../ops/process.ts";
import { CONFIG_OPTION, configFile, loadConfig } from "./files.ts";
import { LEVEL_OPTION, levelOf } from "./levels.ts";
import { forwardSocket, handoverSocket, outboxFile, PLACE_OPTIONS, placesOf } from "./places.ts";
import { EXIT, type Verb } from "./verb.ts";

export const forward: Verb = {
  usage: "--config FILE [--runtime DIR] [--state DIR] [--log-level LEVEL]",
  options: { ...CONFIG_OPTION, runtime: PLACE_OPTIONS.runtime, state: PLACE_OPTIONS.state, ...LEVEL_OPTION },
  examples: ["telpost forward --config /etc/telpost/telpost.yaml"],
  async run(args, io) {
    const loaded = loadConfig(configFile(args), io);
    if (!loaded.ok) return loaded.code;
    const { config, folder, hash } = loaded.value;
    const places = placesOf(args, io.env);
    const log = createLog({ process: "forward", level: levelOf(args), env: io.env });
    const clock = new SystemClock();
    const start = () =>
      startForward({
        config,
        configFolder: folder,
        configHash: hash,
        handoverSocket: handoverSocket(places),
        controlSocket: forwardSocket(places),
        outboxFile: outboxFile(places),
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
