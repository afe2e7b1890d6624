import { LOG_EVENTS } from "../base/log.ts";
import type { Config } from "../config/schema.ts";
import type { PrivacyReport } from "../contract/privacy-report.ts";

/** Names of everything that may stand in a line of the log beside its event. */
const LOG_FIELDS = [
  ...[
    "level",
    "process",
    "time",
    "event",
    "code",
    "what",
    "hint",
    "detail",
    "dropped",
    "reason",
    "why",
    "work",
  ],
  ...[
    "sensor",
    "contact",
    "profile",
    "seconds",
    "ms",
    "end",
    "epoch",
    "seq",
    "version",
    "topic",
    "command",
    "stream",
    "steps",
    "synced",
  ],
  ...["protocol", "connection", "queued", "marks", "inTime", "saved", "lost", "movedTo", "withinDays"],
] as const;

/** The log: a closed list of events, none of which a passage causes. */
export const LOGS: PrivacyReport["logs"] = {
  where: "the system journal of the gateway",
  keptFor: "as journald is set (journald.conf, MaxRetentionSec= and SystemMaxUse=)",
  events: [...LOG_EVENTS],
  fields: [...LOG_FIELDS],
};

const LIGHT_ACCESS: PrivacyReport["access"][number] = {
  who: "anybody who can see the status light of the gateway",
  sees: "the first of five things that may be wrong with it (sensor, clock, broker, backlog, program), or that none is; nothing that depends on people",
};
const NOBODY: typeof LIGHT_ACCESS = { who: "anybody else", sees: "nothing" };

/** Who can see what of a gateway; without a status light nobody sees one. */
export function accessOf({ statusLight }: Pick<Config, "statusLight">): PrivacyReport["access"] {
  return [...ACCESS, ...(statusLight ? [LIGHT_ACCESS] : []), NOBODY];
}

const ACCESS: PrivacyReport["access"] = [
  { who: "the city, which has the private key", sees: "noised sums for each window, of each line and zone" },
  {
    who: "the broker, and whoever copies the card of the gateway",
    sees: "that the gateway works, and sealed messages of one length that nobody but the city can open",
  },
  {
    who: "a technician of the city (topics status and health)",
    sees: "links, error buckets of a day (none, some, many), what waits, clock, versions; nothing that depends on people",
  },
  {
    who: "an engineer at the gateway (group telpost-ops)",
    sees: "the same as the technician of the city, with telpost status, top, explain and support-bundle, and for a window how long each sensor watched and when it was sealed, sent and proven; with telpost sniff, of sensors that always speak, how their frames come and where they break, and nothing of what is in them",
  },
  {
    who: "an engineer at the gateway who walks past a sensor to test it (group telpost-walk)",
    sees: "live exact counts of that sensor, and on request what it sends, at most 15 minutes, 4 times a day and 30 minutes apart; the city is told each time, and whether what the sensor sends was shown",
  },
  {
    who: "the administrator of the gateway (root)",
    sees: "all of that, and while the gateway runs the sums of the window that is open, as anybody could who stood beside it",
  },
];

/** Where an exact number exists outside the process that counts: two, and no more. */
export const EXACT_NUMBERS: PrivacyReport["exactNumbers"] = [
  {
    where: "crash copy of the open window, in memory (tmpfs)",
    why: "so that a crash of the program loses no passage",
    limit: "gone when the window closes or power goes; never on a disk",
  },
  {
    where: "last total of a counter that runs on, encrypted, one for each direction",
    why: "so that a restart counts on",
    limit: "worth what the counter's own display shows; written over at every window",
  },
];
