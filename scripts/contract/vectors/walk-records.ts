import { walk } from "../examples.ts";
import type { Json } from "../schemas.ts";
import { base64url, bytesOf, EPOCH, flipped, GW07, GW08, KEYS, signed, topicOf, withPart } from "./forge.ts";
import { EPOCH_2 } from "./sequences.ts";
import { nextSpelling, plusOrder } from "./tampered.ts";
import type { Vector } from "./vector.ts";

/** An event `commissioning` with its signed record, and what a reader without a memory makes of it. */

const TYP = "telpost+walk-test";
const WHO = { tenant: walk.tenant, site: walk.site, gateway: walk.gateway };
const SAID_TWICE = { ...WHO, sensor: walk.sensor, line: walk.line, how: walk.how, verdict: walk.verdict };

/** A record, rightly signed unless said otherwise. */
export function walkRecord(
  record: Json | string = walk,
  { signer = KEYS.gw07, jws = {} as Json } = {},
): string {
  const text = typeof record === "string" ? record : JSON.stringify(record);
  return signed(text, { signer, jws: { typ: TYP, cty: undefined, ...jws } });
}

/** The event around a record, saying the same. */
export function commissioning(record: string, more: Json = {}): string {
  const head = { schema: "telpost/event/1", ...SAID_TWICE, epoch: EPOCH_2, seq: 0, at: walk.ended };
  return JSON.stringify({ ...head, kind: "commissioning", record, ...more });
}

const vector = (refusal: string | null, name: string, payload: string, opens: Json | null): Vector => ({
  ...{ name, topic: topicOf(GW07, "event"), payload, opens, refusal },
});
/** An event whose record opens. */
export const opensRecord = (name: string, record: Json, more: Json = {}): Vector =>
  vector(null, name, commissioning(walkRecord(record), more), record);
/** An event that is refused for its record. */
export const refusedRecord = (name: string, record: string, more: Json = {}): Vector =>
  vector("not_walk_record", name, commissioning(record, more), null);

const GENUINE = walkRecord();
const restarted = { how: "restarted", walked: null, verdict: [] };

/** Every event, and what a reader makes of it. */
export function walkRecordVectors(): Vector[] {
  return [...right(), ...signers(), ...headers(), ...tampered(), ...wrongInside(), ...around()];
}

function right(): Vector[] {
  const { bytes: _, ...before } = walk;
  const unknown = { how: "called_away", verdict: ["sideways"], walked: null };
  return [
    opensRecord("a walk test that found all well", walk),
    opensRecord("one in which the bytes of the sensor's line were shown too", { ...walk, bytes: true }),
    opensRecord(
      "one that the death of the program ended, while bytes were shown",
      { ...walk, ...restarted, bytes: true },
      { how: restarted.how, verdict: restarted.verdict },
    ),
    opensRecord("one of before contract 1.1, which does not say whether bytes were shown", before),
    opensRecord(
      "words that this version does not know",
      { ...walk, ...unknown },
      { how: unknown.how, verdict: unknown.verdict },
    ),
    {
      ...opensRecord("a field that this version does not know", walk),
      payload: commissioning(walkRecord({ ...walk, height: 2.4 })),
    },
    {
      ...opensRecord("signed with the second key of a gateway that changes its key", walk),
      payload: commissioning(walkRecord(walk, { signer: KEYS.gw07Next })),
    },
  ];
}

function signers(): Vector[] {
  const by = (signer: typeof KEYS.thief) => walkRecord(walk, { signer });
  const gw08 = { ...walk, gateway: "gw08" };
  return [
    refusedRecord("signed by a stranger", by(KEYS.thief)),
    refusedRecord(
      "signed by a stranger under the kid of the gateway",
      by({ ...KEYS.thief, kid: KEYS.gw07.kid }),
    ),
    refusedRecord("signed with a gateway key that was revoked", by(KEYS.gw07Revoked)),
    refusedRecord("signed by another gateway", by(KEYS.gw08)),
    {
      ...refusedRecord("of another gateway, around a record of this one", GENUINE),
      topic: topicOf(GW08, "event"),
      payload: commissioning(GENUINE, { gateway: "gw08" }),
    },
    {
      ...opensRecord("of another gateway, on its own topic", gw08),
      topic: topicOf(GW08, "event"),
      payload: commissioning(walkRecord(gw08, { signer: KEYS.gw08 }), { gateway: "gw08" }),
    },
  ];
}

function headers(): Vector[] {
  const rewritten = (change: Json) =>
    withPart(GENUINE, 0, (part) =>
      base64url(JSON.stringify({ ...JSON.parse(bytesOf(part).toString()), ...change })),
    );
  const unsigned = withPart(rewritten({ alg: "none" }), 2, () => "");
  const others: Json[] = [
    ...[{ typ: "telpost+privacy" }, { typ: "telpost+jws" }, { typ: "JWT" }, { typ: undefined }],
    ...[{ alg: "ES256" }, { alg: "Ed25519" }, { kid: undefined }, { kid: "../gw07" }],
    ...[{ cty: "JWE" }, { crit: ["b64"] }, { b64: false }, { jwk: KEYS.thief.publicJwk }],
  ];
  return [
    vector("not_event", "alg none, without a signature", commissioning(unsigned), null),
    refusedRecord("alg none, with the signature", rewritten({ alg: "none" })),
    ...others.map((jws) =>
      refusedRecord(`rightly signed, with ${told(jws)} in the header`, walkRecord(walk, { jws })),
    ),
    refusedRecord(
      "a key of its own in the header, rightly signed with it",
      walkRecord(walk, { signer: KEYS.thief, jws: { jwk: KEYS.thief.publicJwk } }),
    ),
    refusedRecord("the header as a list", signed(JSON.stringify(walk), { jwsText: () => "[]" })),
  ];
}

function told(jws: Json): string {
  const [[name, value] = []] = Object.entries(jws);
  if (value === undefined) return `no ${name}`;
  return typeof value === "string" ? `${name} ${value}` : `${name}`;
}

/** Somebody between the gateway and the city, without a key. */
function tampered(): Vector[] {
  const names = ["header", "payload", "signature"];
  const signature = (change: (bytes: Buffer) => Uint8Array) =>
    withPart(GENUINE, 2, (part) => base64url(change(bytesOf(part))));
  const shown = walkRecord({ ...walk, bytes: true });
  const last = GENUINE.charCodeAt(GENUINE.length - 1);
  return [
    ...names.flatMap((name, part) =>
      [0, -1].map((at) =>
        refusedRecord(
          `bit 1 of byte ${at} of the ${name} flipped`,
          withPart(GENUINE, part, (text) => flipped(text, at, 1)),
        ),
      ),
    ),
    refusedRecord(
      "bytes were shown, and the record says now that they were not",
      withPart(shown, 1, (part) => base64url(`${bytesOf(part)}`.replace('"bytes":true', '"bytes":false'))),
    ),
    refusedRecord(
      "the payload of another record",
      withPart(GENUINE, 1, () => shown.split(".")[1] ?? ""),
    ),
    refusedRecord(
      "a signature of zeros",
      signature(() => new Uint8Array(64)),
    ),
    refusedRecord(
      "a signature of 63 bytes",
      signature((bytes) => bytes.subarray(0, 63)),
    ),
    refusedRecord(
      "a signature of 65 bytes",
      signature((bytes) => Buffer.concat([bytes, Buffer.of(0)])),
    ),
    refusedRecord(
      "the same signature spelled otherwise: S + L (RFC 8032, section 5.1.7)",
      signature(plusOrder),
    ),
    refusedRecord(
      "other unused bits in its last character",
      GENUINE.slice(0, -1) + String.fromCharCode(nextSpelling(last)),
    ),
    ...UNSPELLED.map(([how, text]) => vector("not_event", how, commissioning(text), null)),
  ];
}
/** What the event's own schema refuses. */
const UNSPELLED: readonly [how: string, text: string][] = [
  ["the record with padding", `${GENUINE}==`],
  ["the record with a line feed behind it", `${GENUINE}\n`],
  ["the record with a part more", `${GENUINE}.AAAA`],
  ["the record with an empty part more", `${GENUINE}.`],
  ["the record empty", ""],
  ["a record of nothing, rightly signed", walkRecord("")],
];

/** What a gateway gone bad could sign. */
function wrongInside(): Vector[] {
  const inside: [what: string, record: Json | string][] = [
    ["a field less", { ...walk, operator: undefined }],
    ["what is no JSON", "{"],
    ["a list", JSON.stringify([walk])],
    ["a byte order mark before it", `\ufeff${JSON.stringify(walk)}`],
    ["another schema", { ...walk, schema: "telpost/walk-test/2" }],
    ["how many bytes were shown", { ...walk, bytes: 19 }],
    ["null for whether bytes were shown", { ...walk, bytes: null }],
    ["a count as the verdict", { ...walk, verdict: [12] }],
    ["a time without its zone", { ...walk, ended: "2026-07-18T14:09:41" }],
  ];
  return inside.map(([what, record]) =>
    refusedRecord(`rightly signed, with ${what} inside`, walkRecord(record)),
  );
}

/** Another value for what the record and the event both say: each alone would do. */
const OTHERS: { readonly [name in keyof typeof SAID_TWICE]: unknown } = {
  ...{ tenant: "delft", site: "kijkduin", gateway: "gw08", sensor: "gate-2", line: "gate-2" },
  ...{ how: "hung_up", verdict: ["good", "missed"] },
};

function around(): Vector[] {
  const inside = Object.entries(OTHERS).map(([name, value]) =>
    refusedRecord(`another ${name} in the record, rightly signed`, walkRecord({ ...walk, [name]: value })),
  );
  const outside = ["sensor", "line", "how", "verdict"].map((name) =>
    refusedRecord(`another ${name} in the event, changed on the way`, GENUINE, {
      [name]: OTHERS[name as keyof typeof OTHERS],
    }),
  );
  const both = ["missed", "extra"];
  return [
    ...inside,
    ...outside,
    refusedRecord("no verdict in the event", GENUINE, { verdict: [] }),
    refusedRecord("the verdict in another order", walkRecord({ ...walk, verdict: both }), {
      verdict: both.toReversed(),
    }),
    vector(
      "not_event",
      "in the name of another gateway",
      commissioning(walkRecord({ ...walk, gateway: "gw08" }), { gateway: "gw08" }),
      null,
    ),
    opensRecord("numbered in another epoch, which the record does not name", walk, { epoch: EPOCH, seq: 41 }),
  ];
}
