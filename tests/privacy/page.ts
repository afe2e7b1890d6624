import type { Evidence } from "./evidence.ts";

/** Each rule in a sentence; privacy evidence is told under these. */
export const RULES: Readonly<Record<string, string>> = {
  P1: "A decoder gives counts, positions for the crossing step, and device state. Everything else is dropped there.",
  P2: "Raw readings never touch a disk. Exceptions: the open window on tmpfs, and one last total of each running counter.",
  P3: "Noise is exact discrete Laplace with the epsilon of the configuration, from the system's generator.",
  P4: "Directions, sensors and windows draw independently.",
  P5: "Noise is drawn once: a window has one value for ever.",
  P6: "A late reading is discarded, and a counter's step counts once.",
  P7: "One message at every end of a window, at a fixed time after it, people or not.",
  P8: "Every message of a kind has one length.",
  P9: "Status, health, logs, exit codes and file names tell nothing about people.",
  P10: "The log embeds no value.",
  P11: "Everything derived is derived from noised values.",
  P12: "Values on the wire are signed and unbiased; null for what nobody measured.",
  P13: "Windows are 60 s or longer, aligned, and never overlap; shorter ones in profile lab only.",
  P14: "After a clean stop nothing that was delivered is left in the database.",
  P15: "No command shows a live count.",
  P16: "Memory stays in memory: no core dump, swap, inspector or heap snapshot.",
  P17: "No remote command returns raw data or weakens a promise.",
  P18: "A clock that was never set: windows wait, noised, and keep one label.",
};

/** Rules that nothing was measured for. */
export function missingRules(found: readonly Evidence[]): string[] {
  return Object.keys(RULES).filter((rule) => !found.some((one) => one.rule === rule));
}

/** The text of docs/privacy-evidence.md. */
export function evidencePage(found: readonly Evidence[]): string {
  const sections = Object.entries(RULES).map(([rule, sentence]) => {
    const lines = [...new Set(found.filter((one) => one.rule === rule).map(({ text }) => `- ${text}.\n`))];
    return `\n## ${rule}\n\n${sentence}\n\n${lines.sort(inNumbers).join("")}`;
  });
  return `# What was measured for each privacy rule

Written by \`npm run test:privacy\` when every test held; not by hand. The same tests run in a bounded form within
\`npm test\`. A p-value is the chance that the right noise lies as far off as what was drawn, or farther: it differs from run
to run, and a test of what is true fails below 1e-10. What must be refused has to be below that. No noise here comes from a seed.
${sections.join("")}`;
}

const inNumbers = (one: string, other: string) => one.localeCompare(other, "en", { numeric: true });
