import type { Verb } from "./verb.ts";
import type { ListedVerb } from "./verbs.ts";

/** The page that `telpost help` prints. */
export function generalHelp(verbs: readonly ListedVerb[], version: string): string {
  const width = Math.max(...verbs.map(({ name }) => name.length));
  const list = verbs.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  return [
    `telpost ${version}: counts people, keeps nobody.`,
    "",
    "Usage: telpost COMMAND [OPTIONS]      telpost help COMMAND",
    "",
    ...list,
    "",
    "Exit codes: 0 done, 1 failed, 2 wrong use, 3 configuration problems, 4 not running, 78 no suitable Node.",
  ].join("\n");
}

/** The page of one verb. */
export function verbHelp({ name, summary }: ListedVerb, verb: Verb): string {
  const options = Object.entries(verb.options).map(([name, { value, help }]) => {
    return { flag: `--${name}${value ? ` ${value}` : ""}`, help };
  });
  const width = Math.max(0, ...options.map(({ flag }) => flag.length));
  return [
    `telpost ${name}: ${summary}`,
    "",
    `Usage: telpost ${name} ${verb.usage}`.trimEnd(),
    ...(options.length > 0
      ? ["", ...options.map(({ flag, help }) => `  ${flag.padEnd(width)}  ${help}`)]
      : []),
    ...(verb.details ? ["", verb.details] : []),
    "",
    "Examples:",
    ...verb.examples.map((example) => `  ${example}`),
  ].join("\n");
}

/** The word of `known` that is closest to `word`, when it is close enough to be a slip of the finger. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const ranked = known
    .map((one) => ({ one, distance: editDistance(word, one) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best && best.distance <= Math.max(2, Math.floor(word.length / 3)) ? best.one : undefined;
}

/** Levenshtein distance; the words are short. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
