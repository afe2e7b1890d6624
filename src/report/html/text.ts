/** Text of a page: every value is escaped, so that nothing in a configuration can become markup. */

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

export function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (letter) => ENTITIES[letter] ?? letter);
}

/** An element with text in it. */
export function element(name: string, text: string): string {
  return `<${name}>${escaped(text)}</${name}>`;
}

/** A list of texts; nothing for none. */
export function list(items: readonly string[]): string {
  if (items.length === 0) return "";
  return `<ul>${items.map((item) => element("li", item)).join("")}</ul>`;
}

/** Terms with what is said of each. */
export function terms(pairs: readonly (readonly [string, string])[]): string {
  return `<dl>${pairs.map(([term, text]) => element("dt", term) + element("dd", text)).join("")}</dl>`;
}

/** A table that scrolls by itself on a narrow screen; cells are texts. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (name: string, row: readonly string[]) => row.map((cell) => element(name, cell)).join("");
  const body = rows.map((row) => `<tr>${cells("td", row)}</tr>`).join("");
  return `<div class="wide"><table><thead><tr>${cells("th", head)}</tr></thead><tbody>${body}</tbody></table></div>`;
}
