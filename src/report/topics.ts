import type { z } from "zod";
import { ack } from "../contract/ack.ts";
import { EVENT_SCHEMA, eventMessage } from "../contract/event.ts";
import { health } from "../contract/health.ts";
import { KEY_SET_SCHEMA, keySetPayload } from "../contract/key-set.ts";
import { PRIVACY_REPORT_SCHEMA, type PrivacyReport, privacyReport } from "../contract/privacy-report.ts";
import { status } from "../contract/status.ts";
import { type Identity, type Leaf, topics } from "../contract/topics.ts";
import { WINDOWS_SCHEMA, windowsMessage } from "../contract/windows.ts";
import { fieldsOf } from "./fields.ts";

type Topic = PrivacyReport["topics"][number];

interface Leafy extends Omit<Topic, "topic" | "fields"> {
  readonly content: z.ZodType;
}

const OPEN = { direction: "to-city", sealed: false, signed: false, retained: false } as const;

/** Every topic there is: a leaf without an entry does not compile. */
const LEAVES: Readonly<Record<Leaf, Leafy>> = {
  sealed: {
    ...OPEN,
    schema: WINDOWS_SCHEMA,
    content: windowsMessage,
    sealed: true,
    signed: true,
    when: "at each window's end, always the same length, whether anybody passed or not",
  },
  status: {
    ...OPEN,
    schema: "telpost/status/1",
    content: status,
    retained: true,
    when: "at each connection, and when it ends",
  },
  health: { ...OPEN, schema: "telpost/health/1", content: health, when: "every five minutes" },
  privacy: {
    ...OPEN,
    schema: PRIVACY_REPORT_SCHEMA,
    content: privacyReport,
    signed: true,
    retained: true,
    when: "this report: at each connection, and when it changes",
  },
  event: {
    ...OPEN,
    schema: EVENT_SCHEMA,
    content: eventMessage,
    when: "when something is missing, the clock steps, keys change, or somebody tests a sensor by walking; never because of a count",
  },
  keys: {
    ...OPEN,
    direction: "from-city",
    schema: KEY_SET_SCHEMA,
    content: keySetPayload,
    signed: true,
    retained: true,
    when: "when the city changes its keys",
  },
  ack: {
    ...OPEN,
    direction: "from-city",
    schema: "telpost/ack/1",
    content: ack,
    when: "when the city has what was sent",
  },
};

/** Looked up once: walking the schemas takes longer than all the rest of a report. */
const known = new Map<Leaf, readonly string[]>();

/** The topics of one gateway with everything that may stand in their messages, from the schemas that check them. */
export function topicsOf(identity: Identity): Topic[] {
  const names = topics(identity);
  return (Object.keys(LEAVES) as Leaf[]).map((leaf) => {
    const { content, ...about } = LEAVES[leaf];
    const fields = known.get(leaf) ?? fieldsOf(content);
    known.set(leaf, fields);
    return { topic: names[leaf], ...about, fields: [...fields] };
  });
}
