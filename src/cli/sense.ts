import { isolationOf } from "../ops/isolation.ts";
import { startSense } from "../sense/compose.ts";
import { CONFIG_OPTION } from "./files.ts";
import { LEVEL_OPTION } from "./levels.ts";
import { PLACE_OPTIONS, SAFE_OPTION, senseSocket } from "./places.ts";
import { runProcess } from "./run-process.ts";
import type { Verb } from "./verb.ts";

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
  run: (args, io) =>
    runProcess(
      {
        process: "sense",
        start: (common, places) =>
          startSense({
            ...common,
            isolation: isolationOf(io.env),
            controlSocket: senseSocket(places),
            crashFolder: places.crash,
          }),
      },
      args,
      io,
    ),
};
