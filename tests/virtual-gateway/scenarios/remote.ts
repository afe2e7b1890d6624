import { RESTART_AFTER_MS } from "../../../src/base/restart.ts";
import { comesTrue, Outside } from "../outside.ts";
import type { Row, Scenario } from "../scenario.ts";
import { pulses } from "../scripts.ts";
import { shareGuest, tell } from "../share.ts";
import { evidence, settled, tally, verdict } from "../truth.ts";

const WINDOW_MS = 10_000;
const LINE = 8;
const BOOT_LIMIT_MS = 20 * 60_000;
const END_LIMIT_MS = 10 * 60_000;
/** The guest's clock falls behind ours while it works, by much when others work too. */
const OLD_LIMIT_MS = 40 * 60_000;
const SLACK_MS = 30_000;

/** Everything that a city may ask, of the hardened units, while people pass. */
export const remote: Scenario = {
  name: "remote",
  long: true,
  about: "asks the gateway from afar, and has it start itself anew while people pass",
  async run(bench) {
    const outside = await Outside.start(bench, {
      ack: "broker",
      privacy: { windowSeconds: WINDOW_MS / 1000 },
      sensors: [
        `id: gate, profile: gpio-pulse, gpio: { chip: telpost-sim, line: ${LINE}, debounceMs: 0 }, maxPerSecond: 1000`,
      ],
    });
    try {
      shareGuest(bench, "remote");
      tell(bench, "people.edges", pulses(3_000, bench.seed, LINE).text);
      const brokerPort = outside.broker.port;
      const machine = bench.start({ time: "real", over: await bench.installed(), brokerPort });
      await comesTrue(() => outside.records("gate").length > 0, BOOT_LIMIT_MS);
      const early = await Promise.all([
        asked(outside, "health", 0, /"health":/),
        asked(outside, "doctor", 0, /"doctor":/),
        asked(outside, "privacy", 0, /"outcome":"done"/),
        asked(outside, "restart", 1, /command\.too_often/),
      ]);
      const old = () => runsForMs(outside) > RESTART_AFTER_MS + SLACK_MS;
      await comesTrue(old, OLD_LIMIT_MS);
      const restart = await asked(outside, "restart", 0, /"outcome":"done"/);
      const seen = outside.records("gate").length;
      await comesTrue(() => outside.records("gate").length > seen + 2, END_LIMIT_MS);
      tell(bench, "asked");
      await comesTrue(() => bench.has("quiet"), END_LIMIT_MS);
      const question = { bench, outside, sensor: "gate", windowMs: WINDOW_MS };
      const violations = await settled(question, END_LIMIT_MS);
      tell(bench, "finish");
      const off = bench.ended(await machine.ends(END_LIMIT_MS));
      const { words } = tally(evidence(question, true));
      const [before, after] = [bench.text("before.txt").split(" "), bench.text("after.txt").split(" ")];
      return [
        ...early,
        restart,
        {
          what: "systemd started both anew, once",
          wanted: "2 of 2; 1 1",
          got: `${after.filter((pid, at) => pid !== before[at]).length} of ${before.length}; ${bench.text("restarts.txt")}`,
        },
        {
          what: "meanwhile every window exact or partial, once, none missing that was not declared",
          wanted: "0 wrong",
          got: verdict(violations),
          notes: words,
        },
        {
          what: "both units run",
          wanted: "active active",
          got: bench.text("units.txt").split("\n").join(" "),
        },
        off,
      ];
    } finally {
      await outside.stop();
    }
  },
};

/** How long it has run, by the clock of the guest. */
function runsForMs(outside: Outside): number {
  const ends = outside.records("gate").map(({ end }) => Date.parse(String(end)));
  return Math.max(...ends) - Math.min(...ends);
}

async function asked(
  outside: Outside,
  command: Parameters<Outside["ask"]>[0],
  wanted: number,
  says: RegExp,
): Promise<Row> {
  const { code, out, err } = await outside.ask(command);
  return {
    what: `the city asks: ${command}`,
    wanted: `exit code ${wanted}, an answer`,
    got: `exit code ${code}, ${says.test(out + err) ? "an answer" : "another answer"}`,
    notes: out.trim().slice(0, 400),
  };
}
