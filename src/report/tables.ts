import type { PrivacyReport } from "../contract/privacy-report.ts";

type Table = PrivacyReport["tables"][number];

/** Every table of the outbox, with its columns. What stands here is compared with the database of a run. */
export const TABLES: readonly Table[] = [
  { name: "meta", columns: ["key", "value"], holds: "version of the file, and the gateway's name" },
  {
    name: "rows",
    columns: ["id", "stream", "topic", "epoch", "seq", "at", "lengths", "bytes", "checksum", "payload"],
    holds:
      "messages that wait: sealed ones, which only the city can open, and events, which no passage causes",
  },
  {
    name: "state",
    columns: [
      ...["one", "last_id", "appended", "accepted", "rejected", "dropped", "queued", "sealed_bytes"],
      ...["event_bytes", "event_epoch", "event_seq", "message_epoch", "stopped_cleanly", "epoch", "last_seq"],
      ...["last_hash", "last_event", "ends", "baselines"],
    ],
    holds: "counts of messages (not of people), and the last totals of counters that run on, encrypted",
  },
  {
    name: "epochs",
    columns: ["epoch", "last_seq", "last_hash", "last_event", "place"],
    holds: "which numbers of messages were kept before",
  },
  {
    name: "refused",
    columns: ["id", "epoch", "seq", "what"],
    holds: "numbers of messages that were refused",
  },
];
