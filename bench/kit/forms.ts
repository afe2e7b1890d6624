import { copyFileSync, globSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { bundle } from "../../scripts/build/bundle.ts";
import { parseUnit } from "./unit.ts";

/**
 * The two ways telpost runs: from a source checkout with the defaults of node, and as it is packaged, one bundle with the
 * flags and the environment of the systemd units (no just-in-time compiler, small heap).
 */
export const FORMS = ["source", "packaged"] as const;
export type FormName = (typeof FORMS)[number];

export interface Form {
  readonly name: FormName;
  /** A copy of node of its own, so that its pages are shared with nothing else on this machine. */
  readonly node: string;
  readonly flags: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** The program of a process, to be followed by the same word as its verb. */
  readonly program: (name: "sense" | "forward") => string;
  /** The file of a worker of `bench/workers`. */
  worker(name: string): string;
}

export type Forms = Readonly<Record<FormName, Form>>;

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const WORKERS = join(ROOT, "bench/workers");
/** They load a binary by a path of their own. */
const NATIVE = ["better-sqlite3", "koffi", "@serialport/bindings-cpp"];

/** Builds what the runs need into `folder`. */
export async function makeForms(folder: string): Promise<Forms> {
  const node = join(folder, "node");
  copyFileSync(process.execPath, node);
  const packaged = join(folder, "packaged");
  await bundle(ROOT, packaged, process.arch === "arm64" ? "arm64" : "x64");
  const workers = await bundleWorkers(folder);
  const unit = parseUnit(readFileSync(join(ROOT, "systemd/telpost-sense.service"), "utf8"));
  const { NODE_OPTIONS: _options, ...env } = process.env;
  return {
    source: {
      name: "source",
      node,
      flags: ["--disable-warning=ExperimentalWarning"],
      env,
      program: (name) => join(ROOT, `src/telpost-${name}.ts`),
      worker: (name) => join(WORKERS, `${name}.ts`),
    },
    packaged: {
      name: "packaged",
      node,
      flags: unit.flags,
      env: { ...env, ...unit.env },
      program: (name) => join(packaged, `telpost-${name}.cjs`),
      worker: (name) => join(workers, `${name}.cjs`),
    },
  };
}

/** Without its compiler node cannot strip types, so the workers are bundled as the program is. */
async function bundleWorkers(folder: string): Promise<string> {
  const out = join(folder, "workers");
  mkdirSync(out);
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  await build({
    entryPoints: globSync(`${WORKERS}/*.ts`),
    entryNames: basename("[name]"),
    outdir: out,
    outExtension: { ".js": ".cjs" },
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node24",
    external: NATIVE,
    define: { "import.meta.url": "bundleUrl" },
    banner: { js: 'const bundleUrl = require("node:url").pathToFileURL(__filename).href;' },
    logLevel: "warning",
  });
  return out;
}
