import { createHash } from "node:crypto";

/**
 * The first line of every file that telpost makes for a person's eyes. It carries a hash of what follows, so that a file
 * of somebody else, or one that somebody changed, is known and left alone.
 */
const MARK = /^# Made by telpost [^\n]*\. ([0-9a-f]{16})\n/;

/** A file with its mark. @param maker one line, such as "telpost fleet; change the inventory, not this file" */
export function marked(body: string, maker: string): string {
  return `# Made by ${maker}. ${hashOf(body)}\n${body}`;
}

/** Whose a file is: as it was made, made and then changed by hand, or somebody else's. */
export function ownerOf(text: string): "ours" | "changed" | "foreign" {
  const mark = MARK.exec(text);
  if (!mark) return "foreign";
  return mark[1] === hashOf(text.slice(mark[0].length)) ? "ours" : "changed";
}

function hashOf(body: string): string {
  return createHash("sha256").update(body).digest("hex").slice(0, 16);
}
