import { z } from "zod";
import { TelpostError } from "../../base/errors.ts";
import { CONTACT_USES, GAP_REASONS, LIGHT_SIGNS, PLATFORM_ALARMS } from "../../model.ts";
import {
  code,
  epoch,
  flag,
  hash,
  id,
  instant,
  kept,
  listOf,
  oneOf,
  record,
  version,
  whole,
} from "../allow.ts";
import { part } from "../part.ts";

const sensor = record({
  id,
  profile: id,
  link: oneOf(["up", "down", "fault"]),
  errors: oneOf(["none", "some", "many"]),
  code,
  experimental: flag,
});
const condition = oneOf(["ok", "alarm", "unknown"]);
const contact = record({ id, use: oneOf(CONTACT_USES), condition, code });
/** Why it does not run with telpost.yaml is told in words that may quote it: only that it is so. */
const instead = z.unknown().transform((why) => (typeof why === "string" ? "config.last_good" : null));
const common = { version, configHash: hash, instead, uptimeSeconds: whole };

const sense = record({
  ...common,
  epoch,
  sealed: whole,
  clockSynced: flag,
  cityKeyUntilMs: instant,
  handover: oneOf(["connected", "absent"]),
  waiting: whole,
  unkept: whole,
  heldFor: oneOf(GAP_REASONS),
  sensors: listOf(sensor, 64),
  contacts: listOf(contact, 16),
  light: kept(record({ sign: oneOf(LIGHT_SIGNS), code })),
});

const forward = record({
  ...common,
  sense: oneOf(["connected", "absent"]),
  storage: code,
  outbox: record({
    queued: whole,
    oldestAtMs: instant,
    appended: whole,
    accepted: whole,
    rejected: whole,
    dropped: whole,
  }),
  uplink: record({
    state: oneOf(["connecting", "connected", "waiting", "held", "stopped"]),
    code,
    protocol: oneOf(["5", "3.1.1"]),
    connection: whole,
    lastProofMs: instant,
  }),
  platform: z.object(Object.fromEntries(PLATFORM_ALARMS.map((what) => [what, condition]))),
  drainSeconds: whole,
});

/** What both processes say of themselves. */
export const status = part(
  {
    name: "status",
    why: "what both processes say of themselves: links, queue, uplink, clock, machine",
    leavesOut: "key thumbprints, sizes, and why telpost.yaml is not used in words that may quote it",
    names: ["ids of sensors and contacts", "hash of the configuration", "epoch"],
  },
  z.object({ sense: kept(sense), senseCode: code, forward: kept(forward), forwardCode: code }),
  ({ patient }) => {
    const { sense, forward } = patient;
    if (!sense.answers && !forward.answers) throw new TelpostError(sense.code);
    return {
      sense: sense.answers ? sense.status : null,
      senseCode: sense.answers ? null : sense.code,
      forward: forward.answers ? forward.status : null,
      forwardCode: forward.answers ? null : forward.code,
    };
  },
);
