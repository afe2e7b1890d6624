/** What a terminal shows, as plain data. */
export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** How a line looks; the words never depend on it. */
export type Tone = "plain" | "strong" | "title" | "dim";

export interface Line {
  readonly text: string;
  readonly tone: Tone;
}

export const blank: Line = { text: "", tone: "plain" };

export function plain(text: string): Line {
  return { text, tone: "plain" };
}

export function title(text: string): Line {
  return { text, tone: "title" };
}

export function dim(text: string): Line {
  return { text, tone: "dim" };
}

/** Exactly so many lines of at most so many characters. */
export function fitted(lines: readonly Line[], { columns, rows }: Size): Line[] {
  return Array.from({ length: rows }, (_, at) => cut(lines[at] ?? blank, columns));
}

function cut({ text, tone }: Line, columns: number): Line {
  return { text: text.slice(0, columns), tone };
}
