import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Metafile } from "esbuild";

/** The licences of everything in a build, from the list of what esbuild really put into the bundles. */
export function notices(root: string, bundles: readonly Metafile[], others: readonly string[]): string {
  const folders = new Set(others);
  for (const input of bundles.flatMap((one) => Object.keys(one.inputs))) {
    const match = /^(?:.*\/)?node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input);
    if (match?.[1]) folders.add(join(root, "node_modules", match[1]));
  }
  const entries = [...folders].map(notice).sort();
  return `telpost is licensed under the EUPL-1.2 (see LICENSE). This build contains work of others:\n\n${entries.join("\n")}`;
}

function notice(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((one) => /^(licen[cs]e|copying)/i.test(one));
  const text = file
    ? readFileSync(join(folder, file), "utf8").trim()
    : `(${license}; the package carries no text)`;
  return `${name} ${version} (${license})\n${"-".repeat(60)}\n${text}\n`;
}
