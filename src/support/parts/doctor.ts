import { z } from "zod";
import { DOCTOR_LENGTHS, DOCTOR_STATES, MOST_FINDINGS } from "../../contract/doctor-report.ts";
import { ALL_CHECKS } from "../../doctor/all.ts";
import { BLUNDER, examine } from "../../doctor/examine.ts";
import { code, kept, listOf, oneOf } from "../allow.ts";
import { part } from "../part.ts";

/**
 * The checks whose reason is put together from fixed words, names, paths, dates and settings. Those of `configuration` and
 * `versions` may quote what a person wrote or another program said; those of `sensors` and `delivery` repeat what a process
 * says, which the part `status` takes word by word.
 */
const REASONED: ReadonlySet<string> = new Set([
  ...["clock", "board", "disk", "card", "crash", "accounts", "keys", "certificate", "outbox", "ports"],
  ...["lines", "frames", "units", "processes", "route", "name", "tcp", "tls", "login", "queue"],
]);

const line = (most: number) => z.string().max(most);
const finding = z
  .object({
    check: z.string().regex(/^[a-z]{1,16}$/),
    state: z.enum(DOCTOR_STATES),
    code,
    subject: kept(z.string().regex(/^(sensor |contact )?[a-z0-9.-]{1,32}$/)),
    what: line(DOCTOR_LENGTHS.what),
    why: line(DOCTOR_LENGTHS.why),
    cure: line(DOCTOR_LENGTHS.cure),
  })
  .transform((one) => ({ ...one, why: REASONED.has(one.check) ? withoutQuotes(one.why) : null }));

/** A check that failed by itself says why in another library's words. */
const withoutQuotes = (why: string) => (why.startsWith(BLUNDER) ? BLUNDER : why);

/** What `telpost doctor` says now. */
export const doctor = part(
  {
    name: "doctor",
    why: "what telpost doctor found: what is wrong, why, and what to do, the cause first",
    leavesOut: "reasons that may quote telpost.yaml, a file or another program",
    names: ["the broker's name and port", "names in certificates", "device paths", "ids of sensors"],
  },
  z.object({ state: oneOf(["ok", "warning", "failed"]), findings: listOf(finding, MOST_FINDINGS) }),
  ({ patient, machine }) => examine({ checks: ALL_CHECKS, patient, machine }),
);
