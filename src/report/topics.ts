import type { z } from "zod";
import { ack } from "../contract/ack.ts";
import { COMMAND_SCHEMA, command, RESULT_SCHEMA, result } from "../contract/command.ts";
import { DOCTOR_TEST_LEAF, DOCTOR_TEST_SCHEMA, doctorTest } from "../contract/doctor-report.ts";
import { EVENT_SCHEMA, eventMessage } from "../contract/event.ts";
import { health } from "../contract/health.ts";
import { KEY_SET_SCHEMA, keySetPayload } from "../contract/key-set.ts";
import { PRIVACY_REPORT_SCHEMA, type PrivacyReport, privacyReport } from "../contract/privacy-report.ts";
import { status } from "../contract/status.ts";
import { type Identity, type Leaf, topics } from "../contract/topics.ts";
import { walkRecord } from "../contract/walk-test.ts";
import { WINDOWS_SCHEMA, windowsMessage } from "../contract/windows.ts";
import { fieldsOf } from "./fields.ts";

type Topic = PrivacyReport["topics"][number];

interface Leafy extends Omit<Topic, "topic" | "fields"> {
  readonly content: z.ZodType;
  /** What is signed within it, by the field that holds the signed text. */
  readonly within?: Readonly<Record<string, z.ZodType>>;
}

const OPEN = { direction: "to-city", sealed: false, signed: false, retained: false } as const;

/** What lies below `cmd` and `res`, one level deep. */
const REMOTE: Readonly<Record<"cmd" | "res", Leafy>> = {
  cmd: {
    ...OPEN,
    direction: "from-city",
    schema: COMMAND_SCHEMA,
    content: command,
    when: "when the city asks for health, this report, the doctor's findings, or a restart",
  },
  res: { ...OPEN, schema: RESULT_SCHEMA, content: result, when: "as the answer to such a question" },
};

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
    within: { record: walkRecord },
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

/** Published by a person's command, not by the running gateway. */
const DOCTOR_TEST: Leafy = {
  ...OPEN,
  schema: DOCTOR_TEST_SCHEMA,
  content: doctorTest,
  when: "when a technician runs telpost doctor: shows whether the broker takes messages, and says nothing",
};

/** Looked up once: walking the schemas takes longer than all the rest of a report. */
const known = new Map<string, readonly string[]>();

/** The topics of one gateway with everything that may stand in their messages, from the schemas that check them. */
export function topicsOf(identity: Identity): Topic[] {
  const names = topics(identity);
  const leaves = (Object.keys(LEAVES) as Leaf[]).map((leaf) => entryOf(names[leaf], leaf, LEAVES[leaf]));
  const remote = (["cmd", "res"] as const).map((part) => entryOf(`${names[part]}/+`, part, REMOTE[part]));
  return [...leaves, ...remote, entryOf(`${names.root}/${DOCTOR_TEST_LEAF}`, "doctor-test", DOCTOR_TEST)];
}

function entryOf(topic: string, name: string, { content, within = {}, ...about }: Leafy): Topic {
  const fields = known.get(name) ?? allFields(content, within);
  known.set(name, fields);
  return { topic, ...about, fields: [...fields] };
}

function allFields(content: z.ZodType, within: NonNullable<Leafy["within"]>): string[] {
  const inner = Object.entries(within).flatMap(([field, signed]) =>
    fieldsOf(signed).map((name) => `${field}.${name}`),
  );
  return [...fieldsOf(content), ...inner].sort();
}
