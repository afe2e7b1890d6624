import type { Log } from "../../base/log.ts";
import { type Ack, readAck } from "../../contract/ack.ts";
import { KEY_SET_TEXT, MAX_KEY_SET_CHARACTERS } from "../../contract/key-set.ts";
import { levelBelow, type Topics } from "../../contract/topics.ts";
import type { Asked } from "../ports.ts";
import type { Incoming } from "./link.ts";

export interface InboundOptions {
  readonly topics: Topics;
  readonly log: Log;
  /** The city acknowledged rows. */
  readonly onAck: (ack: Ack) => void;
  /** A city key set, unread. */
  readonly onKeys: (jws: string) => void;
  /** A remote command, unread. */
  readonly onCommand: (asked: Asked) => void;
}

/** Hands on what comes from the city; all of it is untrusted. An empty payload is a retained message taken away. */
export function inbound({ topics, log, onAck, onKeys, onCommand }: InboundOptions) {
  return ({ topic, ...asked }: Incoming): void => {
    const { payload } = asked;
    const name = levelBelow(topics.cmd, topic);
    // An empty one is a retained command taken away.
    if (name !== null && payload.length > 0) onCommand({ name, ...asked });
    if (topic === topics.ack) {
      const ack = readAck(payload);
      if (ack) onAck(ack);
      else log.warn("uplink.refused", { topic, detail: "not an acknowledgement" });
    }
    if (topic !== topics.keys || payload.length === 0) return;
    const jws = keySetText(payload);
    if (jws) onKeys(jws);
    else log.warn("keys.refused", { code: "key.invalid", detail: "not a signed key set" });
  };
}

/** A payload of the right form, unread, without the end of line of a file; else null. */
function keySetText(payload: Uint8Array): string | null {
  if (payload.length > MAX_KEY_SET_CHARACTERS) return null;
  const text = Buffer.from(payload).toString("latin1").trim();
  return KEY_SET_TEXT.test(text) ? text : null;
}
