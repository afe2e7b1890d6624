import { rfc3339 } from "../../../src/contract/windows.ts";
import { crowd } from "../examples.ts";
import type { Json } from "../schemas.ts";
import {
  END,
  END_MS,
  flipped,
  flow,
  GW07,
  GW08,
  inside,
  KEYS,
  padded,
  SITE,
  sealed,
  TENANT,
  topicOf,
  withPart,
} from "./forge.ts";
import { LEVELS } from "./vector.ts";

/** One message of a sequence, and what a reader that remembers makes of it. */
export interface Step {
  readonly topic: string;
  readonly payload: string;
  /** `handled`, `duplicate`, or why it is refused. */
  readonly outcome: string;
  /** The lines it prints: its records that were never handed on before. */
  readonly lines: readonly Json[];
}

export interface Sequence {
  readonly name: string;
  readonly steps: readonly Step[];
  /** `replay`: a right message sent once more, by somebody who has no key. */
  readonly touches?: "replay";
}

export const EPOCH_2 = "0q8w6e4r2t0y8u6i";

export interface Made {
  readonly payload: string;
  readonly content: Json;
}

/** Message `seq`, whose window ends so many minutes later. */
export function make(seq: number, more: Json = {}, minutes = seq): Made {
  const end = rfc3339(END_MS + minutes * 60_000);
  const content = inside({ seq, end, ...more });
  const jwe = { seq, end, epoch: content.epoch };
  return { payload: sealed({ jwe, plaintext: padded(content) }), content };
}

function lineOf({ content }: Made, record: Json, late: boolean): Json {
  const { end, epoch, seq } = content;
  return {
    ...{ type: "record", gateway: GW07, end, ...record, epoch, seq },
    ...(late && { receivedLate: true }),
  };
}

function handled(made: Made, { late = false, records = made.content.records as Json[] } = {}): Step {
  const lines = records.map((record) => lineOf(made, record, late));
  return { topic: topicOf(GW07), payload: made.payload, outcome: "handled", lines };
}

function dropped(outcome: string, { payload }: Made, topic = topicOf(GW07)): Step {
  return { topic, payload, outcome, lines: [] };
}

const other = { ...flow, sensor: "gate-3" };
const changed = { ...flow, value: { in: 40, out: 0 } };

const WHO = { tenant: TENANT, site: SITE, gateway: "gw07" };

/** An event and what becomes of it; events print no records. */
function event(outcome: string, more: Json): Step {
  return { topic: topicOf(GW07, "event"), payload: eventText(more), outcome, lines: [] };
}

/** An event, a gap unless it says otherwise. */
export function eventText(more: Json): string {
  return JSON.stringify({
    schema: "telpost/event/1",
    ...WHO,
    epoch: EPOCH_2,
    seq: 0,
    at: END,
    kind: "gap",
    ...more,
  });
}

const lost = { reason: "max_age", numbers: { epoch: EPOCH_2, ranges: [[1, 2]] } };

/** Events have numbers of their own, beside those of sealed messages. */
const EVENTS: readonly Sequence[] = [
  {
    name: "an event again is a duplicate, and other bytes under its number are refused",
    steps: [
      event("handled", lost),
      event("duplicate", lost),
      event("same_number_other_bytes", { ...lost, reason: "stopped" }),
    ],
  },
  {
    name: "an event of a kind, or for a reason, that this version does not know is handled",
    steps: [
      event("handled", { kind: "tide", metres: 1.2 }),
      event("handled", { ...lost, seq: 1, reason: "meteor" }),
    ],
  },
  {
    name: "an event of a known kind without what belongs to it is refused, and one in the name of another",
    steps: [
      event("not_event", { reason: 7 }),
      event("not_event", { ...lost, gateway: "gw08" }),
      event("handled", lost),
    ],
  },
];

/** What only a reader that remembers can know. */
export function sequences(): Sequence[] {
  const [first, second, third] = [make(0), make(1), make(2)];
  const broken = { ...second, payload: withPart(second.payload, 2, (part) => flipped(part, 0, 0)) };
  const again = make(0);
  const nextEpoch = make(0, { epoch: EPOCH_2 }, 1);
  return [
    {
      name: "the same bytes again are a duplicate",
      touches: "replay",
      steps: [handled(first), dropped("duplicate", first), dropped("duplicate", first)],
    },
    {
      name: "the same bytes again are a duplicate, however much later",
      touches: "replay",
      steps: [handled(first), handled(second), handled(third), dropped("duplicate", first)],
    },
    {
      name: "other bytes under the same number are refused, also when they say the same",
      steps: [handled(first), dropped("same_number_other_bytes", again), dropped("duplicate", first)],
    },
    {
      name: "any order is right; what comes after a later one is marked",
      steps: [handled(third), handled(first, { late: true }), handled(second, { late: true })],
    },
    { name: "a number counts within its epoch", steps: [handled(first), handled(nextEpoch)] },
    {
      name: "a window has one value for ever: another one under another number is refused",
      steps: [
        handled(first),
        dropped("window_conflict", make(5, { records: [changed] }, 0)),
        handled(second),
      ],
    },
    {
      name: "a window that comes again with the same record under another number is handed on once",
      steps: [handled(first), dropped("duplicate", make(5, {}, 0))],
    },
    {
      name: "of a message only what is new is handed on",
      steps: [handled(first), handled(make(5, { records: [flow, other] }, 0), { records: [other] })],
    },
    {
      name: "what was refused is not remembered",
      steps: [
        dropped("unknown_signer", first, topicOf(GW08)),
        dropped("signature", broken),
        handled(second),
        handled(first, { late: true }),
      ],
    },
    {
      name: "two gateways may use the same epoch and number",
      steps: [handled(first), ofGw08(make(0, { gateway: "gw08" }))],
    },
    ...levels(),
    ...EVENTS,
  ];
}

/** Totals and crowd levels are records like any other, and keep what they were computed from. */
function levels(): Sequence[] {
  const { privacy, records } = LEVELS;
  const all = make(0, { privacy, records });
  const ofElsewhere = make(1, { privacy, records: [{ ...crowd, of: ["markt"] }] }, 0);
  const ofLess = make(2, { privacy, records: [{ ...crowd, value: { level: "free" } }] }, 0);
  return [
    {
      name: "a total and a crowd level are handed on once, with the names of what they were computed from",
      steps: [handled(all), dropped("duplicate", all)],
    },
    {
      name: "a crowd level of a known window is refused when it is another, or of something else",
      steps: [handled(all), dropped("window_conflict", ofElsewhere), dropped("window_conflict", ofLess)],
    },
    {
      name: "a message on the topic of another gateway is refused, before it was known there and after",
      touches: "replay",
      steps: [
        dropped("unknown_signer", all, topicOf(GW08)),
        handled(all),
        dropped("unknown_signer", all, topicOf(GW08)),
        dropped("duplicate", all),
      ],
    },
  ];
}

function ofGw08({ content }: Made): Step {
  const { seq, end } = content;
  const payload = sealed({ signer: KEYS.gw08, jwe: { gw: GW08, seq, end }, plaintext: padded(content) });
  const lines = (content.records as Json[]).map((record) => ({
    ...lineOf({ payload, content }, record, false),
    gateway: GW08,
  }));
  return { topic: topicOf(GW08), payload, outcome: "handled", lines };
}
