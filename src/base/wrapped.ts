/** What a screen of a ladder's width shows. */
const COLUMNS = 80;

/** A text as lines of at most 80 characters, broken at spaces; a longer word, such as a path, is never broken. */
export function wrapped(text: string, indent: string): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/(?<=\S) /)) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (longer.length <= COLUMNS || line.trim() === "") line = longer;
    else {
      lines.push(line);
      line = `${indent}${word}`;
    }
  }
  return [...lines, line];
}
