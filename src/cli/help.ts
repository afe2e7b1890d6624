import type { ListedVerb, Verb } from "./verb.ts";

/** What the exit codes mean. */
export const EXIT_CODES: Readonly<Record<number, string>> = {
  0: "done",
  1: "failed",
  2: "wrong use",
  3: "configuration problems",
  4: "not running",
  5: "what was new was taken back",
  6: "going back did not help",
  7: "doctor has warnings",
  78: "no suitable Node",
};

/** The page that `telpost help` prints. */
export function generalHelp(verbs: readonly ListedVerb[], version: string): string {
  const width = Math.max(...verbs.map(({ name }) => name.length));
  const list = verbs.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  const codes = Object.entries(EXIT_CODES).map(([code, meaning]) => `${code} ${meaning}`);
  return [
    `telpost ${version}: counts people, keeps nobody.`,
    "",
    "Usage: telpost COMMAND [OPTIONS]      telpost help COMMAND",
    "",
    ...list,
    "",
    `Exit codes: ${codes.join(", ")}.`,
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
