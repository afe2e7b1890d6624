import { execFileSync } from "node:child_process";
import { copyFileSync, cpSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { epollBeside } from "../../scripts/build/bundle.ts";
import { packDeb, stage } from "../../scripts/build/debian.ts";
import { sourceEpoch } from "../../scripts/build/epoch.ts";
import { LiveGateway } from "../kit/live-gateway.ts";
import type { Bench } from "./scenario.ts";

const HERE = import.meta.dirname;
const ROOT = join(HERE, "../..");

/** The package of this checkout, not compressed: it is installed once a boot. @returns its path in `out` */
export async function buildDeb(out: string): Promise<string> {
  const epoch = sourceEpoch(ROOT);
  const deb = join(out, "telpost.deb");
  renameSync(packDeb(await stage({ root: ROOT, out, arch: "amd64", epoch }), epoch, "none"), deb);
  return deb;
}

/** Puts the package and guest/SCENARIO.sh into the share; guest/run.sh runs it with what guest/lib.sh offers. */
export function shareGuest({ share, deb }: Bench, scenario: string): void {
  copyFileSync(deb, join(share, "telpost.deb"));
  cpSync(join(HERE, "guest"), join(share, "guest"), { recursive: true });
  copyFileSync(join(HERE, "guest/run.sh"), join(share, "run.sh"));
  copyFileSync(join(HERE, `guest/${scenario}.sh`), join(share, "scenario.sh"));
  for (const name of ["edges", "clock-set"])
    execFileSync("gcc", ["-O2", "-static", "-o", join(share, name), join(HERE, `guest/${name}.c`)]);
}

/** The keys and the configuration of one gateway, and its city's: site/ in the share. */
export async function shareSite(
  { share }: Bench,
  site: Parameters<LiveGateway["prepare"]>[0],
): Promise<void> {
  const gateway = new LiveGateway();
  await gateway.prepare(site);
  cpSync(gateway.folder, join(share, "site"), { recursive: true });
  await gateway.dispose();
}

/** Numbers that the guest is told through the share: which boot this is. */
export function tell({ share }: Bench, name: string, text = ""): void {
  writeFileSync(join(share, name), text);
}

/** guest/NAME.ts as one file for the gateway's own Node and native parts, beside telpost.cjs: NAME.cjs in the share. */
export async function shareProgram({ share }: Bench, ...names: readonly string[]): Promise<void> {
  await build({
    entryPoints: names.map((name) => join(HERE, `guest/${name}.ts`)),
    outdir: share,
    outExtension: { ".js": ".cjs" },
    alias: { vitest: join(HERE, "guest/small-vitest.ts") },
    external: ["koffi"],
    plugins: [epollBeside],
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node24",
    logOverride: { "empty-import-meta": "silent" },
  });
}
