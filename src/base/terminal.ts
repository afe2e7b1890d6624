import { changes } from "./line-changes.ts";
import type { Line, Size, Tone } from "./lines.ts";

/** The part of a terminal's output stream that is needed here: process.stdout has it. */
export interface Screen {
  readonly columns: number;
  readonly rows: number;
  write(text: string): unknown;
  on(event: "resize", listener: () => void): unknown;
  off(event: "resize", listener: () => void): unknown;
}

// Control sequences of ECMA-48 and xterm (ctlseqs, "DEC Private Mode Set").
const ESC = "\x1b[";
const ENTER = `${ESC}?1049h${ESC}?25l${ESC}2J`;
/** Cleared first: terminals without a second screen, or resized meanwhile, would keep rests of the picture. */
const LEAVE = `${ESC}0m${ESC}2J${ESC}H${ESC}?25h${ESC}?1049l`;
const TONES: Record<Tone, readonly [string, string]> = {
  plain: ["", ""],
  strong: [`${ESC}7m`, `${ESC}0m`],
  title: [`${ESC}1m`, `${ESC}0m`],
  dim: [`${ESC}2m`, `${ESC}0m`],
};
/** A terminal that does not tell its size. */
const USUAL: Size = { columns: 80, rows: 24 };

/** The alternate screen of a terminal: entered once, repainted where it changes, always left. */
export class Terminal {
  readonly #screen: Screen;
  readonly #onResize: () => void;
  #resized: () => void = () => {};
  #shown: Line[] = [];
  #entered = false;

  constructor(screen: Screen) {
    this.#screen = screen;
    this.#onResize = () => {
      this.forget();
      this.#resized();
    };
  }

  /** Calls `fn` when the terminal has another size. */
  onResize(fn: () => void): void {
    this.#resized = fn;
  }

  /** Clears the screen; the next paint draws every line anew. */
  forget(): void {
    this.#shown = [];
    this.#screen.write(`${ESC}2J`);
  }

  get size(): Size {
    const { columns, rows } = this.#screen;
    return columns > 0 && rows > 0 ? { columns, rows } : USUAL;
  }

  enter(): void {
    if (this.#entered) return;
    this.#entered = true;
    this.#screen.write(ENTER);
    this.#screen.on("resize", this.#onResize);
  }

  /**
   * Writes what changed, all in one piece, so that nothing flickers.
   * @param mostBytes a line that would make it more waits for the next call; the first is always written
   * @returns whether everything is drawn now
   */
  paint(lines: readonly Line[], mostBytes = Number.POSITIVE_INFINITY): boolean {
    let text = "";
    let whole = true;
    lines.forEach((line, at) => {
      const update = updateOf(this.#shown[at], line, at + 1);
      if (update === "") return;
      if (text !== "" && Buffer.byteLength(text + update) > mostBytes) whole = false;
      else {
        text += update;
        this.#shown[at] = line;
      }
    });
    if (text !== "") this.#screen.write(text);
    return whole;
  }

  /** Gives the terminal back as it was. May be called at any time, also twice. */
  leave(): void {
    if (!this.#entered) return;
    this.#entered = false;
    this.#screen.off("resize", this.#onResize);
    this.#screen.write(LEAVE);
  }
}

/** What makes one line out of the one that is shown there; nothing when they are the same. @param row from 1 */
function updateOf(shown: Line | undefined, line: Line, row: number): string {
  const [on, off] = TONES[line.tone];
  // Erased before and not after: behind a full line the cursor still stands on its last character.
  if (!shown || shown.tone !== line.tone) return `${ESC}${row};1H${ESC}2K${on}${line.text}${off}`;
  return changes(shown.text, line.text)
    .map(
      ({ at, text, ends }) =>
        `${ESC}${row};${at + 1}H${text === "" ? "" : on + text + off}${ends ? `${ESC}K` : ""}`,
    )
    .join("");
}
