import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { SystemClock } from "../base/clock.ts";
import { TelpostError } from "../base/errors.ts";
import { problemLine } from "../config/parse.ts";
import { apply, compare, returnedKeys } from "../fleet/folder.ts";
import { planFleet, readFleet } from "../fleet/plan.ts";
import { changeLines, keyLines, refusedLines } from "../fleet/report.ts";
import { readCatalog } from "./catalog.ts";
import { readConfigText } from "./files.ts";
import { type Arguments, EXIT, textFlag, type Verb } from "./verb.ts";

export const fleet: Verb = {
  usage: "INVENTORY --out DIR [--keys DIR] [--check]",
  options: {
    out: { type: "string", value: "DIR", help: "where everything is written" },
    keys: {
      type: "string",
      value: "DIR",
      help: "public keys that came back, as <gateway>.public.jwk (default DIR/keys)",
    },
    check: { type: "boolean", help: "only show what would change; exit code 1 when something would" },
  },
  details: [
    "Makes, of one inventory: gateways/<id>/telpost.yaml and request.cnf for each gateway, the broker's acl, sign.sh and",
    "names.tsv for the certificate authority, and site.yaml for the city's reader, with every key that has come back.",
    "Running it again changes only what the inventory changed. It never overwrites what it did not make.",
  ].join("\n"),
  words: 1,
  examples: ["telpost fleet inventory.yaml --out fleet --check", "telpost fleet inventory.yaml --out fleet"],
  async run(args, io) {
    const clock = new SystemClock();
    const startedMs = clock.monotonic();
    const [file] = args.positionals;
    const out = textFlag(args, "out");
    if (!file || !out) throw new TelpostError("usage.bad_arguments", "say INVENTORY and --out DIR");
    const read = readFleet(readConfigText(file), readCatalog(dirname(resolve(file))));
    if (!read.ok) {
      for (const problem of read.problems) io.err(problemLine(file, problem));
      io.err(`${read.problems.length} problem${read.problems.length === 1 ? "" : "s"}; nothing was written.`);
      return EXIT.config;
    }
    const keys = keysFolder(args, out);
    const plan = planFleet(read.value, returnedKeys(keys));
    const changes = compare(out, plan);
    if (changes.refused.length > 0) {
      for (const line of refusedLines(changes)) io.err(line);
      throw new TelpostError(
        "fleet.in_the_way",
        `${changes.refused.length} files in ${out}; nothing was written`,
      );
    }
    const { gateways, inventory } = read.value;
    io.out(`${file}: ${gateways.length} gateways at ${inventory.sites.length} sites`);
    if (!args.flags.check) apply(out, plan, changes);
    for (const line of [...changeLines(changes), ...keyLines(plan.registrations, keys)]) io.out(line);
    const seconds = ((clock.monotonic() - startedMs) / 1000).toFixed(1);
    io.out(args.flags.check ? "nothing was written (--check)" : `${out} written in ${seconds} s`);
    const differs = changes.added.length + changes.changed.length + changes.removed.length > 0;
    return args.flags.check && differs ? EXIT.failed : EXIT.ok;
  },
};

/** A folder that was named must be there: a slip would take every gateway out of the site file. */
function keysFolder(args: Arguments, out: string): string {
  const given = textFlag(args, "keys");
  if (given !== undefined && !existsSync(given)) throw new TelpostError("fleet.unusable", `${given}: ENOENT`);
  return given ?? join(out, "keys");
}
