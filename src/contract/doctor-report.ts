import { z } from "zod";

/**
 * What `telpost doctor` found. Nothing in it is a function of counts (P9): no numbers of frames, readings or bytes of a
 * sensor, and no times at which anything came.
 */

/** `unknown`: it could not be judged, and `why` says why. It is neither good nor bad. */
export const DOCTOR_STATES = ["ok", "unknown", "warning", "failed"] as const;
export type DoctorState = (typeof DOCTOR_STATES)[number];

/** The longest texts; longer ones are cut. */
export const DOCTOR_LENGTHS = { subject: 64, what: 200, why: 300, cure: 300 } as const;
/** The most findings; what is beyond them is not told. */
export const MOST_FINDINGS = 256;

/** One line: how it stands, what it is about, why it is so, and what to do. */
export const doctorFinding = z.strictObject({
  /** What was looked at, such as `tls`. */
  check: z.string().regex(/^[a-z]{1,16}$/),
  state: z.enum(DOCTOR_STATES),
  /** Error code of the table; null when nothing is wrong or nothing is known. */
  code: z
    .string()
    .regex(/^[a-z]+\.[a-z_]+$/)
    .max(64)
    .nullable(),
  /** What of several it is, such as the id of a sensor; null where there is one only. */
  subject: z.string().max(DOCTOR_LENGTHS.subject).nullable(),
  what: z.string().max(DOCTOR_LENGTHS.what),
  why: z.string().max(DOCTOR_LENGTHS.why),
  /** What to do next; empty when there is nothing to do. */
  cure: z.string().max(DOCTOR_LENGTHS.cure),
});
export type DoctorFinding = z.infer<typeof doctorFinding>;

/** A report: the worst first, and of equals causes before what follows from them. */
export const doctorReport = z.strictObject({
  schema: z.literal("telpost/doctor/1"),
  software: z.string().max(64),
  /** RFC 3339, UTC, by the gateway's own clock, which may be what is wrong. */
  at: z.iso.datetime(),
  /** The worst state of all findings; what is not known makes it no worse than ok. */
  state: z.enum(["ok", "warning", "failed"]),
  findings: z.array(doctorFinding).max(MOST_FINDINGS),
});
export type DoctorReport = z.infer<typeof doctorReport>;

/** Of a finding, what may cross a broker: words of tables and ids of the configuration; no path, host or text. */
export const remoteFinding = z.object({
  ...doctorFinding.pick({ check: true, state: true, code: true }).shape,
  /** `sensor` or `contact` and its id; null for all else. */
  subject: z
    .string()
    .regex(/^(sensor|contact) [a-z0-9-]{1,32}$/)
    .nullable(),
});

/** The answer to the remote command `doctor`. Readers accept unknown keys. */
export const remoteDoctor = z.object({
  state: doctorReport.shape.state,
  findings: z.array(remoteFinding).max(MOST_FINDINGS),
});
export type RemoteDoctor = z.output<typeof remoteDoctor>;

/** A report without its texts, which the reader finds in the error table by the code. */
export function withoutTexts({ state, findings }: DoctorReport): RemoteDoctor {
  return {
    state,
    findings: findings.map(({ check, state: how, code, subject }) => {
      const isNamed = remoteFinding.shape.subject.safeParse(subject).success;
      return { check, state: how, code, subject: isNamed ? subject : null };
    }),
  };
}

/** The one message by which the doctor finds out whether the broker takes messages of this gateway; it says nothing. */
export const DOCTOR_TEST_SCHEMA = "telpost/doctor-test/1";
export const doctorTest = z.strictObject({ schema: z.literal(DOCTOR_TEST_SCHEMA) });
/** Below the gateway's root: not kept by a broker, and read by nobody. */
export const DOCTOR_TEST_LEAF = "res/doctor-test";
