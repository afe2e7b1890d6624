import { SystemClock } from "../base/clock.ts";
import { TelpostError } from "../base/errors.ts";
import { runDemo } from "../demo/demo.ts";
import { plainShow, type Show, screenShow } from "../demo/show.ts";
import type { RunGateway } from "../demo/stage.ts";
import { Terminal } from "../demo/terminal.ts";
import { runBoth } from "./both.ts";
import { type Arguments, EXIT, type Io, textFlag, type Verb } from "./verb.ts";

const PAINT_MS = 250;

export const demo: Verb = {
  usage: "[--seconds N] [--plain]",
  options: {
    seconds: {
      type: "string",
      value: "N",
      help: "end so many seconds after the first visitor (default: at Ctrl-C)",
    },
    plain: { type: "boolean", help: "lines instead of a picture; also when the output is no terminal" },
  },
  details: [
    "Needs no hardware, no broker and no configuration: four simulated sensors at real pseudo-terminals, the real",
    "processes sense and forward, and a broker and a city inside this one. Everything lies in a temporary folder that",
    "is removed at the end.",
  ].join("\n"),
  examples: ["telpost demo", "telpost demo --seconds 60 --plain"],
  async run(args, io) {
    const clock = new SystemClock();
    const options = { clock, seconds: secondsOf(args), paintMs: PAINT_MS, signal: io.signal };
    await runDemo({ ...options, show: showOf(args, io), runGateway: gatewayOf(io), onExit });
    return EXIT.ok;
  },
};

/** @throws TelpostError usage.bad_arguments */
function secondsOf(args: Arguments): number | null {
  const text = textFlag(args, "seconds");
  if (text === undefined) return null;
  if (!/^[1-9]\d{0,5}$/.test(text))
    throw new TelpostError("usage.bad_arguments", "--seconds takes a whole number above 0");
  return Number(text);
}

function showOf(args: Arguments, { out }: Io): Show {
  if (args.flags.plain || !process.stdout.isTTY) return plainShow(out);
  const terminal = new Terminal(process.stdout);
  onExit(() => terminal.leave());
  return screenShow(terminal, out);
}

/** A second Ctrl-C or a reader that went away ends the process at once. */
function onExit(work: () => void): void {
  process.once("exit", work);
}

function gatewayOf({ env }: Io): RunGateway {
  return ({ configFile, folders, output, notice, signal }) =>
    runBoth({ configFile, places: folders, level: "info", output }, { env, err: notice, signal });
}
