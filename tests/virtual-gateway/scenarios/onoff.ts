import { counted, type LineName, pace, shareScripts, throughUnits } from "../counted.ts";
import type { Bench, Row, Scenario } from "../scenario.ts";
import type { LineScript } from "../scripts.ts";
import { shareGuest, shareProgram, shareSite } from "../share.ts";

/** 1,500 pulses while sense stands still. */
const STOPPED = { what: "all are lost, and the city is told", in: 0 };
const LIMIT_MS = 30 * 60_000;

/** As in the lines scenario, but for the driver. */
const SITE = {
  broker: 'url: "mqtt://127.0.0.1:1883"',
  cityBroker: 'url: "mqtt://127.0.0.1:1883"',
  privacy: "profile: lab, mechanism: none, reason: test, flow: { windowSeconds: 10 }",
  sensors: [
    "id: door, profile: gpio-two-beam, gpio: { chip: telpost-sim, driver: onoff, a: 4, b: 5, debounceMs: 10 }",
    "id: gate, profile: gpio-pulse, gpio: { chip: telpost-sim, driver: onoff, line: pulse-8, debounceMs: 0 }, maxPerSecond: 1000",
  ],
};

/** The second driver of GPIO lines: what it needs, that it works, and what it loses. It is expected to lose. */
export const onoff: Scenario = {
  name: "onoff",
  long: true,
  about: "drives GPIO lines past the units and the line with gpio.driver: onoff, and says what it loses",
  async run(bench) {
    const scripts = shareScripts(bench);
    shareGuest(bench, "onoff");
    await shareSite(bench, SITE);
    await shareProgram(bench, "counter");
    const off = await bench.boot({ limitMs: LIMIT_MS });
    return [
      off,
      ...alone(bench, scripts.beams),
      ...allowed(bench),
      ...throughUnits(bench, scripts.units, STOPPED),
    ];
  },
};

function allowed(bench: Bench): Row[] {
  const denials = bench.text("denied.txt").split("\n").filter(Boolean).length;
  return [
    {
      what: "without the udev rule and the drop-in the unit says what is missing",
      wanted: "device.sysfs_denied",
      got: bench.text("before.txt"),
    },
    {
      what: "with both it exports its lines",
      wanted: "3",
      got: bench.text("exported.txt"),
    },
    {
      what: "the hardened units run, and the kernel log shows no denial",
      wanted: "active active, 0 denials",
      got: `${bench.text("units.txt").split("\n").join(" ")}, ${denials} denials`,
    },
    {
      what: "a unit that is stopped has given its lines back; one that is killed has not, and takes them over",
      wanted: "0 after stop, 3 after kill, active",
      got: bench.text("given-back.txt"),
    },
  ];
}

function alone(bench: Bench, truth: LineScript): Row[] {
  const beams = counted(bench, "beams");
  const heard = (name: LineName) => counted(bench, name) ?? { edges: 0, lost: 0 };
  const fast = heard("fast");
  const stopped = (name: LineName, what: string): Row => ({
    what,
    wanted: "1 heard, 1 lost",
    got: `${heard(name).edges} heard, ${heard(name).lost} lost`,
    notes: pace(bench, name),
  });
  const some = fast.edges > 0 && fast.edges + fast.lost < 5000;
  return [
    {
      what: "5,000 edges at 5 kHz: some are missing, and not all of those are told as lost",
      wanted: "some",
      got: some ? "some" : "none",
      notes: `${fast.edges} heard, ${fast.lost} lost; ${pace(bench, "fast")}`,
    },
    stopped("stopped", "900 edges while the process is stopped for 2 s"),
    stopped("overflow", "3,000 edges while it is stopped"),
    {
      what: `1,000 passages of two beams with bounce (seed ${bench.seed})`,
      wanted: `${truth.in} in, ${truth.out} out, 0 discarded`,
      got: `${beams?.in} in, ${beams?.out} out, ${beams?.discarded} discarded`,
      notes: pace(bench, "beams"),
    },
  ];
}
