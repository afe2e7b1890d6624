import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { packDeb, stage } from "../../scripts/build/debian.ts";
import { sourceEpoch } from "../../scripts/build/epoch.ts";
import { LiveGateway } from "../kit/live-gateway.ts";
import { boot, image, missingPackages } from "./machine.ts";
import { type LineScript, passages, toggles } from "./scripts.ts";

/** The virtual gateway: `tests/virtual-gateway/run [--keep]`. Exits 0 when all holds, 1 when not, 77 when it cannot run. */

const HERE = import.meta.dirname;
const ROOT = join(HERE, "../..");
const LIMIT_MS = 30 * 60_000;
const SEED = 7;

const SCRIPTS: Readonly<Record<string, LineScript>> = {
  fast: toggles(5000, 5000),
  stopped: toggles(900, 450),
  overflow: toggles(3000, 1500),
  beams: passages(1000, SEED),
  units: passages(100, SEED),
  unitsStopped: toggles(3000, 1500, 8),
};

/** Windows of ten seconds without noise: what arrives at the city can be compared with what passed. */
const SITE = {
  broker: 'url: "mqtt://127.0.0.1:1883"',
  cityBroker: 'url: "mqtt://127.0.0.1:1883"',
  privacy: "profile: lab, mechanism: none, reason: test, flow: { windowSeconds: 10 }",
  sensors: [
    "id: door, profile: gpio-two-beam, gpio: { chip: telpost-sim, a: 4, b: 5, debounceMs: 10 }",
    "id: gate, profile: gpio-pulse, gpio: { chip: telpost-sim, line: pulse-8, debounceMs: 0 }, maxPerSecond: 1000",
  ],
};

async function main(): Promise<number> {
  const missing = missingPackages();
  if (missing.length > 0 || process.getuid?.() !== 0) {
    console.error("virtual gateway: NOT RUN. It needs root, and: apt-get install -y --no-install-recommends");
    console.error(`  ${missing.join(" ")}`);
    return 77;
  }
  const from = image();
  const scratch = mkdtempSync(join(tmpdir(), "telpost-virtual-gateway-"));
  const share = join(scratch, "share");
  try {
    await fillShare(share, scratch);
    const off = await boot({ image: from, share, scratch, limitMs: LIMIT_MS, startedAt: new Date() });
    if (!off) console.error(`virtual gateway: it did not power off within ${LIMIT_MS / 60_000} minutes`);
    return report(judge(share)) && off ? 0 : 1;
  } finally {
    if (process.argv.includes("--keep")) console.error(`virtual gateway: kept ${scratch}`);
    else rmSync(scratch, { recursive: true });
  }
}

async function fillShare(share: string, scratch: string): Promise<void> {
  mkdirSync(join(share, "results"), { recursive: true });
  const epoch = sourceEpoch(ROOT);
  const tree = await stage({ root: ROOT, out: scratch, arch: "amd64", epoch });
  renameSync(packDeb(tree, epoch, "none"), join(share, "telpost.deb"));
  cpSync(join(HERE, "guest"), join(share, "guest"), { recursive: true });
  cpSync(join(HERE, "guest/run.sh"), join(share, "run.sh"));
  for (const name of ["edges", "clock-set"])
    execFileSync("gcc", ["-O2", "-static", "-o", join(share, name), join(HERE, `guest/${name}.c`)]);
  const site = new LiveGateway();
  await site.prepare(SITE);
  cpSync(site.folder, join(share, "site"), { recursive: true });
  await site.dispose();
  await build({
    entryPoints: ["counter", "contract"].map((name) => join(HERE, `guest/${name}.ts`)),
    outdir: share,
    outExtension: { ".js": ".cjs" },
    alias: { vitest: join(HERE, "guest/small-vitest.ts") },
    external: ["koffi"],
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node24",
    logOverride: { "empty-import-meta": "silent" },
  });
  for (const [name, { text }] of Object.entries(SCRIPTS)) writeFileSync(join(share, `${name}.edges`), text);
}

/** One line of the table. */
interface Row {
  readonly what: string;
  readonly wanted: string;
  readonly got: string;
  readonly notes?: string;
}

interface Counted {
  readonly edges: number;
  readonly lost: number;
  readonly in: number;
  readonly out: number;
  readonly discarded: number;
  readonly cpuMs: number;
}

interface Driven {
  readonly edges: number;
  readonly tookUs: number;
  readonly latestUs: number;
}

function judge(share: string): Row[] {
  const text = (name: string) => {
    const path = join(share, "results", name);
    return existsSync(path) ? readFileSync(path, "utf8").trim() : "nothing";
  };
  const json = <T>(name: string) => (text(name).startsWith("{") ? (JSON.parse(text(name)) as T) : undefined);
  const counted = (name: string) => json<Counted>(`${name}.counted.json`);
  const heard = (name: string) => `${counted(name)?.edges} heard, ${counted(name)?.lost} lost`;
  const notes = (name: string) => {
    const driven = json<Driven>(`${name}.driven.json`);
    if (!driven) return text(`${name}.err`);
    const rate = Math.round(driven.edges / (driven.tookUs / 1e6));
    return `${rate} a second, latest by ${driven.latestUs} us; CPU ${counted(name)?.cpuMs} ms`;
  };
  const { in: inward, out } = SCRIPTS.beams ?? { in: 0, out: 0 };
  const beams = counted("beams");
  return [
    { what: "the build installs", wanted: "0", got: text("install.status"), notes: text("version.txt") },
    {
      what: "the chip belongs to group gpio",
      wanted: "crw-rw---- root gpio",
      got: text("chip.txt")
        .split(/\s+/)
        .filter((_, index) => [0, 2, 3].includes(index))
        .join(" "),
    },
    {
      what: "the hardened units run, and the kernel log shows no denial",
      wanted: "active active, 0 denials",
      got: `${text("units.txt").split("\n").join(" ")}, ${text("denied.txt").split("\n").filter(Boolean).length} denials`,
    },
    {
      what: "100 passages past the units, as the city counts them",
      wanted: `${SCRIPTS.units?.in} in, ${SCRIPTS.units?.out} out, 0 windows with edges_lost`,
      got: atTheCity(text("received.ndjson"), "door"),
      notes: text("units.driven.json"),
    },
    {
      what: "3,000 edges while telpost-sense is stopped for 2 s: the city counts what the kernel kept, and is told",
      wanted: "512 in, 0 out, 1 windows with edges_lost",
      got: atTheCity(text("received.ndjson"), "gate"),
    },
    { what: "5,000 edges at 5 kHz", wanted: "5000 heard, 0 lost", got: heard("fast"), notes: notes("fast") },
    {
      what: "900 edges while the process is stopped for 2 s",
      wanted: "900 heard, 0 lost",
      got: heard("stopped"),
      notes: notes("stopped"),
    },
    {
      what: "3,000 edges while it is stopped, more than the kernel keeps",
      wanted: "1024 heard, 1976 lost",
      got: heard("overflow"),
      notes: notes("overflow"),
    },
    {
      what: `1,000 passages of two beams with bounce (seed ${SEED})`,
      wanted: `${inward} in, ${out} out, 0 discarded`,
      got: `${beams?.in} in, ${beams?.out} out, ${beams?.discarded} discarded`,
      notes: notes("beams"),
    },
    {
      what: "contract of a line, on a chip of the kernel",
      wanted: "exit 0",
      got: `exit ${text("contract.status")}`,
      notes: (/^\S+ tests \d+[\s\S]*?fail \d+/m.exec(text("contract.txt"))?.[0] ?? "").replaceAll(
        /\n\S+/g,
        ",",
      ),
    },
  ];
}

interface CityRecord {
  readonly type: string;
  readonly sensor: string;
  readonly quality: string;
  readonly flags?: readonly string[];
  readonly value: { readonly in: number; readonly out: number };
}

/** The sum of the windows of one sensor that the city opened. */
function atTheCity(received: string, sensor: string): string {
  const records = received
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as CityRecord)
    .filter((record) => record.type === "record" && record.sensor === sensor);
  const sum = (way: "in" | "out") => records.reduce((all, { value }) => all + value[way], 0);
  const lost = records.filter(({ quality, flags }) => quality === "partial" && flags?.includes("edges_lost"));
  return `${sum("in")} in, ${sum("out")} out, ${lost.length} windows with edges_lost`;
}

function report(rows: readonly Row[]): boolean {
  for (const { what, wanted, got, notes = "" } of rows) {
    console.log(`${got === wanted ? "ok  " : "FAIL"} ${what}`);
    console.log(`       wanted ${wanted}; got ${got}${notes && ` (${notes})`}`);
  }
  const good = rows.every(({ wanted, got }) => got === wanted);
  console.log(good ? "virtual gateway: all holds" : "virtual gateway: FAILED");
  return good;
}

process.exitCode = await main();
