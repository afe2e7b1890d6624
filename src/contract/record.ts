import { z } from "zod";
import { type MakeObject, recordShapes, withRecordRules } from "./windows.ts";

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

function recordSchema(object: MakeObject) {
  const { flow, occupancy, crowd } = recordShapes(object, z.string().regex(/^[a-z0-9_]{1,64}$/));
  return withRecordRules(
    z.discriminatedUnion("kind", [
      object({ ...envelope, ...flow }),
      object({ ...envelope, ...occupancy }),
      object({ ...envelope, ...crowd }),
    ]),
  );
}

/** Closed: what is printed and republished. */
export const republishedRecord = recordSchema(z.strictObject);
export type RepublishedRecord = z.output<typeof republishedRecord>;

/** Tolerant: accepts fields that it does not know. For readers. */
export const republishedRecordForReaders = recordSchema(z.object);
