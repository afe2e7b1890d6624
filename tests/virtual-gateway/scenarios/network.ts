import { setTimeout as wait } from "node:timers/promises";
import { comesTrue, Outside } from "../outside.ts";
import type { Scenario } from "../scenario.ts";
import { pulses } from "../scripts.ts";
import { shareGuest, tell } from "../share.ts";
import { evidence, loggedIn, others, settled, tally, verdict } from "../truth.ts";

const WINDOW_MS = 5_000;
const LINE = 8;
const BOOT_LIMIT_MS = 20 * 60_000;
const QUIET_LIMIT_MS = 20 * 60_000;
const END_LIMIT_MS = 5 * 60_000;

/** Delay and loss, nothing at all, and 9600 bit/s between a gateway and a broker with TLS, while people pass. */
export const network: Scenario = {
  name: "network",
  long: true,
  about: "impairs the network while people pass",
  async run(bench) {
    const outside = await Outside.start(bench, {
      ack: "broker",
      privacy: { windowSeconds: WINDOW_MS / 1000 },
      sensors: [
        `id: gate, profile: gpio-pulse, gpio: { chip: telpost-sim, line: ${LINE}, debounceMs: 0 }, maxPerSecond: 1000`,
      ],
    });
    try {
      shareGuest(bench, "network");
      tell(bench, "people.edges", pulses(900, bench.seed, LINE).text);
      const brokerPort = outside.broker.port;
      const machine = bench.start({ time: "real", over: await bench.installed(), brokerPort });
      const delivered = () => outside.records("gate").length > 0;
      await comesTrue(delivered, BOOT_LIMIT_MS);
      tell(bench, "pass");
      await comesTrue(() => bench.has("quiet"), QUIET_LIMIT_MS);
      const question = { bench, outside, sensor: "gate", windowMs: WINDOW_MS };
      const violations = await settled(question, END_LIMIT_MS);
      await wait(WINDOW_MS);
      // The window in which the machine stops is partial too, and may or may not arrive.
      const seen = evidence(question, true);
      const { partial, words } = tally(seen);
      tell(bench, "finish");
      const off = bench.ended(await machine.ends(END_LIMIT_MS));
      const failures = bench.text("netem.err");
      return [
        {
          what: "30 s of delay and 10 % loss, 75 s of nothing, 60 s of 9600 bit/s: every window exact, once, none missing",
          wanted: "0 wrong",
          got: verdict(violations),
          notes: `${loggedIn(bench, "truth.log").length} passed; ${words}${failures === "nothing" ? "" : `; ${failures}`}`,
        },
        {
          what: "nothing is partial but the first window, and nothing is declared lost",
          wanted: "1, nothing",
          got: `${partial}, ${seen.reasons.join(" ") || "nothing"}`,
          notes: others(outside.records("gate")),
        },
        {
          what: "both units run as before",
          wanted: "active active",
          got: bench.text("units.txt").split("\n").join(" "),
          notes: `${count(bench.text("units.log"), "uplink.lost")} times the link was lost`,
        },
        off,
      ];
    } finally {
      await outside.stop();
    }
  },
};

const count = (text: string, word: string) => text.split(word).length - 1;
