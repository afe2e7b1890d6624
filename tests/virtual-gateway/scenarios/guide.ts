import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { atTheCity } from "../city.ts";
import { shareField, shareSounds } from "../field.ts";
import { missing, stepsOf } from "../guide.ts";
import type { Bench, Row, Scenario } from "../scenario.ts";
import { shareGuest } from "../share.ts";

const LIMIT_MS = 20 * 60_000;
const PAGE = join(import.meta.dirname, "../../../docs/field-guide.md");

/** docs/field-guide.md as somebody with a boxed gateway follows it; what each command prints is what the page says. */
export const guide: Scenario = {
  name: "guide",
  long: true,
  about: "follows docs/field-guide.md, and compares what each command prints with the page",
  async run(bench) {
    const page = readFileSync(PAGE, "utf8");
    shareGuest(bench, "guide");
    await shareField(bench, { answers: answersOf(page), certificate: false });
    shareSounds(bench, "benewake-tfmini");
    const told = shareCommands(bench, page);
    const off = await bench.boot({ limitMs: LIMIT_MS, serial: "joined" });
    const { windows } = atTheCity(bench.text("received.ndjson"), "turnstile-2");
    const opened = { what: "the city opened a window", wanted: "yes", got: windows > 0 ? "yes" : "no" };
    return [off, ...told.map((one) => followed(bench, one)), opened];
  },
};

interface Followed {
  /** Of its file in the share and in the results. */
  readonly name: string;
  readonly command: string;
  readonly prints: string;
}

/** The answers file as the page shows it, but with the adapter of this machine. */
function answersOf(page: string): string {
  const text = /<!-- answers -->\n```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? "";
  return text.replaceAll(/usb-[\w-]+/g, "usb-QEMU_QEMU_USB_SERIAL_TP0001-if00-port0");
}

/** Each command as a file: 01-1, 01-2, and 02-0.before for what others do. */
function shareCommands({ share }: Bench, page: string): Followed[] {
  const folder = join(share, "guide");
  mkdirSync(folder);
  return stepsOf(page).flatMap(({ before, commands }, step) => {
    const number = String(step + 1).padStart(2, "0");
    if (before) writeFileSync(join(folder, `${number}-0.before`), `${before}\n`);
    return commands.map(({ command, prints }, index) => {
      const name = `${number}-${index + 1}`;
      writeFileSync(join(folder, name), `${command.replaceAll("arm64", "amd64")}\n`);
      return { name, command, prints };
    });
  });
}

function followed(bench: Bench, { name, command, prints }: Followed): Row {
  const printed = bench.text(`${name}.txt`);
  const lacks = missing(prints, printed);
  return {
    what: `$ ${command}`,
    wanted: "as the page says",
    got: lacks === null ? "as the page says" : `without: ${lacks}`,
    ...(lacks === null ? {} : { notes: `exit ${bench.text(`${name}.exit`)}; it printed:\n${printed}\n` }),
  };
}
