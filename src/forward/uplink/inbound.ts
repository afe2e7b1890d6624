import type { Log } from "../../base/log.ts";
import { type Ack, readAck } from "../../contract/ack.ts";
import type { Topics } from "../../contract/topics.ts";

export interface InboundOptions {
  readonly topics: Topics;
  readonly log: Log;
  /** The city acknowledged rows. */
  readonly onAck: (ack: Ack) => void;
  /** A city key set, unread. */
  readonly onKeys: (jws: string) => void;
}

const LARGEST_KEY_SET = 64 * 1024;

/** Hands on what comes from the city; all of it is untrusted. An empty payload is a retained message taken away. */
export function inbound({ topics, log, onAck, onKeys }: InboundOptions) {
  return (topic: string, payload: Uint8Array): void => {
    if (topic === topics.ack) {
      const ack = readAck(payload);
      if (ack) onAck(ack);
      else log.warn("uplink.refused", { topic, detail: "not an acknowledgement" });
    }
    if (topic !== topics.keys || payload.length === 0) return;
    if (payload.length <= LARGEST_KEY_SET) onKeys(Buffer.from(payload).toString("utf8"));
    else log.warn("keys.refused", { code: "key.invalid", detail: "larger than 64 KiB" });
  };
}
