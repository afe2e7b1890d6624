import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { atTheCity } from "../city.ts";
import { shareField, shareSounds } from "../field.ts";
import type { Bench, Row, Scenario } from "../scenario.ts";
import { type LineScript, passages } from "../scripts.ts";
import { shareGuest } from "../share.ts";

const LIMIT_MS = 20 * 60_000;

const ANSWERS = `gateway: { tenant: denhaag, site: scheveningen, id: gw07 }
broker: { url: "mqtts://mqtt.city.example:8883", ca: ca.pem, ack: city }
sensors:
  - { id: door, profile: gpio-two-beam, gpio: { chip: telpost-sim, a: 4, b: 5, debounceMs: 10 } }
  - { id: gate, profile: gpio-pulse, gpio: { chip: telpost-sim, line: pulse-8 } }
probe:
  - id: footbridge
    port: /dev/serial/by-id/usb-QEMU_QEMU_USB_SERIAL_TP0001-if00-port0
    set: { nearerThanMetres: 3.2 }
`;

/** Noise of a sum of five windows at epsilon 1 is beyond this once in a million runs. */
const NOISE = 30;

/** One command from a Debian that has nothing of telpost to the first window that the city opens, with street settings. */
export const setup: Scenario = {
  name: "setup",
  long: true,
  about: "one command: from a new Debian to the first window that the city opens; prints the time",
  async run(bench) {
    const scripts = [passages(30, bench.seed), passages(30, bench.seed + 1)];
    shareGuest(bench, "setup");
    await shareField(bench, { answers: ANSWERS, certificate: true });
    shareSounds(bench, "benewake-tfmini");
    for (const [index, { text }] of scripts.entries())
      writeFileSync(join(bench.share, `${["first", "second"][index]}.edges`), text);
    const off = await bench.boot({ limitMs: LIMIT_MS, serial: "joined" });
    return [off, ...theCommand(bench), ...theMachine(bench), ...theCity(bench, scripts)];
  },
};

function theCommand(bench: Bench): Row[] {
  const lines = bench.text("setup.txt").split("\n");
  const at = (text: string) => Number(lines.find((line) => line.includes(text))?.split(" ")[0]);
  const startedAt = at("started");
  const since = (seconds: number) => `${(seconds - startedAt).toFixed(1)} s`;
  const steps = ["[1/6]", "[2/6]", "[3/6]", "[4/6]", "[5/6]", "[6/6]"].map(
    (step) => `${step} ${since(at(step))}`,
  );
  const opened = Number(bench.text("opened.txt"));
  return [
    { what: "nothing of telpost is there before", wanted: "", got: bench.text("before.txt") },
    {
      what: "one command installs the package and sets the gateway up",
      wanted: "exit 0",
      got: lines.at(-1)?.replace(/^\S+ /, "") ?? "",
      notes: `since its start, on the guest's clock: ${steps.join(", ")}, kept ${since(at("sealed and kept"))}`,
    },
    {
      what: "from the command to the first window opened by the city, at most two windows and a minute",
      wanted: "yes",
      got: opened - startedAt <= 180 ? "yes" : "no",
      notes: since(opened),
    },
  ];
}

function theMachine(bench: Bench): Row[] {
  const [port, serial, chip, modem] = bench.text("devices.txt").split("\n");
  const [version, ...exposures] = bench.text("analyzed.txt").split("\n");
  const levels = exposures.map((line) => Number(/: ([\d.]+) /.exec(line)?.[1]));
  const keys = bench
    .text("keys.txt")
    .split("\n")
    .filter((line) => /\.(key|jwk) .* 400$/.test(line));
  const denials = bench.text("denied.txt").split("\n").filter(Boolean).length;
  return [
    {
      what: "udev names the adapter by what it is, gives devices to their groups, and keeps ModemManager away",
      wanted: "usb-QEMU_QEMU_USB_SERIAL_TP0001-if00-port0, dialout 660, gpio 660, ID_MM_DEVICE_IGNORE=1",
      got: [port?.replace("/dev/serial/by-id/", ""), serial, chip, modem].join(", "),
    },
    {
      what: "systemd-analyze finds nothing in the units, and no exposure above 1.2",
      wanted: "systemd, 2 within",
      got: `${version?.split(" ")[0]}, ${levels.filter((level) => level <= 1.2).length} within`,
      notes: `${version}: ${levels.join(" and ")}`,
    },
    {
      what: "each private key belongs to one process",
      wanted: "/etc/telpost/gateway-key.jwk telpost-sense 400, /etc/telpost/gw07.key telpost-forward 400",
      got: keys.join(", "),
    },
    {
      what: "the units run, the kernel log shows no denial, and a stop is clean",
      wanted: "active active, 0 denials, success success",
      got: `${bench.text("units.txt").split("\n").join(" ")}, ${denials} denials, ${bench.text("stopped.txt")}`,
    },
  ];
}

function theCity(bench: Bench, scripts: readonly LineScript[]): Row[] {
  const received = bench.text("received.ndjson");
  const door = atTheCity(received, "door");
  const truth = (way: "in" | "out") => scripts.reduce((sum, script) => sum + script[way], 0);
  const within = (way: "in" | "out") => Math.abs(door[way] - truth(way)) <= NOISE;
  const gaps = received.split("\n").filter((line) => /"type":"gap"/.test(line));
  return [
    {
      what: "60 passages, a restart among them, as the city counts them: within the noise",
      wanted: "in yes, out yes",
      got: `in ${within("in") ? "yes" : "no"}, out ${within("out") ? "yes" : "no"}`,
      notes: `${door.in} in, ${door.out} out in ${door.windows} windows; truth ${truth("in")} and ${truth("out")}`,
    },
    { what: "no message is missing after the restart", wanted: "0 gaps", got: `${gaps.length} gaps` },
    {
      what: "the sensor at the serial port is up",
      wanted: "yes",
      got: /sensor +footbridge +up/.test(bench.text("first-status.txt")) ? "yes" : "no",
    },
  ];
}
