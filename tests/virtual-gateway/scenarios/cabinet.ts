import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { Dice } from "../../kit/dice.ts";
import type { Printed } from "../../kit/live-gateway.ts";
import { comesTrue, Outside } from "../outside.ts";
import type { Bench, Row, Scenario } from "../scenario.ts";
import { pulses } from "../scripts.ts";
import { shareGuest, tell } from "../share.ts";
import { VolatileDisk } from "../volatile-disk.ts";

const LIMIT_MS = 400_000;
/** What a small supply still holds after it said that it fails, as the guest sees it. */
const HELD_MS = 2_000;
const LINE = 8;
const PEOPLE_SECONDS = 15;

/** A cabinet whose door is open and whose supply fails: what the units save before the power is really gone. */
export const cabinet: Scenario = {
  name: "cabinet",
  long: true,
  about: "opens the cabinet, breaks a light beam for good, and lets the supply fail before the power is cut",
  async run(bench) {
    const gpio = (line: number) => `gpio: { chip: telpost-sim, line: ${line}, debounceMs: 5 }`;
    const outside = await Outside.start(bench, {
      ack: "broker",
      // A day: without the contact all of it would be lost.
      privacy: { windowSeconds: 86_400 },
      sensors: [`id: gate, profile: gpio-pulse, ${gpio(LINE)}`, `id: stuck, profile: gpio-pulse, ${gpio(9)}`],
      contacts: [`id: door, use: door, ${gpio(5)}`, `id: mains, use: power-fail, ${gpio(13)}`],
    });
    const disk = await VolatileDisk.listen(await bench.installed(), join(bench.scratch, "nbd"));
    try {
      return await story(bench, outside, disk);
    } finally {
      await disk.close();
      await outside.stop();
    }
  },
};

async function story(bench: Bench, outside: Outside, disk: VolatileDisk): Promise<Row[]> {
  const people = pulses(PEOPLE_SECONDS, bench.seed, LINE);
  shareGuest(bench, "cabinet");
  tell(bench, "people.edges", people.text);
  const boot = (number: number) => {
    tell(bench, "boot", String(number));
    const at = `nbd:unix:${join(bench.scratch, "nbd")}`;
    return bench.start({ time: "real", disk: at, brokerPort: outside.broker.port });
  };
  const first = boot(0);
  const failed = await comesTrue(() => bench.has("failed"), LIMIT_MS);
  await wait(HELD_MS);
  await first.cut();
  const { dropped } = disk.cut(new Dice(bench.seed), 0);
  const second = boot(1);
  await comesTrue(() => outside.records("gate").length > 0 && bench.has("passed"), LIMIT_MS);
  await wait(5_000);
  tell(bench, "finish");
  const off = bench.ended(await second.ends(LIMIT_MS));
  const notes = `${failed ? "" : "the supply never failed; "}${dropped} writes of the card dropped`;
  return [...told(bench), ...kept(outside, people.in, notes), ...machine(bench), off];
}

/** What a technician saw before the power went. */
function told(bench: Bench): Row[] {
  const said = bench.text("before.txt");
  const line = (start: RegExp) => said.split("\n").find((one) => start.test(one)) ?? "nothing";
  const words = (start: RegExp, count: number) => line(start).split(/\s+/).slice(0, count).join(" ");
  return [
    {
      what: "a door that was open at the start",
      wanted: "contact door alarm",
      got: words(/^contact +door/, 3),
    },
    {
      what: "a light beam that was broken at the start",
      wanted: "sensor stuck fault",
      got: words(/^sensor +stuck/, 3),
      notes: line(/^sensor +stuck/),
    },
  ];
}

function kept(outside: Outside, passed: number, notes: string): Row[] {
  const records = outside.records("gate");
  const [record] = records;
  const value = record?.value as { in?: number } | undefined;
  const events = outside.printed.filter(({ type }) => type === "event");
  const names = (kind: string, name: (one: Printed) => unknown) =>
    [...new Set(events.filter((one) => one.kind === kind).map(name))].filter(Boolean).sort().join(", ");
  return [
    {
      what: `the window that was open when the supply failed, ${HELD_MS / 1000} s before the cut; the next boot adds none`,
      wanted: `1 record: ${passed} in, partial`,
      got: `${records.length} record: ${value?.in} in, ${record?.quality}`,
      notes,
    },
    {
      what: "the city is told of the door, the supply and the rest of the window",
      wanted: "door raised, mains raised; power_cut",
      // A contact that is well is told as cleared, a while after each start.
      got: `${names("contact", ({ id, state }) => (state === "raised" ? `${id} raised` : ""))}; ${names("gap", ({ reason }) => reason)}`,
    },
  ];
}

/** Forward reads the machine's files in its sandbox, and the kernel has nothing against it. */
function machine(bench: Bench): Row[] {
  const line = /^machine .*$/m.exec(bench.text("after.txt"))?.[0] ?? "nothing";
  const good = line.split(";")[0] ?? "";
  const denials = bench.text("denied.txt").split("\n").filter(Boolean).length;
  return [
    {
      what: "from its sandbox forward sees the card's errors, its file system and the disk",
      wanted: "card errors, read only, disk full",
      got: ["card errors", "read only", "disk full"].filter((what) => good.includes(what)).join(", "),
      notes: line,
    },
    {
      what: "both units run, and the kernel log shows no denial",
      wanted: "active active, 0 denials",
      got: `${bench.text("units.txt").split("\n").join(" ")}, ${denials} denials`,
    },
  ];
}
