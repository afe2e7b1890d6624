import { wrapped } from "../base/wrapped.ts";

const LABEL = 13;

/** A labelled text on lines of at most 80 characters. */
export function field(label: string, text: string): string[] {
  return wrapped(`${label.padEnd(LABEL)}${text}`, " ".repeat(LABEL));
}

/** Some labelled texts, the label only before the first. */
export function fields(label: string, texts: readonly string[]): string[] {
  return texts.flatMap((text, at) => field(at === 0 ? label : "", text));
}

/** An instant to the second, UTC, such as `2026-07-18 14:05:00Z`. @param ms since the Unix epoch */
export function instant(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace("T", " ")}Z`;
}
