import { makeFolder } from "../base/folder.ts";
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
    makeFolder(places.runtime, 0o750, "socket.unusable");
    makeFolder(places.state, 0o700, "outbox.unusable");
    return runBoth({ configFile: file, places, level: levelOf(args) }, io);
  },
};
