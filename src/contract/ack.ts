import { z } from "zod";
import { jsonOf } from "./json.ts";

const number = z.int().min(0);

/**
 * The city's own acknowledgement on the topic `ack`: it has and keeps these messages.
 * `ranges` are inclusive numbers of one stream and epoch: `seq` of sealed messages, own row numbers of events.
 */
export const ack = z.object({
  stream: z.enum(["sealed", "event"]),
  epoch: z.string().regex(/^[0-9a-z]{16}$/),
  ranges: z
    .array(z.tuple([number, number]).refine(([from, to]) => from <= to, { error: "from is above to" }))
    .min(1)
    .max(256),
});
export type Ack = z.infer<typeof ack>;

/** The acknowledgement in a payload, or null when it is not one. Never throws: the payload comes from outside. */
export function readAck(payload: Uint8Array): Ack | null {
  try {
    const result = ack.safeParse(jsonOf(payload));
    return result.success ? result.data : null;
  } catch {
    return null; // Not UTF-8 or not JSON.
  }
}
