import { createInterface } from "node:readline";
import { TelpostError } from "../base/errors.ts";
import { wrapped } from "../base/wrapped.ts";
import { openConversation } from "../ops/conversation.ts";
import { type Engineer, introduce, visit } from "../walk/visit.ts";
import { PLACE_OPTIONS, placesOf, walkSocket } from "./places.ts";
import { EXIT, type Io, textFlag, type Verb } from "./verb.ts";

export const walktest: Verb = {
  usage: "SENSOR [--line LINE] [--bytes] [--crash DIR]",
  options: {
    line: { type: "string", value: "LINE", help: "which counting line, where the sensor has several" },
    bytes: { type: "boolean", help: "shows what goes over the sensor's line as well, for wiring trouble" },
    crash: PLACE_OPTIONS.crash,
  },
  details: [
    "You walk past a sensor, see what it counts, and learn whether it misses, doubles or mirrors passages. No other command",
    "shows live exact counts, so this one has bounds: only at a terminal on the gateway, for root and the group telpost-walk,",
    "at most 15 minutes, 4 times a day and 30 minutes apart. It asks for your name and a reason; both go to the city with a",
    "signed record of the verdict, without a count. The windows of that sensor are marked calibration. It ends when the",
    "terminal hangs up. With --bytes it also shows what goes over the line of that sensor, at most 256 bytes a second; never",
    "of a device that may send pictures. Event and record say whether that was shown.",
    "Exit code 0: the test was finished, whatever it found. Any other: it was refused or ended early.",
  ].join("\n"),
  words: 1,
  examples: [
    "telpost walktest gate-1",
    "telpost walktest camera --line exit",
    "telpost walktest gate-1 --bytes",
  ],
  async run(args, io) {
    const [sensor] = args.positionals;
    if (sensor === undefined) throw new TelpostError("usage.bad_arguments", "say which sensor");
    if (!process.stdin.isTTY || !process.stdout.isTTY) throw new TelpostError("walk.no_terminal");
    const line = textFlag(args, "line");
    const socket = walkSocket(placesOf(args, io.env));
    // Who may not is told before typing anything. Then the door is shut: nobody holds it who only types.
    (await openConversation(socket, "walk.denied")).end();
    const engineer = atTerminal(process.stdin, io);
    try {
      const wish = {
        sensor,
        ...(line !== undefined && { line }),
        ...(args.flags.bytes && { bytes: true as const }),
      };
      const who = await introduce(engineer);
      const talk = await openConversation(socket, "walk.denied");
      const { record } = await visit(talk, engineer, { ...wish, ...who }).finally(() => talk.end());
      io.out("The signed record goes to the city:");
      io.out(record);
      return EXIT.ok;
    } finally {
      engineer.close();
    }
  },
};

/** Line by line: the terminal itself edits the line, on the slowest SSH too. */
function atTerminal(input: NodeJS.ReadableStream, io: Io): Engineer & { close(): void } {
  const lines = createInterface({ input, terminal: false });
  const answers = lines[Symbol.asyncIterator]();
  const stopped = new Promise<null>((resolve) => {
    io.signal.addEventListener("abort", () => resolve(null), { once: true });
  });
  const say = (text: string) => {
    for (const line of wrapped(text, "  ")) io.out(line);
  };
  return {
    say,
    async ask(text) {
      say(`${text}:`);
      const answer = answers.next().then(({ done, value }) => (done ? null : value));
      return Promise.race([answer, stopped]);
    },
    close: () => lines.close(),
  };
}
