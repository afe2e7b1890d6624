import { z } from "zod";
import { recordShapes, withRecordRules } from "./windows.ts";

/**
 * One record in the clear, as `telpost receive` prints it and puts it on the city's own broker, on
 * `telpost/v1/<tenant>/<site>/<gateway>/records/<sensor>`. Flags are words: a newer gateway may use new ones.
 */

const envelope = {
  type: z.literal("record"),
  /** `tenant/site/gateway` */
  gateway: z.string().regex(/^[a-z0-9-]{1,32}(\/[a-z0-9-]{1,32}){2}$/),
  end: z.iso.datetime({ precision: 0 }),
  epoch: z.string().regex(/^[0-9a-z]{16}$/),
  seq: z.int().min(0),
  /** A later message of this epoch was handled before: it belongs to a backlog. */
  receivedLate: z.literal(true).exactOptional(),
};

const { flow, occupancy } = recordShapes(z.strictObject, z.string().regex(/^[a-z0-9_]{1,64}$/));

/** Closed: what is printed and republished. Whoever reads it accepts unknown fields. */
export const republishedRecord = withRecordRules(
  z.discriminatedUnion("kind", [
    z.strictObject({ ...envelope, ...flow }),
    z.strictObject({ ...envelope, ...occupancy }),
  ]),
);
export type RepublishedRecord = z.output<typeof republishedRecord>;
