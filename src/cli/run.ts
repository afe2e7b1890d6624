import { mkdirSync } from "node:fs";
import { runBoth } from "./both.ts";
import { CONFIG_OPTION, configFile, loadConfig } from "./files.ts";
import { LEVEL_OPTION, levelOf } from "./levels.ts";
import { PLACE_OPTIONS, placesOf } from "./places.ts";
import type { Verb } from "./verb.ts";

export const run: Verb = {
  usage: "--config FILE [--runtime DIR] [--crash DIR] [--state DIR] [--log-level LEVEL]",
  options: { ...CONFIG_OPTION, ...PLACE_OPTIONS, ...LEVEL_OPTION },
  details:
    "The kernel's walls between the two processes come with the systemd units; here the birth says isolation: none.",
  examples: [
    "telpost run --config telpost.yaml --runtime /dev/shm/tp --crash /dev/shm/tp-sense --state ./state",
  ],
  async run(args, io) {
    const file = configFile(args);
    const loaded = loadConfig(file, io);
    if (!loaded.ok) return loaded.code;
    const places = placesOf(args, io.env);
    mkdirSync(places.runtime, { recursive: true, mode: 0o750 });
    mkdirSync(places.state, { recursive: true, mode: 0o700 });
    return runBoth({ configFile: file, places, level: levelOf(args) }, io);
  },
};
