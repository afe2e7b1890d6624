import type { Line, Size, Tone } from "./picture/picture.ts";

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

/** The alternate screen of a terminal: entered once, repainted line by line, always left. */
export class Terminal {
  readonly #screen: Screen;
  readonly #onResize: () => void;
  #shown: string[] = [];
  #entered = false;

  constructor(screen: Screen) {
    this.#screen = screen;
    // The next paint draws every line anew.
    this.#onResize = () => {
      this.#shown = [];
      screen.write(`${ESC}2J`);
    };
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

  /** Writes the lines that changed, all in one piece, so that nothing flickers. */
  paint(lines: readonly Line[]): void {
    const drawn = lines.map(({ text, tone }) => `${TONES[tone][0]}${text}${TONES[tone][1]}`);
    // Erased before and not after: behind a full line the cursor still stands on its last character.
    const changed = drawn.map((line, at) =>
      line === this.#shown[at] ? "" : `${ESC}${at + 1};1H${ESC}2K${line}`,
    );
    this.#shown = drawn;
    const text = changed.join("");
    if (text !== "") this.#screen.write(text);
  }

  /** Gives the terminal back as it was. May be called at any time, also twice. */
  leave(): void {
    if (!this.#entered) return;
    this.#entered = false;
    this.#screen.off("resize", this.#onResize);
    this.#screen.write(LEAVE);
  }
}
