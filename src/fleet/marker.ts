import { createHash } from "node:crypto";

/**
 * The first line of every file that telpost fleet makes. It carries a hash of what follows, so that a file of somebody
 * else, or one that somebody changed, is known and left alone.
 */
const MARK = "# Made by telpost fleet; change the inventory, not this file. ";

/** A file with its mark. */
export function marked(body: string): string {
  return `${MARK}${hashOf(body)}\n${body}`;
}

/** Whose a file is: as it was made, made and then changed by hand, or somebody else's. */
export function ownerOf(text: string): "ours" | "changed" | "foreign" {
  const end = text.indexOf("\n");
  if (!text.startsWith(MARK) || end < 0) return "foreign";
  return text.slice(MARK.length, end) === hashOf(text.slice(end + 1)) ? "ours" : "changed";
}

function hashOf(body: string): string {
  return createHash("sha256").update(body).digest("hex").slice(0, 16);
}
