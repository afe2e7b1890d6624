import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { ERRORS, type ErrorKind, RETRIES } from "../src/base/error-table.ts";
import { consequenceOf, type ErrorCode } from "../src/base/errors.ts";
import { bashCompletion } from "./build/completion.ts";
import { loadVerbs, manualPage } from "./build/manual.ts";
import { writeContract } from "./contract/files.ts";

/** Writes the pages that are generated from the code: `npm run docs`. A test keeps them from drifting. */

const KINDS: Record<ErrorKind, string> = {
  config: "Configuration",
  usage: "Command line",
  device: "Sensors and their ports",
  platform: "The machine and its cabinet",
  storage: "Crash copy and outbox",
  key: "Keys",
  clock: "Clock",
  handover: "Between the two processes",
  broker: "Broker and network",
};

/** The text of `docs/errors.md`: every code of the table, by what part of the world it belongs to. */
export function errorsPage(): string {
  const kinds = Object.keys(KINDS) as ErrorKind[];
  return `# Error codes

A code is a stable string: it stands at the start of the line on the terminal and as \`code\` in the log.
This page is generated from \`src/base/error-table.ts\` by \`npm run docs\`; change the table, not the page.
${kinds.map(section).join("")}`;
}

function section(kind: ErrorKind): string {
  const rows = Object.entries(ERRORS)
    .filter(([, entry]) => entry.kind === kind)
    .map(
      ([code, { what, retry, hint }]) =>
        `| \`${code}\` | ${cell(what)} | ${cell(consequenceOf(code as ErrorCode))} | ${RETRIES[retry]} | ${cell(hint)} |\n`,
    );
  if (rows.length === 0) return "";
  return `
## ${KINDS[kind]}

| code | what happened | what it means | telpost | what to do |
|---|---|---|---|---|
${rows.join("")}`;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** Where the generated pages are kept. */
export const ERRORS_PAGE = join(ROOT, "docs", "errors.md");
export const README_PAGE = join(ROOT, "README.md");
export const MANUAL = join(ROOT, "deploy", "telpost.1");
export const COMPLETION = join(ROOT, "deploy", "telpost.bash");
export const CONTRACT = join(ROOT, "contract");

/** The README with the example configuration as it is now between its marks. */
export function readmePage(): string {
  const example = readFileSync(join(ROOT, "firmware-config", "telpost.example.yaml"), "utf8");
  const block = `<!-- example -->\n\`\`\`yaml\n${example}\`\`\`\n<!-- /example -->`;
  return readFileSync(README_PAGE, "utf8").replace(/<!-- example -->[\s\S]*<!-- \/example -->/, () => block);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  writeFileSync(ERRORS_PAGE, errorsPage());
  writeFileSync(README_PAGE, readmePage());
  const loaded = await loadVerbs();
  writeFileSync(MANUAL, manualPage(loaded));
  writeFileSync(COMPLETION, bashCompletion(loaded));
  writeContract(CONTRACT);
}
