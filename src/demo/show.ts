import type { Line, Size } from "../base/lines.ts";
import type { Terminal } from "../base/terminal.ts";
import type { OpenedRecord } from "./story.ts";
import type { View } from "./view.ts";
import { recordLine } from "./words.ts";

/** How the demo is told: as a picture in a terminal, or as lines. */
export interface Show {
  /** What is going on changed. */
  says(text: string): void;
  /** The city opened these. */
  opened(records: readonly OpenedRecord[]): void;
  /** How things stand now; called a few times a second. */
  stands(view: View): void;
  /** The last words; nothing comes after them. */
  ends(lines: readonly string[]): void;
}

/** One line for everything that happens, for pipes and logs. */
export function plainShow(out: (line: string) => void): Show {
  return {
    says: out,
    opened: (records) => {
      for (const record of records) out(recordLine(record));
    },
    stands() {},
    ends: (lines) => {
      for (const line of lines) out(line);
    },
  };
}

/** The picture. Its last words stay in the terminal after it is gone. */
export function screenShow(
  terminal: Terminal,
  out: (line: string) => void,
  picture: (view: View, size: Size) => Line[],
): Show {
  return {
    says() {},
    opened() {},
    stands(view) {
      terminal.enter();
      terminal.paint(picture(view, terminal.size));
    },
    ends(lines) {
      terminal.leave();
      for (const line of lines) out(line);
    },
  };
}
