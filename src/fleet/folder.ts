import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { TelpostError } from "../base/errors.ts";
import { ownerOf } from "../config/marker.ts";
import { readPublicKey } from "../keys/files.ts";
import { GATEWAYS, OF_GATEWAY, type Plan } from "./plan.ts";
import type { ReturnedKey } from "./registrations.ts";

/** What has to be done to an output folder so that it holds what was planned, and nothing of what is no longer. */
export interface Changes {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  /** Made by an earlier run, for what the inventory no longer holds. */
  readonly removed: readonly string[];
  readonly same: number;
  /** Files in the way that are somebody else's or were changed by hand, and why. */
  readonly refused: readonly { readonly path: string; readonly why: "changed" | "foreign" }[];
}

/** Compares a plan with what is there. Changes nothing. @throws TelpostError fleet.unusable */
export function compare(out: string, { files }: Plan): Changes {
  const added: string[] = [];
  const changed: string[] = [];
  const removed: string[] = [];
  const refused: { path: string; why: "changed" | "foreign" }[] = [];
  let same = 0;
  for (const [path, text] of files) {
    const there = textAt(out, path);
    const owner = there === null ? "ours" : ownerOf(there);
    if (there === null) added.push(path);
    else if (there === text) same += 1;
    else if (owner === "ours") changed.push(path);
    else refused.push({ path, why: owner });
  }
  for (const path of leftOver(out, files)) {
    const owner = ownerOf(textAt(out, path) ?? "");
    if (owner === "ours") removed.push(path);
    // What somebody put there for a gateway of before is that person's own.
    if (owner === "changed") refused.push({ path, why: owner });
  }
  return { added, changed, removed, same, refused };
}

/**
 * Makes a folder hold what was planned. Each file appears whole under its name or not at all; what a power cut leaves
 * undone, the next run does. @throws TelpostError fleet.unusable
 */
export function apply(out: string, { files }: Plan, { added, changed, removed }: Changes): void {
  for (const path of [...added, ...changed]) {
    const file = join(out, path);
    using(file, () => {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(`${file}.new`, files.get(path) ?? "");
      renameSync(`${file}.new`, file);
    });
  }
  for (const path of removed) {
    const file = join(out, path);
    using(file, () => {
      rmSync(file);
      if (path.startsWith(GATEWAYS) && readdirSync(dirname(file)).length === 0) rmdirSync(dirname(file));
    });
  }
}

const PUBLIC = ".public.jwk";

/** The public keys that came back: every `<gateway>.public.jwk` of a folder, which need not exist. */
export function returnedKeys(folder: string): ReturnedKey[] {
  if (!existsSync(folder)) return [];
  const names = using(folder, () => readdirSync(folder)).filter((name) => name.endsWith(PUBLIC));
  return names.sort().map((name): ReturnedKey => {
    const id = name.slice(0, -PUBLIC.length);
    try {
      return { id, key: readPublicKey(join(folder, name), "Ed25519") };
    } catch (failure) {
      if (!(failure instanceof TelpostError)) throw failure;
      return { id, why: `${failure.code}: ${failure.detail}` };
    }
  });
}

/** Files that earlier runs made for gateways that this plan does not hold. */
function leftOver(out: string, files: Plan["files"]): string[] {
  const folder = join(out, GATEWAYS);
  const ids = existsSync(folder) ? using(folder, () => readdirSync(folder)).sort() : [];
  const possible = ids.flatMap((id) => OF_GATEWAY.map((name) => `${GATEWAYS}/${id}/${name}`));
  return possible.filter((path) => !files.has(path) && existsSync(join(out, path)));
}

function textAt(out: string, path: string): string | null {
  const file = join(out, path);
  return using(file, () => (existsSync(file) ? readFileSync(file, "utf8") : null));
}

function using<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw new TelpostError("fleet.unusable", `${path}: ${(cause as NodeJS.ErrnoException).code}`, { cause });
  }
}
