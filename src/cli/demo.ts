import { type Clock, SystemClock } from "../base/clock.ts";
import { TelpostError } from "../base/errors.ts";
import { Terminal } from "../base/terminal.ts";
import { runDemo } from "../demo/demo.ts";
import { DeviceStreet } from "../demo/device-street.ts";
import { devicesPicture } from "../demo/picture/devices.ts";
import { picture } from "../demo/picture/picture.ts";
import { plainShow, type Show, screenShow } from "../demo/show.ts";
import type { RunGateway } from "../demo/stage.ts";
import { runBoth } from "./both.ts";
import { readCatalog } from "./catalog.ts";
import { type Arguments, EXIT, type Io, textFlag, type Verb } from "./verb.ts";

const PAINT_MS = 250;
const HOUR_SECONDS = 3_600;

export const demo: Verb = {
  usage: "[--sensors] [--seconds N] [--plain]",
  options: {
    sensors: {
      type: "boolean",
      help: "a simulated device for every serial profile instead of the four generic sensors",
    },
    seconds: {
      type: "string",
      value: "N",
      help: "end so many seconds after the first visitor (default: at Ctrl-C)",
    },
    plain: { type: "boolean", help: "lines instead of a picture; also when the output is no terminal" },
  },
  details: [
    "Needs no hardware, no broker and no configuration: simulated sensors at real pseudo-terminals, the real",
    "processes sense and forward, and a broker and a city inside this one. Everything lies in a temporary folder that",
    "is removed at the end. With --sensors there is a simulated device for every serial profile instead of four generic",
    "sensors, and all of them see the same people, for an hour or so many seconds.",
  ].join("\n"),
  examples: ["telpost demo", "telpost demo --sensors", "telpost demo --seconds 60 --plain"],
  async run(args, io) {
    const clock = new SystemClock();
    const seconds = secondsOf(args);
    const options = { clock, seconds, paintMs: PAINT_MS, signal: io.signal, onExit };
    const shown = { show: showOf(args, io), runGateway: gatewayOf(io) };
    await runDemo({ ...options, ...shown, ...(args.flags.sensors ? devices(clock, seconds) : {}) });
    return EXIT.ok;
  },
};

/** Without an end, people walk for an hour. */
function devices(clock: Clock, seconds: number | null) {
  const profiles = readCatalog(".");
  const makeStreet = (folder: string) =>
    new DeviceStreet({ clock, folder, profiles, seconds: seconds ?? HOUR_SECONDS });
  return { makeStreet };
}

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
  return screenShow(terminal, out, args.flags.sensors ? devicesPicture : picture);
}

/** A second Ctrl-C or a reader that went away ends the process at once. */
function onExit(work: () => void): void {
  process.once("exit", work);
}

function gatewayOf({ env }: Io): RunGateway {
  return ({ configFile, folders, output, notice, signal }) =>
    runBoth({ configFile, places: folders, level: "info", output }, { env, err: notice, signal });
}
