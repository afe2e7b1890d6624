import { contractRow, counted, type LineName, pace, shareScripts, throughUnits } from "../counted.ts";
import type { Bench, Row, Scenario } from "../scenario.ts";
import type { LineScript } from "../scripts.ts";
import { shareGuest, shareProgram, shareSite } from "../share.ts";

/** 1,500 pulses while sense stands still. */
const STOPPED = { what: "the city counts what the kernel kept, and is told", in: 512 };
const LIMIT_MS = 30 * 60_000;

/** Windows of ten seconds without noise: what arrives at the city can be compared with what passed. */
const SITE = {
  broker: 'url: "mqtt://127.0.0.1:1883"',
  cityBroker: 'url: "mqtt://127.0.0.1:1883"',
  privacy: "profile: lab, mechanism: none, reason: test, flow: { windowSeconds: 10 }",
  sensors: [
    "id: door, profile: gpio-two-beam, gpio: { chip: telpost-sim, a: 4, b: 5, debounceMs: 10 }",
    "id: gate, profile: gpio-pulse, gpio: { chip: telpost-sim, line: pulse-8, debounceMs: 0 }, maxPerSecond: 1000",
  ],
  statusLight: "gpio: { chip: telpost-sim, line: 22 }",
};

/** The package on a new Debian, its units, and what its GPIO lines hear of what is driven. */
export const lines: Scenario = {
  name: "lines",
  about: "installs the package, drives GPIO lines past the units and past the line alone",
  async run(bench) {
    const scripts = shareScripts(bench);
    shareGuest(bench, "lines");
    await shareSite(bench, SITE);
    await shareProgram(bench, "counter", "contract", "contract-onoff");
    const off = await bench.boot({ limitMs: LIMIT_MS });
    return [
      off,
      ...installed(bench),
      ...throughUnits(bench, scripts.units, STOPPED),
      ...alone(bench, scripts.beams),
    ];
  },
};

function installed(bench: Bench): Row[] {
  const chip = bench.text("chip.txt").split(/\s+/);
  const denials = bench.text("denied.txt").split("\n").filter(Boolean).length;
  return [
    {
      what: "the build installs",
      wanted: "0",
      got: bench.text("install.status"),
      notes: bench.text("version.txt"),
    },
    {
      what: "the chip belongs to group gpio",
      wanted: "crw-rw---- root gpio",
      got: [chip[0], chip[2], chip[3]].join(" "),
    },
    {
      what: "the status light changes within 6 s, and is dark after the stop",
      wanted: "0 1, then 0",
      got: bench.text("light.txt").split("\n").filter(Boolean).join(", then "),
    },
    {
      what: "the hardened units run, and the kernel log shows no denial",
      wanted: "active active, 0 denials",
      got: `${bench.text("units.txt").split("\n").join(" ")}, ${denials} denials`,
    },
  ];
}

function alone(bench: Bench, truth: LineScript): Row[] {
  const beams = counted(bench, "beams");
  const heard = (name: LineName, what: string, wanted: string): Row => ({
    what,
    wanted,
    got: `${counted(bench, name)?.edges} heard, ${counted(bench, name)?.lost} lost`,
    notes: pace(bench, name),
  });
  return [
    heard("fast", "5,000 edges at 5 kHz", "5000 heard, 0 lost"),
    heard("stopped", "900 edges while the process is stopped for 2 s", "900 heard, 0 lost"),
    heard("overflow", "3,000 edges while it is stopped, more than the kernel keeps", "1024 heard, 1976 lost"),
    {
      what: `1,000 passages of two beams with bounce (seed ${bench.seed})`,
      wanted: `${truth.in} in, ${truth.out} out, 0 discarded`,
      got: `${beams?.in} in, ${beams?.out} out, ${beams?.discarded} discarded`,
      notes: pace(bench, "beams"),
    },
    contractRow(bench, "contract", "contract of a line, on a chip of the kernel"),
    contractRow(
      bench,
      "contract-onoff",
      "contract of a line through onoff, which loses what sysfs does not keep",
    ),
  ];
}
