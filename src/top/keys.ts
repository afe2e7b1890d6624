/** What a key does. */
export type Action = "quit" | "redraw" | "pause" | "down" | "up" | "faster" | "slower";

/** Ctrl-C, Ctrl-D and Ctrl-L come as characters of their own, arrows as sequences of three (ECMA-48). */
const ACTIONS: Readonly<Record<string, Action>> = {
  q: "quit",
  Q: "quit",
  "\x03": "quit",
  "\x04": "quit",
  "\x0c": "redraw",
  r: "redraw",
  " ": "pause",
  j: "down",
  "\x1b[B": "down",
  k: "up",
  "\x1b[A": "up",
  "+": "faster",
  "-": "slower",
};
const SEQUENCE = "\x1b[";

/** What the keys in a text do; several may come at once over a slow line. */
export function actionsIn(text: string): Action[] {
  const found: Action[] = [];
  for (let at = 0; at < text.length; ) {
    const key = text.slice(at, at + (text.startsWith(SEQUENCE, at) ? SEQUENCE.length + 1 : 1));
    at += key.length;
    const action = ACTIONS[key];
    if (action) found.push(action);
  }
  return found;
}
