import { z } from "zod";

const id = z.string().regex(/^[a-z0-9-]{1,32}$/);
const thumbprint = z.string().regex(/^[A-Za-z0-9_-]{43}$/);
const count = z.int().min(0);

/** Version of the contract between gateway and city. */
export const CONTRACT_VERSION = "1.1";

/** Which run of the gateway speaks: a death with another boot id or connection number is stale. */
const run = { bootId: z.string().min(1).max(64), connection: count };

/** What sense tells about itself: no function of counts (P9). */
const about = {
  isolation: z.enum(["kernel", "none"]),
  /** Every output with the length of its window in seconds. */
  outputs: z
    .array(
      z.object({ id, kind: z.enum(["flow", "occupancy", "level"]), seconds: z.int().min(1).max(86_400) }),
    )
    .max(256),
  /** RFC 7638 thumbprint of the gateway's signing key. */
  gatewayKid: thumbprint,
  /** RFC 7638 thumbprint of the city key in use; null when none is usable. */
  cityKid: thumbprint.nullable(),
  /** Until when there are valid city keys (RFC 3339, UTC): in the past while an expired one serves. */
  cityKeyUntil: z.iso.datetime().nullable().optional(),
};
const aboutSense = z.object(about);

/** What sense told forward: as in the message, the time in ms since the Unix epoch. */
export interface SenseFacts extends Omit<z.infer<typeof aboutSense>, "cityKeyUntil"> {
  readonly cityKeyUntilMs: number | null;
}

/** What a birth says about this gateway. `about` is null while sense has not said hello. */
export interface Birth {
  /** Name and version of the software. */
  readonly software: string;
  readonly configHash: string;
  readonly about: SenseFacts | null;
}

const online = z.object({
  schema: z.literal("telpost/status/1"),
  state: z.literal("online"),
  contract: z.string(),
  software: z.string().max(64),
  configHash: z.string().max(64),
  ...run,
  about: aboutSense.nullable(),
  /** What waits: messages (not people), and when the oldest was made (RFC 3339, UTC). */
  outbox: z.object({ queued: count, oldest: z.iso.datetime().nullable() }),
});

const offline = z.object({
  schema: z.literal("telpost/status/1"),
  state: z.literal("offline"),
  /** `lost`: the last will; `stopped`: a clean stop. */
  reason: z.enum(["lost", "stopped"]),
  ...run,
});

/** The retained message on `status`: birth on every connect, death as last will or at a clean stop. Readers accept unknown keys. */
export const status = z.discriminatedUnion("state", [online, offline]);
export type Status = z.infer<typeof status>;
