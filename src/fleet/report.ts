import type { Changes } from "./folder.ts";
import { GATEWAYS } from "./plan.ts";
import type { Registrations } from "./registrations.ts";

/** So many names of a kind are worth a line each; of more, the number tells enough. */
const MOST_NAMED = 20;

/** What changed, or would, as lines. */
export function changeLines({ added, changed, removed, same }: Changes): string[] {
  return [
    ...kindLines("new", added),
    ...kindLines("changed", changed),
    ...kindLines("removed", removed),
    `unchanged: ${same} files`,
    ...goneLines(removed),
  ];
}

function kindLines(word: string, paths: readonly string[]): string[] {
  if (paths.length === 0) return [];
  return [`${word}: ${paths.length} files`, ...shortened(paths)];
}

/** A gateway whose configuration goes has no stanza and no registration either. */
function goneLines(removed: readonly string[]): string[] {
  const ids = removed.flatMap(
    (path) => new RegExp(`^${GATEWAYS}/(.+)/telpost\\.yaml$`).exec(path)?.[1] ?? [],
  );
  if (ids.length === 0) return [];
  return [
    `no longer in the inventory: ${ids.length} gateways; the broker denies them after its reload`,
    ...shortened(ids),
  ];
}

export function refusedLines({ refused }: Changes): string[] {
  const lines = refused.map(({ path, why }) =>
    why === "changed" ? `${path}: was changed by hand` : `${path}: was not made by telpost fleet`,
  );
  return shortened(lines);
}

/** How far the keys of the gateways have come back. */
export function keyLines({ registered, missing, refused }: Registrations, keys: string): string[] {
  return [
    `keys: ${registered} of ${registered + missing.length} gateways registered`,
    ...(refused.length > 0 ? ["of no use:", ...shortened(refused)] : []),
    ...(missing.length > 0 ? [`missing in ${keys}, as <gateway>.public.jwk:`, ...shortened(missing)] : []),
  ];
}

function shortened(lines: readonly string[]): string[] {
  const more = lines.length - MOST_NAMED;
  return [
    ...lines.slice(0, more > 0 ? MOST_NAMED : undefined).map((line) => `  ${line}`),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ];
}
