import type { Printed } from "../../kit/live-gateway.ts";
import { comesTrue, Outside } from "../outside.ts";
import type { Bench, Row, Scenario } from "../scenario.ts";
import { pulses, toggles } from "../scripts.ts";
import { shareGuest, tell } from "../share.ts";

const WINDOW_MS = 60_000;
const LIMIT_MS = 30 * 60_000;
const END_LIMIT_MS = 5 * 60_000;
/** Some of both times. */
const WINDOWS = 7;
const LINE = 8;
const CROWD = 300;
/** Noise of epsilon 2 is beyond this once in ten million draws. */
const NOISE = 9;
const EPSILON = 2;

/** The clock starts in 1970 and is set later (docs/decisions/0010). Street windows: lab windows do not wait. */
export const clock: Scenario = {
  name: "clock",
  long: true,
  about: "starts in 1970 and sets the clock later",
  async run(bench) {
    shareGuest(bench, "clock");
    const outside = await Outside.start(bench, {
      ack: "broker",
      privacy: `flow: { epsilon: "${EPSILON}" }`,
      sensors: [
        `id: gate, profile: gpio-pulse, gpio: { chip: telpost-sim, line: ${LINE}, debounceMs: 0 }, maxPerSecond: 1000`,
      ],
    });
    const bootMs = Math.floor(Date.now() / 1000) * 1000;
    tell(bench, "epoch", String(bootMs / 1000));
    tell(bench, "crowd.edges", toggles(2 * CROWD, 40, LINE).text);
    tell(bench, "few.edges", pulses(10, bench.seed, LINE).text);
    try {
      const over = await bench.installed();
      const brokerPort = outside.broker.port;
      const machine = bench.start({ time: "real", startedAt: new Date(0), over, brokerPort });
      await comesTrue(() => outside.records("gate").length >= WINDOWS, LIMIT_MS);
      tell(bench, "finish");
      const off = bench.ended(await machine.ends(END_LIMIT_MS));
      return [...rows(bench, outside.records("gate"), bootMs), off];
    } finally {
      await outside.stop();
    }
  },
};

function rows(bench: Bench, received: readonly Printed[], bootMs: number): Row[] {
  const records = [...received].sort((one, other) => endOf(one) - endOf(other));
  const setMs = Date.parse(bench.text("set.txt")) || 0;
  const ends = records.map(endOf);
  const neighbours = ends.slice(1).every((end, at) => end - (ends[at] ?? 0) === WINDOW_MS);
  const flagged = (record: Printed) =>
    (record.flags as string[] | undefined)?.includes("clock_unsynced") ?? false;
  const before = records.filter((record) => endOf(record) <= setMs);
  const after = records.filter((record) => endOf(record) - WINDOW_MS > setMs);
  return [
    {
      what: "the board wakes in another time, and nothing goes out under its labels",
      wanted: "0 of some",
      got: `${ends.filter((end) => end < bootMs).length} of ${records.length > 3 ? "some" : records.length}`,
      notes: `woke at ${bench.text("woke.txt")}`,
    },
    {
      what: "windows that closed before the clock was set carry the flag, those that began after it do not",
      wanted: "all, none",
      got: [
        before.length > 1 && before.every(flagged)
          ? "all"
          : `${before.filter(flagged).length} of ${before.length}`,
        after.length > 0 && !after.some(flagged)
          ? "none"
          : `${after.filter(flagged).length} of ${after.length}`,
      ].join(", "),
    },
    {
      what: "one window follows the other, none twice",
      wanted: "yes",
      got:
        neighbours && records.length > 3 ? "yes" : ends.map((end) => new Date(end).toISOString()).join(" "),
    },
    crowdRow(bench, records, bootMs),
  ];
}

/** Everybody is counted, give or take the noise, under labels at most one window before the true ones. */
function crowdRow(bench: Bench, records: readonly Printed[], bootMs: number): Row {
  // By monotonic time, which starts with the machine: "<wall ms> <monotonic us> <line>".
  const passed = bench
    .text("truth.log")
    .split("\n")
    .map((row) => bootMs + Number(row.split(" ")[1]) / 1000)
    .slice(0, CROWD);
  const [firstMs = 0, lastMs = 0] = [passed[0], passed.at(-1)];
  const here = records.filter(
    (record) => endOf(record) > firstMs - WINDOW_MS && endOf(record) - WINDOW_MS <= lastMs,
  );
  const counted = here.reduce((sum, { value }) => sum + (value?.in ?? 0), 0);
  const close = Math.abs(counted - CROWD) <= NOISE * here.length;
  return {
    what: `${CROWD} who passed in 1970 are counted in the windows of the true time, at most one window early`,
    wanted: `${CROWD} but for the noise`,
    got: close ? `${CROWD} but for the noise` : `${counted}`,
    notes: `${counted} in ${here.length} windows`,
  };
}

const endOf = ({ end }: Printed) => Date.parse(String(end));
