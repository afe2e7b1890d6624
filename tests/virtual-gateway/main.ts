import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { installedOnce } from "./installed.ts";
import { image, missingPackages } from "./machine.ts";
import { Bench, type Row, type Scenario } from "./scenario.ts";
import { SCENARIOS } from "./scenarios/index.ts";
import { buildDeb } from "./share.ts";

/** The virtual gateway. Exits 0 when all holds, 1 when not, 2 for a wrong call, 77 when it cannot run here. */

const USAGE = `tests/virtual-gateway/run [SCENARIO ...] [--long] [--seed N] [--keep]
  --long   also what takes long
  --seed   of what happens by chance; 7 unless told
  --keep   leaves the folder with disks, consoles, logs and results
  --missing  prints the Debian packages that it would need here, and ends
${SCENARIOS.map(({ name, about, long }) => `  ${name.padEnd(10)} ${about}${long ? " (long)" : ""}`).join("\n")}`;

interface Call {
  readonly chosen: readonly Scenario[];
  readonly seed: number;
  readonly long: boolean;
  readonly keep: boolean;
  readonly missing: boolean;
}

function call(): Call | undefined {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        long: { type: "boolean" },
        seed: { type: "string" },
        keep: { type: "boolean" },
        missing: { type: "boolean" },
      },
    });
    const { long = false, keep = false, missing = false } = values;
    const seed = Number(values.seed ?? 7);
    const known = positionals.every((name) => SCENARIOS.some((scenario) => scenario.name === name));
    if (!known || !Number.isSafeInteger(seed)) return undefined;
    const chosen = SCENARIOS.filter(({ name, long: only = false }) =>
      positionals.length > 0 ? positionals.includes(name) : long || !only,
    );
    return { chosen, seed, long, keep, missing };
  } catch {
    return undefined;
  }
}

async function main(): Promise<number> {
  const asked = call();
  if (!asked) {
    console.error(USAGE);
    return 2;
  }
  const missing = missingPackages();
  if (asked.missing) {
    console.log(missing.join(" "));
    return 0;
  }
  if (missing.length > 0 || process.getuid?.() !== 0) {
    console.error("virtual gateway: NOT RUN. It needs root, and: apt-get install -y --no-install-recommends");
    console.error(`  ${missing.join(" ")}`);
    return 77;
  }
  const base = bootable();
  if (base === undefined) return 77;
  const scratch = mkdtempSync(join(tmpdir(), "telpost-virtual-gateway-"));
  try {
    const good = await runAll(asked, base, scratch);
    console.log(good ? "virtual gateway: all holds" : "virtual gateway: FAILED");
    return good ? 0 : 1;
  } finally {
    if (asked.keep) console.error(`virtual gateway: kept ${scratch}`);
    else rmSync(scratch, { recursive: true });
  }
}

/** The image to boot, or undefined, said, when Debian's mirror did not give what it is made of. */
function bootable(): string | undefined {
  try {
    return image();
  } catch (error) {
    console.error(`virtual gateway: NOT RUN. Its image could not be made: ${error}`);
    return undefined;
  }
}

async function runAll({ chosen, seed, long }: Call, base: string, scratch: string): Promise<boolean> {
  const deb = await buildDeb(scratch);
  const installed = installedOnce({ image: base, deb, scratch: join(scratch, "installed") });
  let good = true;
  for (const scenario of chosen) {
    const startedMs = performance.now();
    const folder = join(scratch, scenario.name);
    mkdirSync(folder);
    const bench = new Bench({ image: base, deb, scratch: folder, seed, long, installed });
    const rows = await scenario.run(bench).catch(brokenOff);
    await bench.dispose();
    console.log(`== ${scenario.name}, ${Math.round((performance.now() - startedMs) / 1000)} s`);
    good = report(rows) && good;
  }
  return good;
}

/** A scenario that could not go on. */
const brokenOff = (failure: unknown): Row[] => [
  { what: "it goes on to its end", wanted: "yes", got: `no: ${failure}` },
];

function report(rows: readonly Row[]): boolean {
  for (const { what, wanted, got, notes = "" } of rows) {
    console.log(`${got === wanted ? "ok  " : "FAIL"} ${what}`);
    console.log(`       wanted ${wanted}; got ${got}${notes && ` (${notes})`}`);
  }
  return rows.every(({ wanted, got }) => got === wanted);
}

// Machines and brokers end with this process.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
process.exitCode = await main();
