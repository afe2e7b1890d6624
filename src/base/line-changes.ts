/** A piece of a line that is to be written anew. */
export interface Change {
  /** The first character that changes, from 0. */
  readonly at: number;
  readonly text: string;
  /** What stood behind it goes. */
  readonly ends: boolean;
}

/** To move the cursor costs about as much as to write so many characters that stay. */
const WORTH_A_MOVE = 8;

/** The pieces that make `next` out of `shown`, as few bytes as are worth the trouble. Each character takes one column. */
export function changes(shown: string, next: string): Change[] {
  const [before, after] = [[...shown], [...next]];
  const found: Change[] = [];
  let start = -1;
  let end = -1;
  const close = () => {
    if (start >= 0) found.push({ at: start, text: after.slice(start, end).join(""), ends: false });
    start = -1;
  };
  after.forEach((character, at) => {
    if (character === before[at]) return;
    if (start >= 0 && at - end > WORTH_A_MOVE) close();
    if (start < 0) start = at;
    end = at + 1;
  });
  if (after.length < before.length) {
    if (start < 0 || after.length - end > WORTH_A_MOVE) {
      close();
      return [...found, { at: after.length, text: "", ends: true }];
    }
    end = after.length;
    return [...found, { at: start, text: after.slice(start).join(""), ends: true }];
  }
  close();
  return found;
}
