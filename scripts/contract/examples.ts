import { COMMANDS, PLATFORM_ALARMS } from "../../src/model.ts";
import { PRIVACY_REPORT } from "./privacy-example.ts";
import type { Json } from "./schemas.ts";

/** Examples of every message: what is right, and what is wrong with the others. */

export interface ValidExample {
  readonly name: string;
  /** True when only readers accept it: a later version may write so. */
  readonly later?: true;
  readonly message: unknown;
}

export interface InvalidExample {
  /** What is wrong with it. */
  readonly wrong: string;
  /** True when a JSON Schema cannot say so: a reader has to check it in code. */
  readonly beyondSchema?: true;
  readonly message: unknown;
}

export interface Examples {
  readonly valid: readonly ValidExample[];
  readonly invalid: readonly InvalidExample[];
}

const EPOCH = "7k2m9qv4x0t8b1ce";
const WHO = { tenant: "denhaag", site: "scheveningen", gateway: "gw07" };
const KEY = "Ck4wM8b1xYq0Zt5nJr7uVh2sLd9fGp3eAi6oTzXcBvE";
const OTHER_KEY = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";

const flow = {
  ...{ sensor: "blvd-noord-03", kind: "flow", seconds: 60, covered: 60 },
  ...{ value: { in: 41, out: -1 }, method: "counted", quality: "ok" },
};
export const occupancy = {
  ...{ sensor: "plein", kind: "occupancy", seconds: 300, covered: 291.4 },
  ...{ value: { present: 128 }, stat: "max", method: "derived", quality: "partial" },
};
export const unmeasured = {
  ...{ sensor: "gate-3", kind: "flow", seconds: 60, covered: 0 },
  ...{ value: { in: null, out: null }, method: "counted", quality: "not_measured", flags: ["sensor_fault"] },
};
/** Of the records before it, from what they publish. */
export const boulevard = {
  ...{ sensor: "boulevard", kind: "flow", seconds: 60, covered: 59.5 },
  ...{ value: { in: 63, out: 4 }, method: "derived", quality: "partial" },
  of: ["blvd-noord-03", "blvd-zuid-01"],
};
export const crowd = {
  ...{ sensor: "plein-crowd", kind: "level", seconds: 300, covered: 291.4 },
  ...{ value: { level: "busy" }, method: "derived", quality: "partial", of: ["plein"] },
};
export const unknownCrowd = {
  ...{ ...crowd, covered: 0, value: { level: null }, quality: "not_measured", flags: ["sensor_fault"] },
};
export const cycled = {
  ...flow,
  value: { person: { in: 41, out: -1 }, bicycle: { in: 3, out: 0 } },
};
const privacy = {
  flow: { mechanism: "discrete-laplace", epsilon: "1", unit: "passage" },
  occupancy: { mechanism: "discrete-laplace", epsilon: "1/3", unit: "person-window", w: 3 },
};
const windows = {
  ...{ schema: "telpost/windows/1", ...WHO, epoch: EPOCH, seq: 184220, end: "2026-07-18T14:05:00Z" },
  ...{ privacy, records: [flow, occupancy, unmeasured] },
};
const withRecord = (record: Json) => ({ ...windows, records: [record] });

const WINDOWS: Examples = {
  valid: [
    { name: "two kinds, and one that was not measured", message: windows },
    {
      name: "a running total whose step spans more than its window",
      message: withRecord({
        ...flow,
        quality: "partial",
        flags: ["catch_up"],
        since: "2026-07-18T13:58:12Z",
      }),
    },
    {
      name: "the same, when the time of the previous reading is unknown",
      message: withRecord({ ...flow, quality: "partial", flags: ["catch_up"], since: null }),
    },
    {
      name: "without noise, for a measurement with consent",
      message: {
        ...windows,
        privacy: { flow: { mechanism: "none", reason: "acceptance test, staff only" } },
        records: [{ ...flow, flags: ["lab"] }],
      },
    },
    {
      name: "a total and a crowd level, computed from the records beside them",
      message: {
        ...windows,
        records: [flow, { ...flow, sensor: "blvd-zuid-01" }, occupancy, boulevard, crowd],
      },
    },
    {
      name: "a crowd level of what was not measured",
      message: withRecord(unknownCrowd),
    },
    {
      name: "passages by class, always of all classes",
      message: withRecord(cycled),
    },
    {
      name: "people present by class",
      message: withRecord({ ...occupancy, value: { person: { present: 12 }, bicycle: { present: -1 } } }),
    },
    {
      name: "classes that were not measured",
      message: withRecord({
        ...unmeasured,
        value: { person: { in: null, out: null }, bicycle: { in: null, out: null } },
      }),
    },
    {
      name: "a flag and fields that a later version may write",
      later: true,
      message: { ...withRecord({ ...flow, flags: ["fog"], shade: 3 }), note: "later" },
    },
  ],
  invalid: [
    {
      wrong: "epsilon is a number, not an exact fraction as text",
      message: { ...windows, privacy: { ...privacy, flow: { ...privacy.flow, epsilon: 1 } } },
    },
    { wrong: "another major version", message: { ...windows, schema: "telpost/windows/2" } },
    { wrong: "a capital in the tenant", message: { ...windows, tenant: "DenHaag" } },
    { wrong: "seq below 0", message: { ...windows, seq: -1 } },
    { wrong: "end with an offset instead of Z", message: { ...windows, end: "2026-07-18T16:05:00+02:00" } },
    { wrong: "a day that does not exist", message: { ...windows, end: "2026-02-30T14:05:00Z" } },
    { wrong: "no records", message: { ...windows, records: [] } },
    {
      wrong: "a record of occupancy, and nothing about its noise",
      message: { ...windows, privacy: { flow: privacy.flow } },
    },
    { wrong: "a window that does not divide a day", message: withRecord({ ...flow, seconds: 7 }) },
    { wrong: "a fraction of a person", message: withRecord({ ...flow, value: { in: 0.5, out: 0 } }) },
    { wrong: "null where it was measured", message: withRecord({ ...flow, value: { in: null, out: 2 } }) },
    {
      wrong: "a number where it was not measured",
      message: withRecord({ ...unmeasured, value: { in: 0, out: 0 } }),
    },
    { wrong: "the value of another kind", message: withRecord({ ...flow, value: { present: 4 } }) },
    { wrong: "a level that does not exist", message: withRecord({ ...crowd, value: { level: "full" } }) },
    { wrong: "a level of nothing", message: withRecord({ ...crowd, of: undefined }) },
    { wrong: "a level as a number", message: withRecord({ ...crowd, value: { level: 2 } }) },
    {
      wrong: "a level where it was not measured",
      message: withRecord({ ...unknownCrowd, value: { level: "free" } }),
    },
    { wrong: "no level where it was measured", message: withRecord({ ...crowd, value: { level: null } }) },
    { wrong: "a class called as a direction", message: withRecord({ ...cycled, value: { in: flow.value } }) },
    { wrong: "no class at all", message: withRecord({ ...cycled, value: {} }) },
    {
      wrong: "one class not measured where the other was",
      message: withRecord({ ...cycled, value: { ...cycled.value, bicycle: { in: null, out: null } } }),
    },
    {
      wrong: "a class of which one direction is missing",
      message: withRecord({ ...cycled, value: { ...cycled.value, bicycle: { in: 3 } } }),
    },
    { wrong: "catch_up without since", message: withRecord({ ...flow, flags: ["catch_up"] }) },
    { wrong: "since without catch_up", message: withRecord({ ...flow, since: "2026-07-18T13:58:12Z" }) },
    { wrong: "a flag twice", message: withRecord({ ...flow, flags: ["lab", "lab"] }) },
    { wrong: "occupancy without its statistic", message: withRecord({ ...occupancy, stat: undefined }) },
    {
      wrong: "flags that are not sorted",
      beyondSchema: true,
      message: withRecord({ ...flow, flags: ["lab", "calibration"] }),
    },
    {
      wrong: "watched for longer than the window",
      beyondSchema: true,
      message: withRecord({ ...flow, covered: 60.1 }),
    },
    { wrong: "hundredths of a second", beyondSchema: true, message: withRecord({ ...flow, covered: 59.95 }) },
    {
      wrong: "end is not on the grid of the window",
      beyondSchema: true,
      message: { ...windows, end: "2026-07-18T14:05:30Z" },
    },
    {
      wrong: "two records of one window",
      beyondSchema: true,
      message: { ...windows, records: [flow, { ...flow, value: { in: 3, out: 0 } }] },
    },
  ],
};

const run = { bootId: "5f0c7a52-6d3e-4c1b-9c57-0e5d1f2a3b4c", connection: 3 };
const birth = {
  ...{ schema: "telpost/status/1", state: "online", contract: "1.1", software: "telpost 0.1.0" },
  ...{ configHash: "3f1d0c9ab2e4", ...run },
  about: {
    isolation: "kernel",
    outputs: [{ id: "blvd-noord-03", kind: "flow", seconds: 60 }],
    gatewayKid: KEY,
    cityKid: OTHER_KEY,
  },
  outbox: { queued: 2, oldest: "2026-07-18T14:03:00.412Z" },
};
const death = { schema: "telpost/status/1", state: "offline", reason: "lost", ...run };

const STATUS: Examples = {
  valid: [
    { name: "birth", message: birth },
    {
      name: "birth before the counting process has spoken",
      message: { ...birth, about: null, outbox: { queued: 0, oldest: null } },
    },
    { name: "death: the last will", message: death },
    { name: "death: a clean stop", message: { ...death, reason: "stopped" } },
    { name: "a field that a later version may write", later: true, message: { ...death, uptimeSeconds: 9 } },
  ],
  invalid: [
    { wrong: "a state that does not exist", message: { ...death, state: "asleep" } },
    { wrong: "a death without its reason", message: { ...death, reason: undefined } },
    { wrong: "a birth without its run", message: { ...birth, bootId: undefined } },
    {
      wrong: "a thumbprint that is too short",
      message: { ...birth, about: { ...birth.about, gatewayKid: "abc" } },
    },
  ],
};

const healthy = {
  ...{ schema: "telpost/health/1", at: "2026-07-18T14:05:00.000Z", ...run, uptimeSeconds: 86_400 },
  sensors: [{ id: "gate-3", profile: "generic-csv", link: "up", errors: "none" }],
  ...{ clockSynced: true, delivery: null, queued: 0, oldestSeconds: null },
  ...{ lastProof: "2026-07-18T14:04:01.120Z", drainSeconds: 0, storage: null },
};

const FINE = Object.fromEntries(PLATFORM_ALARMS.map((alarm) => [alarm, "ok"]));

const HEALTH: Examples = {
  valid: [
    { name: "all is well", message: healthy },
    {
      name: "a cable is out and nobody subscribes",
      message: {
        ...healthy,
        sensors: [
          {
            id: "gate-3",
            profile: "generic-csv",
            link: "down",
            errors: "some",
            code: "device.gone",
            experimental: true,
          },
        ],
        ...{
          delivery: "broker.no_subscriber",
          queued: 61,
          oldestSeconds: 3660,
          drainSeconds: null,
          configuration: "config.last_good",
        },
      },
    },
    {
      name: "a cabinet that is open, on a machine of which not all can be seen",
      message: {
        ...healthy,
        contacts: [{ id: "cabinet", use: "door", condition: "alarm", code: "contact.door" }],
        platform: { ...FINE, throttled: "unknown" },
      },
    },
    { name: "a field that a later version may write", later: true, message: { ...healthy, temperature: 51 } },
  ],
  invalid: [
    {
      wrong: "a link that is neither up, down nor fault",
      message: { ...healthy, sensors: [{ ...healthy.sensors[0], link: "maybe" }] },
    },
    {
      wrong: "errors as a number, which would follow counts",
      message: { ...healthy, sensors: [{ ...healthy.sensors[0], errors: 17 }] },
    },
    { wrong: "an age below 0", message: { ...healthy, oldestSeconds: -1 } },
    { wrong: "no time", message: { ...healthy, at: undefined } },
  ],
};

const head = {
  schema: "telpost/event/1",
  ...WHO,
  epoch: "0q8w6e4r2t0y8u6i",
  seq: 12,
  at: "2026-07-18T14:05:03Z",
};
const gap = {
  ...head,
  kind: "gap",
  reason: "max_age",
  numbers: { epoch: EPOCH, ranges: [[184100, 184219]] },
};

const walkTest = {
  ...head,
  kind: "walk_test",
  sensor: "gate-1",
  line: "gate-1",
  operator: "A. Jansen",
  reason: "new sensor",
  bytes: false,
  until: "2026-07-18T14:20:03Z",
};
const commissioning = {
  ...head,
  kind: "commissioning",
  sensor: "gate-1",
  line: "gate-1",
  how: "finished",
  verdict: ["mirrored"],
  record: "eyJhbGciOiJFZERTQSJ9.e30.c2lnbmF0dXJl",
};

const EVENT: Examples = {
  valid: [
    { name: "numbers that will never come", message: gap },
    {
      name: "windows that will never come",
      message: {
        ...head,
        kind: "gap",
        reason: "power_cut",
        windows: [{ seconds: 60, from: "2026-07-18T13:40:00Z", to: "2026-07-18T14:02:00Z" }],
      },
    },
    {
      name: "a new epoch",
      message: { ...head, kind: "epoch", new: EPOCH, previous: "1a2b3c4d5e6f7g8h", lastSeqKept: 5011 },
    },
    {
      name: "the first epoch",
      message: { ...head, kind: "epoch", new: EPOCH, previous: null, lastSeqKept: null },
    },
    {
      name: "the clock was set",
      message: { ...head, kind: "clock_step", from: "1970-01-01T00:02:11.300Z", to: "2026-07-18T14:05:03Z" },
    },
    { name: "a new key set", message: { ...head, kind: "key", change: "new_set", version: 4 } },
    {
      name: "a message refused on the gateway",
      message: { ...head, kind: "conflict", what: "window_not_later", message: { epoch: EPOCH, seq: 7 } },
    },
    { name: "the card fails", message: { ...head, kind: "platform", what: "card_errors", state: "raised" } },
    {
      name: "the door is shut",
      message: { ...head, kind: "contact", id: "cabinet", use: "door", state: "cleared" },
    },
    {
      name: "the city asked for a restart",
      message: {
        ...{ ...head, kind: "command", name: "restart", outcome: "done", code: null },
        correlation: "YjQ2MmQ4",
      },
    },
    {
      name: "the city asked for what does not exist",
      message: {
        ...{ ...head, kind: "command", name: null, outcome: "refused", code: "command.unknown" },
        correlation: null,
      },
    },
    { name: "somebody begins a walk test", message: walkTest },
    {
      name: "somebody begins a walk test, and is shown the bytes of the sensor's line too",
      message: { ...walkTest, bytes: true },
    },
    {
      name: "somebody began a walk test, counted by software of before contract 1.1",
      message: { ...walkTest, bytes: undefined },
    },
    { name: "a walk test is over", message: commissioning },
    {
      name: "a verdict that a later version may bring",
      later: true,
      message: { ...commissioning, verdict: ["sideways"] },
    },
    { name: "a reason that a later version may use", later: true, message: { ...gap, reason: "meteor" } },
    { name: "a field that a later version may write", later: true, message: { ...gap, operator: "x" } },
    {
      name: "a kind that a later version may bring",
      later: true,
      message: { ...head, kind: "tide", metres: 1.2 },
    },
  ],
  invalid: [
    { wrong: "no kind", message: head },
    { wrong: "a kind that is known, without what belongs to it", message: { ...head, kind: "gap" } },
    { wrong: "a reason that is no word", message: { ...gap, reason: "Max age!" } },
    {
      wrong: "a contact that counts",
      message: { ...head, kind: "contact", id: "cabinet", use: "door", state: 3 },
    },
    {
      wrong: "a text that somebody sent",
      message: {
        ...{ ...head, kind: "command", name: "Hello, is anybody there?", outcome: "refused", code: null },
        correlation: null,
      },
    },
    { wrong: "a walk test that tells a count", message: { ...commissioning, verdict: [12] } },
    { wrong: "a walk test that tells how many bytes came", message: { ...walkTest, bytes: 19 } },
    { wrong: "no ranges", message: { ...gap, numbers: { epoch: EPOCH, ranges: [] } } },
    { wrong: "a range of three", message: { ...gap, numbers: { epoch: EPOCH, ranges: [[1, 2, 3]] } } },
    { wrong: "an epoch of 15 characters", message: { ...gap, epoch: "0q8w6e4r2t0y8u6" } },
    { wrong: "a time without its zone", message: { ...gap, at: "2026-07-18T14:05:03" } },
  ],
};

export const walk = {
  schema: "telpost/walk-test/1",
  ...WHO,
  software: "telpost 0.1.0",
  configHash: "9b2f1c",
  sensor: "gate-1",
  line: "gate-1",
  profile: "gpio-two-beam",
  operator: "A. Jansen",
  reason: "new sensor",
  bytes: false,
  began: "2026-07-18T14:05:03Z",
  ended: "2026-07-18T14:09:41Z",
  how: "finished",
  walked: { in: 5, out: 5 },
  verdict: ["good"],
};

const WALK_RECORD: Examples = {
  valid: [
    { name: "all is well", message: walk },
    { name: "bytes were shown too", message: { ...walk, bytes: true } },
    {
      name: "begun by software of before contract 1.1, which does not say whether bytes were shown",
      message: { ...walk, bytes: undefined },
    },
    { name: "the terminal hung up", message: { ...walk, how: "hung_up", walked: null, verdict: [] } },
    { name: "a field that a later version may write", later: true, message: { ...walk, height: 2.4 } },
  ],
  invalid: [
    { wrong: "nobody", message: { ...walk, operator: "" } },
    { wrong: "walked less than never", message: { ...walk, walked: { in: -1, out: 0 } } },
    { wrong: "how many bytes came", message: { ...walk, bytes: 19 } },
    { wrong: "no end", message: { ...walk, ended: undefined } },
  ],
};

const acknowledgement = {
  stream: "sealed",
  epoch: EPOCH,
  ranges: [
    [184100, 184219],
    [184221, 184221],
  ],
};

const ACK: Examples = {
  valid: [
    { name: "sealed messages", message: acknowledgement },
    { name: "events", message: { stream: "event", epoch: EPOCH, ranges: [[0, 12]] } },
    {
      name: "a field that a later version may write",
      later: true,
      message: { ...acknowledgement, by: "city" },
    },
  ],
  invalid: [
    { wrong: "a stream that does not exist", message: { ...acknowledgement, stream: "health" } },
    { wrong: "no ranges", message: { ...acknowledgement, ranges: [] } },
    { wrong: "a single number", message: { ...acknowledgement, ranges: [7] } },
    {
      wrong: "257 ranges",
      message: { ...acknowledgement, ranges: Array.from({ length: 257 }, (_, at) => [2 * at, 2 * at]) },
    },
    {
      wrong: "a range that ends before it starts",
      beyondSchema: true,
      message: { ...acknowledgement, ranges: [[9, 3]] },
    },
  ],
};

const cityKey = { kty: "OKP", crv: "X25519", x: KEY, kid: OTHER_KEY, nbf: 1_780_000_000, exp: 1_811_536_000 };
const keySet = { schema: "telpost/city-keys/1", version: 4, keys: [cityKey], revoked: [KEY] };

const KEY_SET: Examples = {
  valid: [
    { name: "one key, and one revoked", message: keySet },
    {
      name: "a key for laboratories",
      message: { ...keySet, keys: [{ ...cityKey, telpost: "lab" }], revoked: undefined },
    },
    { name: "none: from now on nothing may be sealed", message: { ...keySet, keys: [] } },
  ],
  invalid: [
    { wrong: "a private key", message: { ...keySet, keys: [{ ...cityKey, d: KEY }] } },
    {
      wrong: "a key that signs instead of one to seal to",
      message: { ...keySet, keys: [{ ...cityKey, crv: "Ed25519" }] },
    },
    { wrong: "version 0", message: { ...keySet, version: 0 } },
    { wrong: "milliseconds", message: { ...keySet, keys: [{ ...cityKey, exp: 1_811_536_000_000 }] } },
    { wrong: "a field that nobody knows", message: { ...keySet, comment: "x" } },
    {
      wrong: "valid until before it is valid",
      beyondSchema: true,
      message: { ...keySet, keys: [{ ...cityKey, exp: 1_779_999_999 }] },
    },
  ],
};

const jws = { alg: "EdDSA", typ: "telpost+jws", cty: "JWE", kid: KEY };

const JWS_HEADER: Examples = {
  valid: [{ name: "all of it", message: jws }],
  invalid: [
    { wrong: "no signature", message: { ...jws, alg: "none" } },
    { wrong: "another algorithm", message: { ...jws, alg: "HS256" } },
    { wrong: "a key of its own", message: { ...jws, jwk: { kty: "OKP", crv: "Ed25519", x: KEY } } },
    { wrong: "another type", message: { ...jws, typ: "JWT" } },
    { wrong: "no name of the key", message: { ...jws, kid: undefined } },
  ],
};

const jwe = {
  ...{ alg: "ECDH-ES", enc: "A256GCM", kid: OTHER_KEY, typ: "telpost+jwe", gw: "denhaag/scheveningen/gw07" },
  ...{ sgn: KEY, epoch: EPOCH, seq: 184220, end: "2026-07-18T14:05:00Z" },
  epk: { x: KEY, crv: "X25519", kty: "OKP" },
};

const JWE_HEADER: Examples = {
  valid: [{ name: "all of it", message: jwe }],
  invalid: [
    { wrong: "compressed", message: { ...jwe, zip: "DEF" } },
    { wrong: "wrapped instead of agreed", message: { ...jwe, alg: "ECDH-ES+A256KW" } },
    { wrong: "another encryption", message: { ...jwe, enc: "A128GCM" } },
    {
      wrong: "a topic instead of a gateway",
      message: { ...jwe, gw: "telpost/v1/denhaag/scheveningen/gw07" },
    },
    { wrong: "an ephemeral key on another curve", message: { ...jwe, epk: { ...jwe.epk, crv: "P-256" } } },
  ],
};

const record = {
  type: "record",
  gateway: "denhaag/scheveningen/gw07",
  end: "2026-07-18T14:05:00Z",
  ...flow,
  epoch: EPOCH,
  seq: 184220,
};

const RECORDS: Examples = {
  valid: [
    { name: "flow", message: record },
    { name: "occupancy, from a backlog", message: { ...record, ...occupancy, receivedLate: true } },
    { name: "not measured", message: { ...record, ...unmeasured } },
    { name: "a total", message: { ...record, ...boulevard } },
    { name: "a crowd level", message: { ...record, ...crowd } },
    { name: "passages by class", message: { ...record, ...cycled } },
    { name: "a flag of a newer gateway", message: { ...record, flags: ["fog"] } },
    { name: "a field that a later version may write", later: true, message: { ...record, shade: 3 } },
  ],
  invalid: [
    { wrong: "no gateway", message: { ...record, gateway: "gw07" } },
    { wrong: "another type of line", message: { ...record, type: "gap" } },
    { wrong: "a number as text", message: { ...record, value: { in: "41", out: "0" } } },
    { wrong: "null where it was measured", message: { ...record, value: { in: null, out: null } } },
    { wrong: "not late, said aloud", message: { ...record, receivedLate: false } },
    { wrong: "watched for longer than the window", beyondSchema: true, message: { ...record, covered: 61 } },
  ],
};

const ask = { schema: "telpost/command/1", command: "health" };

const COMMAND: Examples = {
  valid: COMMANDS.map((name) => ({ name, message: { ...ask, command: name } })),
  invalid: [
    { wrong: "no schema", message: { command: "health" } },
    { wrong: "a command that does not exist", message: { ...ask, command: "export" } },
    { wrong: "a parameter", message: { ...ask, epsilon: "100" } },
    { wrong: "another major version", message: { ...ask, schema: "telpost/command/2" } },
  ],
};

const answer = { schema: "telpost/result/1", command: "restart", at: "2026-07-18T14:05:03Z" };

const RESULT: Examples = {
  valid: [
    { name: "a restart will follow", message: { ...answer, outcome: "done" } },
    { name: "health", message: { ...answer, command: "health", outcome: "done", health: healthy } },
    {
      name: "doctor",
      message: {
        ...{ ...answer, command: "doctor", outcome: "done" },
        doctor: {
          state: "failed",
          findings: [
            { check: "sensors", state: "failed", code: "device.absent", subject: "sensor gate-1" },
            { check: "clock", state: "ok", code: null, subject: null },
          ],
        },
      },
    },
    { name: "too often", message: { ...answer, outcome: "refused", code: "command.too_often" } },
    {
      name: "a command that does not exist",
      message: { ...answer, command: "export", outcome: "refused", code: "command.unknown" },
    },
    {
      name: "a field that a later version may write",
      later: true,
      message: { ...answer, outcome: "done", patience: 3 },
    },
  ],
  invalid: [
    { wrong: "refused without a reason", message: { ...answer, outcome: "refused" } },
    {
      wrong: "a finding about a path",
      message: {
        ...{ ...answer, command: "doctor", outcome: "done" },
        doctor: {
          state: "failed",
          findings: [
            { check: "disk", state: "failed", code: "platform.read_only", subject: "/var/lib/telpost" },
          ],
        },
      },
    },
    { wrong: "an outcome that does not exist", message: { ...answer, outcome: "perhaps" } },
    { wrong: "a command with levels", message: { ...answer, command: "a/b", outcome: "done" } },
  ],
};

/** By name of the message. */
export const EXAMPLES: Readonly<Record<string, Examples>> = {
  windows: WINDOWS,
  "jws-header": JWS_HEADER,
  "jwe-header": JWE_HEADER,
  status: STATUS,
  health: HEALTH,
  event: EVENT,
  "walk-record": WALK_RECORD,
  ack: ACK,
  "key-set": KEY_SET,
  "privacy-report": PRIVACY_REPORT,
  command: COMMAND,
  result: RESULT,
  records: RECORDS,
};

/** Every example file by its path below `contract/`. */
export function exampleFiles(): Map<string, string> {
  return new Map(
    Object.entries(EXAMPLES).map(([name, examples]) => [
      `examples/${name}.json`,
      `${JSON.stringify({ schema: `../schemas/${name}.schema.json`, ...examples }, null, 2)}\n`,
    ]),
  );
}
