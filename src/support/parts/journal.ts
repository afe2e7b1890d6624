import { z } from "zod";
import { TelpostError } from "../../base/errors.ts";
import { LOG_EVENTS } from "../../base/log.ts";
import { jsonOf } from "../../doctor/checks/outbox.ts";
import { COMMANDS, GAP_REASONS } from "../../model.ts";
import { errorBucket } from "../../sense/error-day.ts";
import { code, epoch, flag, id, instant, kept, listOf, oneOf, version, whole } from "../allow.ts";
import { part } from "../part.ts";

const MOST_LINES = 600;
const READ_MS = 10_000;

const entry = z.object({
  time: instant,
  process: kept(z.string().regex(/^[a-z]{1,16}$/)),
  level: oneOf(["trace", "debug", "info", "warn", "error", "fatal"]),
  event: z.enum(LOG_EVENTS),
  code,
  sensor: id,
  contact: id,
  epoch,
  seq: whole,
  seconds: whole,
  ms: whole,
  synced: flag,
  inTime: flag,
  withinDays: whole,
  connection: whole,
  protocol: oneOf(["5", "3.1.1"]),
  version,
  command: oneOf(COMMANDS),
  reason: oneOf(GAP_REASONS),
});
/** What a line does not say is not said of it. */
const line = entry.transform((one) =>
  Object.fromEntries(Object.entries(one).filter(([, value]) => value !== null)),
);

/** What journald gives for each line (systemd.journal-fields(7)). */
const fromJournal = z.object({ MESSAGE: z.string(), __REALTIME_TIMESTAMP: z.coerce.number() });

/** The log of both processes, event by event. */
export const journal = part(
  {
    name: "journal",
    why: `the newest ${MOST_LINES} log lines of both units, and each error code in them as some or many`,
    leavesOut:
      "every line and field that is not on the closed list of events, every free text, and the lines of other programs",
    names: ["ids of sensors and contacts", "epoch"],
  },
  z.object({
    codes: z.record(z.string(), oneOf(["none", "some", "many"])),
    lines: listOf(line, MOST_LINES),
  }),
  async ({ machine }) => {
    const units = ["-u", "telpost-sense", "-u", "telpost-forward"];
    const asked = [
      "--quiet",
      "--no-pager",
      "--output=json",
      "--output-fields=MESSAGE",
      "-n",
      `${MOST_LINES}`,
    ];
    const ran = await machine.run("journalctl", [...asked, ...units], READ_MS);
    const found = (ran?.out ?? "").split("\n").flatMap(lineOf);
    if (found.length === 0) throw new TelpostError("support.absent");
    return { codes: bucketsOf(found), lines: found };
  },
);

type Fields = Readonly<Record<string, unknown>>;

/** Nothing for a line that is not one of telpost's own. */
function lineOf(text: string): Fields[] {
  const entry = fromJournal.safeParse(jsonOf(text));
  if (!entry.success) return [];
  const fields = jsonOf(entry.data.MESSAGE);
  if (typeof fields !== "object" || fields === null) return [];
  return [{ ...fields, time: Math.floor(entry.data.__REALTIME_TIMESTAMP / 1000) }];
}

function bucketsOf(lines: readonly Fields[]) {
  const codes = lines.flatMap((one) => code.parse(one.code) ?? []);
  const byCode = Map.groupBy(codes, (one) => one);
  return Object.fromEntries([...byCode].map(([one, those]) => [one, errorBucket(those.length)]));
}
