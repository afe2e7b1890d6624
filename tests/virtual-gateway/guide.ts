/** A command of the guide, and what the page says that it prints. */
export interface Told {
  readonly command: string;
  readonly prints: string;
}

/** One block of the guide that is followed. */
export interface Step {
  /** What others do before it: a function of guest/guide.sh. */
  readonly before: string | null;
  readonly commands: readonly Told[];
}

/** A comment marks a block of commands that are followed: `<!-- followed -->`, or `<!-- followed after WHAT -->`. */
const BLOCK = /<!-- followed(?: after (\w+))? -->\n```console\n([\s\S]*?)```/g;

/** What in a page is followed: lines that begin with `$ ` are typed, the lines after each are what it prints. */
export function stepsOf(page: string): Step[] {
  return [...page.matchAll(BLOCK)].map(([, before = null, text = ""]) => {
    const [, ...parts] = `\n${text}`.split(/\n\$ /);
    const commands = parts.map((part) => {
      const [command = "", ...prints] = part.split("\n");
      return { command, prints: prints.join("\n").trim() };
    });
    return { before, commands };
  });
}

/** What may differ from one gateway to the next: times, numbers and versions, architecture, adapters and keys. */
function masked(text: string): string {
  return text
    .replaceAll(/\busb-[\w-]+/g, "ADAPTER")
    .replaceAll(/amd64|arm64/g, "ARCH")
    .replaceAll(/x: "[\w-]+"/g, 'x: "KEY"')
    .replaceAll(/\b(configuration|key) [0-9a-zA-Z_-]{8,}/g, "$1 HASH")
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "TIME")
    .replaceAll(/\d+(\.\d+)*/g, "N")
    .replaceAll(/\s+/g, " ")
    .trim();
}

/**
 * Whether a command printed what the page says. A line `...` on the page stands for any lines; lines that a terminal
 * would break elsewhere are the same.
 * @returns null, or the first part of the page that is not there
 */
export function missing(prints: string, printed: string): string | null {
  let rest = masked(printed);
  const parts = prints.split(/^\.\.\.$/m).map(masked);
  for (const [index, part] of parts.entries()) {
    const at = rest.indexOf(part);
    const last = index === parts.length - 1;
    const fits = index === 0 ? at === 0 : at >= 0;
    if (!fits || (last && part !== "" && !rest.endsWith(part))) return part;
    rest = last ? rest : rest.slice(at + part.length);
  }
  return parts.at(-1) === "" && parts.length === 1 && rest !== "" ? "(nothing)" : null;
}
