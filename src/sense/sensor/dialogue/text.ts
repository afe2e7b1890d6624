import type { Verdict } from "./match.ts";
import type { TextExpect } from "./script.ts";
import type { HeardText } from "./state.ts";

/** Nothing was heard since sending. */
export const SILENCE: HeardText = { tail: "", echoEnd: null };

/**
 * Takes raw bytes that came after a command. Of the texts that are waited for, the one that is complete first decides,
 * so that it does not matter how the bytes are cut. Holds no more than the longest of these texts.
 * @param sent the command, whose echo the device may send before it answers
 */
export function hear(
  heard: HeardText,
  chunk: Uint8Array,
  expect: TextExpect,
  sent: Uint8Array,
): { readonly heard: HeardText; readonly verdict: Verdict } {
  const text = heard.tail + latin1(chunk);
  const echo = latin1(sent).trimEnd();
  const echoEnd = heard.echoEnd ?? endOf(text, [echo], 0);
  const answerEnd = least(
    endOf(text, expect.any, 0),
    echoEnd === null ? null : endOf(text, expect.afterEcho ?? [], echoEnd),
  );
  const refusalEnd = endOf(text, expect.refuse ?? [], 0);
  const refused = refusalEnd !== null && (answerEnd === null || refusalEnd <= answerEnd);
  const held = longest([echo, ...expect.any, ...(expect.afterEcho ?? []), ...(expect.refuse ?? [])]) - 1;
  const cut = Math.max(0, text.length - held);
  return {
    heard: { tail: text.slice(cut), echoEnd: echoEnd === null ? null : Math.max(0, echoEnd - cut) },
    verdict: refused ? "refusal" : answerEnd !== null ? "answer" : "other",
  };
}

/** Where the first of these texts to be complete ends, or null. */
function endOf(text: string, wanted: readonly string[], from: number): number | null {
  return wanted.reduce<number | null>((first, word) => {
    const found = text.indexOf(word, from);
    return found < 0 ? first : least(first, found + word.length);
  }, null);
}

function least(one: number | null, other: number | null): number | null {
  return one === null ? other : other === null ? one : Math.min(one, other);
}

function longest(texts: readonly string[]): number {
  return Math.max(1, ...texts.map((text) => text.length));
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}
