import type { ReadStream } from "node:tty";
import { SystemClock } from "../base/clock.ts";
import { TelpostError } from "../base/errors.ts";
import { Terminal } from "../base/terminal.ts";
import { VERSION } from "../ops/version.ts";
import { type Keys, runScreen, runText, type TopPorts } from "../top/run.ts";
import { askBoth } from "./asking.ts";
import { PLACE_OPTIONS, placesOf } from "./places.ts";
import { type Arguments, EXIT, type ExitCode, type Io, textFlag, type Verb } from "./verb.ts";

const EVERY_SECONDS = 2;

export const top: Verb = {
  usage: "[--seconds N] [--plain] [--times N] [--runtime DIR] [--crash DIR]",
  options: {
    seconds: { type: "string", value: "N", help: "look every N seconds (1 to 60; default 2)" },
    plain: { type: "boolean", help: "lines instead of a screen; also when the output is no terminal" },
    times: { type: "string", value: "N", help: "with lines: look N times (default 1)" },
    runtime: PLACE_OPTIONS.runtime,
    crash: PLACE_OPTIONS.crash,
  },
  details: [
    "One screen of 80 x 24 and more: sensors, windows, outbox, uplink, clock, machine, and what to do about trouble.",
    "A refresh writes at most 900 bytes. Keys: q quit, space pause, + and - pace, j and k or arrows for more sensors, r",
    "draw anew. A sparkline has a character a minute since the screen was opened: # up all the time, . down. Shows nothing",
    "that depends on passages. Exit code 4 when, with lines, a process does not answer.",
  ].join("\n"),
  examples: ["telpost top", "telpost top --plain --times 3", "telpost top --seconds 10"],
  async run(args, io) {
    const places = placesOf(args, io.env);
    const ask = () => askBoth(places);
    const everySeconds = wholeFlag(args, "seconds", { most: 60 }) ?? EVERY_SECONDS;
    const times = wholeFlag(args, "times", { most: 1_000_000 }) ?? 1;
    const ports = { clock: new SystemClock(), version: VERSION, ask, everySeconds, signal: io.signal };
    if (args.flags.plain || !process.stdout.isTTY || io.env.TERM === "dumb") return lines(ports, times, io);
    return screen(ports);
  },
};

async function lines(ports: TopPorts, times: number, { out }: Io): Promise<ExitCode> {
  const { sense, forward } = await runText(ports, times, out);
  return sense && forward ? EXIT.ok : EXIT.notRunning;
}

async function screen(ports: TopPorts): Promise<ExitCode> {
  const terminal = new Terminal(process.stdout);
  const stopKeys = rawKeys();
  const leave = () => {
    terminal.leave();
    stopKeys();
  };
  // A second Ctrl-C or a terminal that went away ends the process at once.
  process.once("exit", leave);
  try {
    await runScreen(ports, terminal, keysOf());
    return EXIT.ok;
  } finally {
    leave();
  }
}

/** Each key as it is pressed, and not shown. Returns how to give the keyboard back. */
function rawKeys(): () => void {
  const stdin: Partial<ReadStream> = process.stdin;
  if (!stdin.isTTY) return () => {};
  stdin.setRawMode?.(true);
  return () => {
    stdin.setRawMode?.(false);
    stdin.pause?.();
  };
}

/** Without a keyboard, as behind a pipe, the signal ends it. */
function keysOf(): Keys {
  const { stdin } = process;
  return {
    onText(fn) {
      if (!stdin.isTTY) return;
      stdin.setEncoding("utf8").on("data", fn);
      for (const event of ["end", "error", "close"] as const) stdin.on(event, () => fn("q"));
    },
  };
}

function wholeFlag(args: Arguments, name: string, { most }: { readonly most: number }): number | undefined {
  const text = textFlag(args, name);
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,6}$/.test(text) && Number(text) <= most) return Number(text);
  throw new TelpostError("usage.bad_arguments", `--${name} takes a whole number from 1 to ${most}`);
}
