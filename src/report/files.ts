import type { Config } from "../config/schema.ts";
import type { PrivacyReport } from "../contract/privacy-report.ts";

type File = PrivacyReport["files"][number];

const CRASH_COPY = { place: "crash", process: "sense", medium: "memory" } as const;
const CARD = { place: "state", process: "forward", medium: "card" } as const;
const SENSE_ONLY = "the process telpost-sense";
const FORWARD_ONLY = "the process telpost-forward, and the administrator";
const SOCKET = { holds: "nothing: a socket", keptFor: "while the process runs" } as const;

/** Windows that wait or are sealed are fewer than 2,000 and smaller than 16 MiB; see crash-copy.ts. */
const CRASH_FILES: readonly File[] = [
  {
    ...CRASH_COPY,
    name: "state",
    holds:
      "the open windows with their exact sums so far, and the numbers to go on with: lost when power goes",
    readableBy: SENSE_ONLY,
    keptFor: "until the window is closed; written over at every turn",
  },
  {
    ...CRASH_COPY,
    name: "waiting/*",
    holds: "closed windows with their noise already added, that wait for the clock or for a city key",
    readableBy: SENSE_ONLY,
    keptFor: "until sealed; at most 2,000 or 16 MiB, then the oldest goes, declared",
  },
  {
    ...CRASH_COPY,
    name: "unkept/*",
    holds: "sealed messages that telpost-forward has not kept yet",
    readableBy: "the city, with its private key",
    keptFor: "until kept; at most 2,000 or 16 MiB, then the oldest goes, declared",
  },
  {
    ...CRASH_COPY,
    name: "keys/*",
    holds: "the public city keys in use, signed",
    readableBy: SENSE_ONLY,
    keptFor: "until a newer set comes or power goes",
  },
];

/** Replaced by the limits of the configuration. */
const OUTBOX = "";

const CARD_FILES: readonly (Pick<File, "name" | "holds" | "keptFor"> & Partial<File>)[] = [
  {
    name: "outbox.db",
    holds:
      "sealed messages and events that the city does not have yet; last totals of counters that run on, encrypted",
    readableBy: "the city, with its private key; the totals: only the gateway itself",
    keptFor: OUTBOX,
  },
  {
    name: "outbox.db-*",
    holds: "what was written last, before it is in outbox.db",
    keptFor: "a day; emptied at a stop",
  },
  {
    name: "outbox.db.boxkey",
    holds: "the key that locks the last totals once more; older totals stay closed for everybody",
    keptFor: "until the next totals are kept; written over in place",
  },
  { name: "outbox.db.lock*", holds: "nothing: who writes", keptFor: "for ever" },
  { name: "outbox.db.ballast", holds: "nothing: room in reserve", keptFor: "for ever" },
  {
    name: "outbox.db.damaged-*",
    holds: "an outbox that the card damaged, kept for whoever looks at it",
    keptFor: "until a person deletes it",
  },
  { name: "outbox.db.repair*", holds: "a copy while a damaged outbox is repaired", keptFor: "minutes" },
  { name: "outbox.db.salvaged*", holds: "what was saved of a damaged outbox", keptFor: "minutes" },
  {
    name: "city-keys.jws*",
    holds: "the public city keys in use, signed",
    keptFor: "until a newer set comes",
  },
];

const OTHERS: readonly File[] = [
  {
    ...SOCKET,
    place: "crash",
    name: "sense.sock",
    process: "sense",
    medium: "memory",
    readableBy: "group telpost-ops",
  },
  {
    ...SOCKET,
    place: "crash",
    name: "walk/walk.sock",
    process: "sense",
    medium: "memory",
    readableBy: "group telpost-walk",
  },
  {
    ...SOCKET,
    place: "runtime",
    name: "forward.sock",
    process: "forward",
    medium: "memory",
    readableBy: "group telpost-ops",
  },
  {
    ...SOCKET,
    place: "runtime",
    name: "handover.sock",
    process: "both",
    medium: "memory",
    readableBy: "group telpost-handover",
  },
  {
    place: "config",
    name: "telpost.yaml",
    process: "person",
    medium: "card",
    holds: "the configuration this report is made from",
    readableBy: "everybody on the gateway",
    keptFor: "as long as the gateway stands here",
  },
  {
    place: "config",
    name: "*.jwk",
    process: "person",
    medium: "card",
    holds: "the key that signs, and the city's public root key",
    readableBy: "the process telpost-sense",
    keptFor: "as long as the gateway stands here",
  },
  {
    place: "config",
    name: "*.jws",
    process: "person",
    medium: "card",
    holds: "the public city keys as installed, signed",
    readableBy: "everybody on the gateway",
    keptFor: "until a person replaces it",
  },
  {
    place: "config",
    name: "*.pem",
    process: "person",
    medium: "card",
    holds: "certificates for the broker",
    readableBy: "everybody on the gateway",
    keptFor: "until they expire",
  },
  {
    place: "config",
    name: "*.key",
    process: "person",
    medium: "card",
    holds: "the key of the certificate for the broker",
    readableBy: "the process telpost-forward",
    keptFor: "until the certificate expires",
  },
];

/** What an update that does not count goes back to; see update/safe.ts. */
const SAFE_FILES: readonly File[] = (
  [
    ["telpost.yaml*", "the last configuration that counted"],
    ["*.deb", "the program now, before, and on trial"],
    ["*.deb.tree/**", "the program now, while it is packed for the way back"],
    ["apt-*/**", "the program of the repository, while it is loaded"],
    ["*.json*", "how the last trial of a program or a configuration stands"],
    ["judge/**", "the program that judges a trial"],
  ] as const
).map(([name, holds]) => ({
  ...{ place: "safe", process: "person", medium: "card", name, holds },
  readableBy: "everybody on the gateway",
  keptFor: "until the next update",
}));

/** Every file that a gateway has, by the folder it lies in. What stands here is compared with what a run leaves. */
export function filesOf({ outbox }: Pick<Config, "outbox">): File[] {
  const { maxAge, maxBytes } = outbox;
  const hours = maxAge / 3_600_000;
  const age = hours % 24 === 0 ? `${hours / 24} days` : `${hours} hours`;
  const outboxKept = `until proven delivered; at most ${age} and ${maxBytes / 2 ** 20} MiB, then the oldest goes, declared`;
  return [
    ...CRASH_FILES,
    ...CARD_FILES.map((file) => ({
      ...CARD,
      readableBy: FORWARD_ONLY,
      ...file,
      keptFor: file.keptFor || outboxKept,
    })),
    ...OTHERS,
    ...SAFE_FILES,
  ];
}
