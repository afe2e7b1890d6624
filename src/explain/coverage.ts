import type { Output, Quality } from "../model.ts";
import type { SealedWindows } from "../sense/diary.ts";

/** How much of a window an output was watched, in words, and the best quality that its record can have. */
export interface WatchedPart {
  readonly words: string;
  readonly best: Quality;
}

/** Read from the time that was watched alone: no flag and no value is known any more. */
export function coverageOf(
  { id, seconds }: Pick<Output, "id" | "seconds">,
  { short }: Pick<SealedWindows, "short">,
): WatchedPart {
  const covered = short.find(([output, length]) => output === id && length === seconds)?.[2] ?? seconds;
  if (covered >= seconds) return { words: `watched all ${seconds} s`, best: "ok" };
  if (covered <= 0) return { words: `not watched in ${seconds} s`, best: "not_measured" };
  return { words: `watched ${covered} of ${seconds} s`, best: "partial" };
}
