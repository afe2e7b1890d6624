import { configHash, type Parsed, type ProfilesFor, parseConfig } from "./parse.ts";
import type { Config } from "./schema.ts";

/** What a process starts with. */
export interface Chosen {
  readonly config: Config;
  /** Names the text it was read from. */
  readonly hash: string;
  /** Why it is not the administrator's, in a few words; null when it is. */
  readonly instead: string | null;
}

export interface Choice {
  /** What the administrator wrote. */
  readonly text: string;
  readonly devices: ProfilesFor;
  /** The last configuration with which a window was proven; null when there is none. */
  readonly good: string | null;
  /** The hash of one that was tried and gave no window. */
  readonly takenBack: string | null;
  /** Whether a file that a configuration names is there. */
  readonly exists: (path: string) => boolean;
}

/**
 * The administrator's configuration; or the last good one, where that has problems, names files that are not there, or was
 * tried and gave no window. Both processes see the same and so take the same. Opens nothing.
 * @returns the problems of the administrator's one, when there is nothing to take instead
 */
export function chooseConfiguration(choice: Choice): Parsed<Chosen> {
  const own = chosen(choice.text, choice.devices, null);
  if (choice.good === null) return own;
  const wrong = whatIsWrong(own, choice);
  if (wrong === null) return own;
  const instead = chosen(choice.good, choice.devices, wrong);
  return instead.ok ? instead : own;
}

function chosen(text: string, devices: ProfilesFor, instead: string | null): Parsed<Chosen> {
  const parsed = parseConfig(text, devices);
  if (!parsed.ok) return parsed;
  return { ok: true, value: { config: parsed.value, hash: configHash(text), instead } };
}

function whatIsWrong(own: Parsed<Chosen>, { takenBack, exists }: Choice): string | null {
  if (!own.ok) {
    const [first] = own.problems;
    return first
      ? `line ${first.line}: ${first.path ? `${first.path}: ` : ""}${first.message}`
      : "it has problems";
  }
  const missing = namedFiles(own.value.config).filter((path) => !exists(path));
  if (missing.length > 0) return `${missing.join(", ")} is not there`;
  return own.value.hash === takenBack ? "it was tried and gave no window" : null;
}

/** The files without which a process does not start. */
function namedFiles({ gateway, city, broker }: Config): string[] {
  const all = [gateway.key, city.root, city.keys, broker.ca, broker.cert, broker.key];
  return all.filter((path) => path !== undefined);
}
