import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { TelpostError } from "../base/errors.ts";
import { loadProfiles, type ProfileText } from "../config/catalog.ts";
import { type ProfilesFor, problemLine } from "../config/parse.ts";
import type { Profile } from "../config/profile.ts";

/** Where the shipped profiles lie: beside the bundle, or in the checkout that this program is part of. */
const SHIPPED = ["firmware-config", "../firmware-config"];
/** Where a field engineer puts own ones, beside the configuration. */
const OWN = "profiles";

/**
 * The device profiles of this gateway: shipped ones, and own ones in the folder `profiles` beside the configuration.
 * @throws TelpostError config.invalid, with every problem of every profile
 */
export function readCatalog(configFolder: string): Profile[] {
  return readProfiles(configFolder, () => true);
}

/**
 * The same for one configuration: own profiles, and of the shipped ones those that it names. To read all of them takes
 * as long as the rest of a start.
 * @throws TelpostError config.invalid, when it is asked
 */
export function catalogFor(configFolder: string): ProfilesFor {
  return (named) => readProfiles(configFolder, (id) => named === "all" || named.has(id));
}

function readProfiles(configFolder: string, wanted: (id: string) => boolean): Profile[] {
  const program = dirname(process.argv[1] ?? "");
  const shipped = SHIPPED.map((folder) => join(program, folder)).find((folder) => existsSync(folder));
  const own = profilesIn(join(configFolder, OWN));
  // A shipped one that an own one is named like is a mistake, which shows when both are there.
  const isWanted = (id: string) => wanted(id) || own.some((one) => one.id === id);
  const loaded = loadProfiles([...(shipped ? profilesIn(shipped, isWanted) : []), ...own]);
  if (loaded.ok) return [...loaded.value.values()];
  const lines = loaded.problems.map((problem) => problemLine(join(problem.profile, "profile.yaml"), problem));
  throw new TelpostError("config.invalid", lines.join("; "));
}

function profilesIn(folder: string, wanted: (id: string) => boolean = () => true): ProfileText[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => wanted(name))
    .filter((entry) => entry.isDirectory() && existsSync(join(folder, entry.name, "profile.yaml")))
    .map(({ name }) => ({ id: name, text: readFileSync(join(folder, name, "profile.yaml"), "utf8") }));
}
