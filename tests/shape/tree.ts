import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

export const ROOT = join(import.meta.dirname, "../..");

/** Text of a file of the checkout. */
export const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

/** Every source file, as a path from the root of the checkout. */
export const sources: readonly string[] = globSync("src/**/*.ts", { cwd: ROOT }).sort();

/** Source without its comments: what is left is what runs. A `//` inside a text such as a URL stays. */
export function code(path: string): string {
  return read(path)
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(/(^|\s)\/\/.*$/gm, "$1");
}

export interface Import {
  /** A path from the root (`src/base/clock.ts`) or a package name (`zod`, `node:net`). */
  readonly target: string;
  readonly typesOnly: boolean;
  /** Loaded only when a command needs it: `await import(...)`. */
  readonly lazy: boolean;
}

/** Where one import points to. */
function resolve(from: string, specifier: string): string {
  return specifier.startsWith(".") ? normalize(join(dirname(from), specifier)) : specifier;
}

/** Every import and re-export of a file. */
export function importsOf(path: string): Import[] {
  const text = code(path);
  const fixed = [...text.matchAll(/^(?:import|export)\s(type\s)?(?:[\w$*{}\s,]+\sfrom\s)?"([^"]+)"/gm)];
  const lazy = [...text.matchAll(/\bimport\("([^"]+)"\)/g)];
  return [
    ...fixed.map(([, type, to = ""]) => ({
      target: resolve(path, to),
      typesOnly: type !== undefined,
      lazy: false,
    })),
    ...lazy.map(([, to = ""]) => ({ target: resolve(path, to), typesOnly: false, lazy: true })),
  ];
}

/** Everything that is loaded when a file is loaded, each with the file that asked for it first. */
export function loadedBy(start: string): Map<string, string> {
  const loaded = new Map([[start, start]]);
  for (const path of loaded.keys()) {
    if (!path.startsWith("src/")) continue;
    for (const { target, typesOnly, lazy } of importsOf(path)) {
      if (!typesOnly && !lazy && !loaded.has(target)) loaded.set(target, path);
    }
  }
  return loaded;
}

/** The lines of all source files that match, outside comments, as `file: line`. */
export function linesWith(pattern: RegExp, except: (path: string) => boolean = () => false): string[] {
  return sources
    .filter((path) => !except(path))
    .flatMap((path) =>
      code(path)
        .split("\n")
        .filter((line) => pattern.test(line))
        .map((line) => `${path}: ${line.trim()}`),
    );
}
