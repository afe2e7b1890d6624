import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { TelpostError } from "../base/errors.ts";
import { loadProfiles, type ProfileText } from "../config/catalog.ts";
import { problemLine } from "../config/parse.ts";
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
  const program = dirname(process.argv[1] ?? "");
  const shipped = SHIPPED.map((folder) => join(program, folder)).find((folder) => existsSync(folder));
  const folders = [...(shipped ? [shipped] : []), join(configFolder, OWN)];
  const loaded = loadProfiles(folders.flatMap(profilesIn));
  if (loaded.ok) return [...loaded.value.values()];
  const lines = loaded.problems.map((problem) => problemLine(join(problem.profile, "profile.yaml"), problem));
  throw new TelpostError("config.invalid", lines.join("; "));
}

function profilesIn(folder: string): ProfileText[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(folder, entry.name, "profile.yaml")))
    .map(({ name }) => ({ id: name, text: readFileSync(join(folder, name, "profile.yaml"), "utf8") }));
}
