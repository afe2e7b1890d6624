import type { Problem } from "./parse.ts";
import { type Profile, parseProfile } from "./profile.ts";

/** The text of one profile.yaml, under the name of its folder. */
export interface ProfileText {
  readonly id: string;
  readonly text: string;
}

/** Profiles by id. */
export type Catalog = ReadonlyMap<string, Profile>;

/** One mistake in one of the profiles. */
export interface ProfileProblem extends Problem {
  /** The name of the folder. */
  readonly profile: string;
}

export type LoadedProfiles =
  | { readonly ok: true; readonly value: Catalog }
  | { readonly ok: false; readonly problems: readonly ProfileProblem[] };

/** Texts in, all profiles or all problems of all of them out. A profile is called what its folder is called. Opens nothing. */
export function loadProfiles(texts: readonly ProfileText[]): LoadedProfiles {
  const catalog = new Map<string, Profile>();
  const problems: ProfileProblem[] = [];
  const start = { line: 1, column: 1 };
  for (const { id, text } of texts) {
    const parsed = parseProfile(text);
    if (!parsed.ok) problems.push(...parsed.problems.map((one) => ({ ...one, profile: id })));
    else if (parsed.value.id !== id) {
      const message = `the profile is called "${parsed.value.id}" but its folder "${id}"; give both one name`;
      problems.push({ ...start, path: "id", message, profile: id });
    } else if (catalog.has(id)) {
      problems.push({ ...start, path: "id", message: `"${id}" is there twice`, profile: id });
    } else catalog.set(id, parsed.value);
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: catalog };
}
