import type { PortName } from "../engine.ts";
import type { InitStep, TextExpect } from "./script.ts";

/** How a configuration file is sent. */
export interface ChirpOptions {
  readonly port: PortName;
  readonly timeoutMs: number;
  /** Between the answer to a line and the next line; the maker's own tool waits 30 ms. */
  readonly gapMs: number;
  readonly retries: number;
}

/** The device reads at most 255 characters with the end of the line (TI mmWave SDK, utils/cli/src/cli.c, CLI_task). */
const MAX_LINE_CHARACTERS = 254;
/** The files that come with the demos have about 40. */
const MAX_LINES = 500;

/**
 * How the command line of TI's mmWave demos answers (same file): an echo of the line, then `Done`, or `Error` and a number,
 * or that it knows no such command, and at the end its prompt, which ends in `:/>`. `Ignored: ...` comes before `Done`.
 */
const ANSWER: TextExpect = {
  kind: "text",
  any: ["Done"],
  afterEcho: ["Ignored", ":/>"],
  refuse: ["Error", "not recognized"],
};

/** One step a line of a TI configuration ("chirp") file. Empty lines and those with `%` are comments. */
export function chirpSteps(
  text: string,
  { port, timeoutMs, gapMs, retries }: ChirpOptions,
): readonly InitStep[] {
  return linesOf(text)
    .filter(isCommand)
    .map((line) => ({
      port,
      send: new Uint8Array(Buffer.from(`${line}\n`, "latin1")),
      expect: ANSWER,
      timeoutMs,
      retries,
      gapMs,
      always: false,
    }));
}

/** What is wrong with a configuration file, for people, with the number of the line; null when it can be sent. */
export function chirpProblem(text: string): string | null {
  const lines = linesOf(text);
  const commands = lines.filter(isCommand).length;
  if (commands === 0) return "holds no command";
  if (commands > MAX_LINES) return `holds more than ${MAX_LINES} commands`;
  const odd = lines.findIndex((line) => !/^[\x20-\x7e\t]*$/.test(line) && isCommand(line));
  if (odd >= 0) return `line ${odd + 1} holds a character that is not ASCII`;
  const long = lines.findIndex((line) => line.length > MAX_LINE_CHARACTERS && isCommand(line));
  return long >= 0 ? `line ${long + 1} is longer than ${MAX_LINE_CHARACTERS} characters` : null;
}

/** Trimming takes a byte order mark away, too. */
function linesOf(text: string): string[] {
  return text.split(/\r\n|\n|\r/).map((line) => line.trim());
}

function isCommand(line: string): boolean {
  return line !== "" && !line.startsWith("%");
}
