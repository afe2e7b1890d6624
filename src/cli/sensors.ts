import { dirname, resolve } from "node:path";
import { deviceGives } from "../config/device.ts";
import type { Profile } from "../config/profile.ts";
import { readCatalog } from "./catalog.ts";
import { CONFIG_OPTION, configFile } from "./files.ts";
import { EXIT, type Verb } from "./verb.ts";

/** One profile as the list shows it. */
interface Listed {
  readonly id: string;
  readonly status: string;
  readonly gives: readonly string[];
  readonly title: string;
}

/** Profiles that are code. */
const BUILT_IN: readonly Listed[] = [
  {
    id: "generic-jsonl",
    status: "your script",
    gives: ["passages", "totals", "present", "tracks"],
    title: "One JSON object a line",
  },
  {
    id: "generic-csv",
    status: "your script",
    gives: ["passages", "totals", "present", "tracks"],
    title: "One row a line",
  },
];

export const sensors: Verb = {
  usage: "[--config FILE] [--json]",
  options: { ...CONFIG_OPTION, json: { type: "boolean", help: "the list as JSON" } },
  details: [
    "A profile is proven when it decodes frames of the device itself or of its maker's manual; else it is experimental.",
    "Own profiles lie in the folder profiles beside the configuration, one folder each with a profile.yaml.",
  ].join("\n"),
  examples: ["telpost sensors", "telpost sensors --json"],
  async run(args, io) {
    const devices = readCatalog(dirname(resolve(configFile(args))));
    const list = [...BUILT_IN, ...devices.map(listed)];
    if (args.flags.json) {
      io.out(JSON.stringify(list));
      return EXIT.ok;
    }
    const width = Math.max(...list.map(({ id }) => id.length));
    for (const { id, status, gives, title } of list) {
      io.out(`${id.padEnd(width)}  ${status.padEnd(12)}  ${gives.join(", ").padEnd(34)}  ${title}`);
    }
    return EXIT.ok;
  },
};

function listed(profile: Profile): Listed {
  return {
    id: profile.id,
    status: profile.status,
    gives: [...deviceGives(profile)],
    title: profile.title,
  };
}
