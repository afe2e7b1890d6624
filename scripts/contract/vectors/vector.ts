import { boulevard, crowd, occupancy } from "../examples.ts";
import type { Json } from "../schemas.ts";
import { flow, GW07, inside, laplace, type Parts, padded, sealed, topicOf } from "./forge.ts";

/** One message and what a reader makes of it. */
export interface Vector {
  readonly name: string;
  readonly topic: string;
  /** The payload: these characters, in UTF-8. */
  readonly payload: string;
  /** What stands inside; for readers of version 1.1, without what they do not know. Null: it is refused. */
  readonly opens: Json | null;
  /** Why it is refused, null when it opens. */
  readonly refusal: string | null;
  /** The field of a header (`jws.kid`, `jwe.epk.x`) or the class of bits that was changed in it, where it is about one. */
  readonly touches?: string;
}

/** A message that opens to this content. */
export const opens = (name: string, content: Json, parts: Parts = {}, gateway = GW07): Vector => {
  const plaintext = parts.plaintext ?? padded(content);
  return {
    name,
    topic: topicOf(gateway),
    payload: sealed({ ...parts, plaintext }),
    opens: content,
    refusal: null,
  };
};
/** A message that is refused, and why. */
export const refused = (refusal: string, name: string, payload: string, gateway = GW07): Vector => ({
  ...{ name, topic: topicOf(gateway), payload, opens: null, refusal },
});

/** The message that most others are made of. */
export const GENUINE = sealed();

export const bothKinds = {
  flow: laplace,
  occupancy: { mechanism: "discrete-laplace", epsilon: "1/3", unit: "person-window", w: 3 },
};
/** Content with a total of two lines and the crowd level of a zone, beside what they were computed from. */
export const LEVELS = inside({
  privacy: bothKinds,
  records: [flow, { ...flow, sensor: "blvd-zuid-01" }, occupancy, boulevard, crowd],
});
