import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Metafile } from "esbuild";
import { readLock } from "./locked.ts";

/** Somebody else's work in a build. */
export interface Component {
  readonly name: string;
  readonly version: string;
  /** SPDX expression of its package.json. */
  readonly licence: string;
  /** Its licence file. */
  readonly text: string;
  readonly author?: string;
  /** Where its sources lie, relative to the checkout: `node_modules/zod`. */
  readonly path: string;
  /** Hash of the archive it came from, as the lockfile has it: `sha512-` and base64. */
  readonly integrity?: string;
}

/**
 * Everything in a build that is somebody else's, sorted by name: from the list of what esbuild really put into the
 * bundles, and the packages whose binaries are copied (by name, with the folder they lie in).
 */
export function componentsOf(
  root: string,
  bundles: readonly Metafile[],
  binaries: Readonly<Record<string, string>>,
): Component[] {
  const folders = new Map<string, string>();
  for (const [name, folder] of Object.entries(binaries)) folders.set(`node_modules/${name}`, folder);
  for (const input of bundles.flatMap((one) => Object.keys(one.inputs))) {
    const path = /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(input)?.[0];
    if (path) folders.set(path, join(root, path));
  }
  const lock = readLock(root);
  return [...folders]
    .map(([path, folder]) => readComponent(path, folder, { root, integrity: lock[path]?.integrity }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

function readComponent(
  path: string,
  folder: string,
  { root, integrity }: { root: string; integrity: string | undefined },
): Component {
  const { name, version, license, author } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const who = typeof author === "string" ? author : author?.name;
  // koffi's binaries are packages of their own, which leave its licence to koffi.
  const text = licenceText(folder) ?? (name.startsWith("@koromix/koffi-") && licenceText(koffi(root)));
  if (!text) throw new Error(`${name} ${version} carries no text of its licence (${license})`);
  return {
    name,
    version,
    licence: license,
    path,
    text,
    ...(who ? { author: who } : {}),
    ...(integrity ? { integrity } : {}),
  };
}

const koffi = (root: string) => join(root, "node_modules/koffi");

function licenceText(folder: string): string | undefined {
  const file = readdirSync(folder).find((one) => /^(licen[cs]e|copying)/i.test(one));
  return file && readFileSync(join(folder, file), "utf8").trim();
}
