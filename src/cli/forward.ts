import { startForward } from "../forward/compose.ts";
import { CONFIG_OPTION } from "./files.ts";
import { LEVEL_OPTION } from "./levels.ts";
import { forwardSocket, outboxFile, PLACE_OPTIONS, SAFE_OPTION } from "./places.ts";
import { runProcess } from "./run-process.ts";
import type { Verb } from "./verb.ts";

export const forward: Verb = {
  usage: "--config FILE [--runtime DIR] [--state DIR] [--safe DIR] [--log-level LEVEL]",
  options: {
    ...CONFIG_OPTION,
    runtime: PLACE_OPTIONS.runtime,
    state: PLACE_OPTIONS.state,
    ...SAFE_OPTION,
    ...LEVEL_OPTION,
  },
  examples: ["telpost forward --config /etc/telpost/telpost.yaml"],
  run: (args, io) =>
    runProcess(
      {
        process: "forward",
        start: (common, places) =>
          startForward({
            ...common,
            controlSocket: forwardSocket(places),
            outboxFile: outboxFile(places),
          }),
      },
      args,
      io,
    ),
};
