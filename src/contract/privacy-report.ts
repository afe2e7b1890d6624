import { z } from "zod";
import { CLASS_NAME } from "./values.ts";

/**
 * The privacy report: what a gateway measures, keeps, sends and shows, made from the configuration that runs and from
 * the code's own lists. Signed by the gateway as a compact JWS (EdDSA) and retained on the topic `privacy`.
 */

export const PRIVACY_REPORT_SCHEMA = "telpost/privacy-report/1";
/** `typ` of the JWS: the gateway key's signature over anything else is never taken for a report. */
export const PRIVACY_REPORT_TYPE = "telpost+privacy";
/** The longest signed report, in characters (all ASCII): fits into one frame of the handover. */
export const MAX_PRIVACY_REPORT_CHARACTERS = 190 * 1024;

const level = z.string().regex(/^[a-z0-9-]{1,32}$/);
const thumbprint = z.string().regex(/^[A-Za-z0-9_-]{43}$/);
const text = z.string().max(2000);
const word = z.string().regex(/^[a-z0-9_.-]{1,64}$/);
const count = z.int().min(0);
const fraction = z.string().regex(/^[1-9]\d{0,11}(\/[1-9]\d{0,11})?$/);

/** Makes an object schema: closed for the writer, tolerant of unknown keys for the reader. */
type MakeObject<C extends z.core.$ZodObjectConfig> = <T extends z.core.$ZodLooseShape>(
  shape: T,
) => z.ZodObject<z.core.util.Writeable<T>, C>;

function reportSchema<C extends z.core.$ZodObjectConfig>(object: MakeObject<C>) {
  return object({
    schema: z.literal(PRIVACY_REPORT_SCHEMA),
    tenant: level,
    site: level,
    gateway: level,
    /** When it was made; null when the gateway's clock was not set. RFC 3339, UTC. */
    made: z.iso.datetime().nullable(),
    software: z.string().max(64),
    contract: z.string().max(16),
    configHash: z.string().max(64),
    /** Whether the kernel keeps the process that sees passages from network and disk; null when it does not run. */
    isolation: z.enum(["kernel", "none"]).nullable(),
    responsible: responsibleSchema(object),
    protection: protectionSchema(object),
    ...sensorsSchema(object),
    ...placesSchema(object),
  });
}

/** Who answers for it, as the configuration says; null when it says nothing. */
function responsibleSchema<C extends z.core.$ZodObjectConfig>(object: MakeObject<C>) {
  return object({
    controller: text,
    contact: text,
    purpose: text,
    legalBasis: text,
    dpia: text,
    register: text,
    activeUntil: z.iso.date(),
  }).nullable();
}

function sensorsSchema<C extends z.core.$ZodObjectConfig>(object: MakeObject<C>) {
  return {
    /** Kinds of sensors in use, by the name of their profile. */
    technologies: z.array(
      object({
        profile: level,
        title: text,
        /** `experimental`: no frame of a real device stands behind it. Null for the generic profiles. */
        status: z.enum(["proven", "experimental"]).nullable(),
        /** What is taken from a frame, and what stands there too and is dropped before anything else sees it. */
        reads: z.array(text).max(64),
        discards: z.array(text).max(64),
      }),
    ),
    sensors: z.array(
      object({
        id: level,
        profile: level,
        location: text.nullable(),
        /** What is counted: a line, a zone or the whole sensor. */
        outputs: z.array(
          object({
            id: level,
            kind: word,
            method: word,
            seconds: count,
            /** What is told apart: every window has the numbers of each. */
            classes: z.array(z.string().regex(CLASS_NAME)).max(8).exactOptional(),
          }),
        ),
        /** What one person who passes once, or is in view, spends here in all; null without noise. */
        epsilonPerPerson: z.number().nullable(),
      }),
    ),
    /** Totals and crowd levels: computed from published records only, so that they spend no epsilon. */
    derived: z.array(object({ id: level, kind: word, seconds: count, of: z.array(level), how: text })),
  };
}

function protectionSchema<C extends z.core.$ZodObjectConfig>(object: MakeObject<C>) {
  return object({
    profile: z.enum(["street", "lab"]),
    mechanism: z.enum(["discrete-laplace", "none"]),
    /** Why there is no noise; why epsilon is above 2. */
    reason: text.nullable(),
    override: text.nullable(),
    /** Passages: each person counts once in one direction. */
    flow: object({ windowSeconds: count, epsilon: fraction, unit: z.literal("passage"), sensitivity: count }),
    /** People in view: `windows` that follow each other share the epsilon. */
    occupancy: object({
      windowSeconds: count,
      epsilon: fraction,
      windows: count,
      unit: z.literal("person-window"),
      sensitivity: count,
    }),
    /** Thumbprint of the city key that is sealed to now; null while none is usable or it does not run. */
    sealedTo: thumbprint.nullable(),
    /** Thumbprint of the gateway's signing key; null when the report is not made by the gateway itself. */
    signedBy: thumbprint.nullable(),
  });
}

/** Where anything is kept, sent, written or shown. */
function placesSchema<C extends z.core.$ZodObjectConfig>(object: MakeObject<C>) {
  return {
    files: z.array(
      object({
        place: z.enum(["crash", "runtime", "state", "config", "safe"]),
        /** `*` stands for any text without a slash, `**` for any text. */
        name: text,
        process: z.enum(["sense", "forward", "both", "person"]),
        medium: z.enum(["memory", "card"]),
        holds: text,
        readableBy: text,
        keptFor: text,
      }),
    ),
    tables: z.array(object({ name: text, columns: z.array(text), holds: text })),
    topics: z.array(
      object({
        topic: text,
        direction: z.enum(["to-city", "from-city"]),
        schema: text,
        sealed: z.boolean(),
        signed: z.boolean(),
        retained: z.boolean(),
        when: text,
        /** Names of everything inside, `a.b` for b in a and `a[]` for each of a. */
        fields: z.array(text),
      }),
    ),
    logs: object({ where: text, keptFor: text, events: z.array(word), fields: z.array(text) }),
    access: z.array(object({ who: text, sees: text })),
    /** The only views of exact numbers. */
    exactNumbers: z.array(object({ where: text, why: text, limit: text })),
    /** Times that somebody looked at live exact counts to check a sensor; null when this version cannot show them. */
    walkTests: count.nullable(),
  };
}

/** Closed: what the gateway may write. */
export const privacyReport = reportSchema(z.strictObject);
export type PrivacyReport = z.output<typeof privacyReport>;

/** Tolerant: drops what it does not know. For readers. */
export const privacyReportForReaders = reportSchema(z.object);

/** Closed header of the JWS. */
export const privacyReportHeader = z.strictObject({
  alg: z.literal("EdDSA"),
  typ: z.literal(PRIVACY_REPORT_TYPE),
  /** Thumbprint of the gateway key. */
  kid: thumbprint,
});
