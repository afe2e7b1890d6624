import { basename } from "node:path";
import type { Metafile } from "esbuild";

/** What is in one bundle, as esbuild put it there. */
export interface Contents {
  /** Sources, as paths below the checkout. */
  readonly modules: readonly string[];
  /** What it loads from outside: parts of Node, and binaries beside it. */
  readonly loads: readonly string[];
}

/** What is in each bundle of a build, by its file name. */
export function contentsOf(programs: Metafile): Readonly<Record<string, Contents>> {
  const entries = Object.entries(programs.outputs).map(([file, { inputs, imports }]) => {
    const loads = new Set(imports.filter(({ external }) => external).map(({ path }) => path));
    return [basename(file), { modules: Object.keys(inputs).sort(), loads: [...loads].sort() }] as const;
  });
  return Object.fromEntries(entries);
}

/** The same as a text to search in: one line a module or part, after the name of its bundle. */
export function contentsPage(programs: Metafile): string {
  const lines = Object.entries(contentsOf(programs)).flatMap(([name, { modules, loads }]) => [
    ...modules.map((one) => `${name} holds ${one}`),
    ...loads.map((one) => `${name} loads ${one}`),
  ]);
  return `${lines.join("\n")}\n`;
}
