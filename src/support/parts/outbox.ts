import { z } from "zod";
import { TelpostError } from "../../base/errors.ts";
import { askOutbox, complaintOf, jsonOf } from "../../doctor/checks/outbox.ts";
import { epoch, flag, kept, listOf, oneOf, whole } from "../allow.ts";
import { part } from "../part.ts";

const MOST_ROWS = 500;
const READ_MS = 10_000;

const row = z.object({
  id: whole,
  stream: oneOf(["sealed", "event"]),
  epoch,
  seq: whole,
  at: kept(z.iso.datetime()),
  damaged: flag,
});

/** What waits for the city: which messages, never what is in them. */
export const outbox = part(
  {
    name: "outbox",
    why: `which messages wait for the city: the oldest ${MOST_ROWS}, with number, epoch and time`,
    leavesOut: "the messages themselves, their topics, sizes and checksums, and the last totals of counters",
    names: ["epoch"],
  },
  z.object({ queued: whole, rows: listOf(row, MOST_ROWS) }),
  async (source) => {
    const words = ["ls", "--limit", String(MOST_ROWS)];
    const listed = await askOutbox({ ...source, ...source.patient }, words, READ_MS);
    if (listed === "absent") throw new TelpostError("outbox.absent");
    const found = listed && jsonOf(listed.out);
    if (found) return found;
    throw new TelpostError((listed && complaintOf(listed)) ?? "support.late");
  },
);
