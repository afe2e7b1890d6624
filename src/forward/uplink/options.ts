import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import type { BrokerConfig } from "../../config/schema.ts";
import type { Health, HealthMessage } from "../../contract/health.ts";
import type { Birth } from "../../contract/status.ts";
import type { Identity } from "../../contract/topics.ts";
import type { Asked, Outbox, PassingLog, Reply, UplinkState } from "../ports.ts";

/** What the uplink is given. */
export interface UplinkOptions {
  /** The section `broker`, its file paths resolved. */
  readonly config: BrokerConfig;
  /** See ReadOptions: the key of the client certificate may be a credential. */
  readonly credentialsDirectory?: string | undefined;
  readonly identity: Identity;
  /** `lab`: a PUBACK of MQTT 3.1.1 counts as proof. */
  readonly profile: "street" | "lab";
  /** Age at which the outbox drops a row: the message expiry counts down to it. */
  readonly maxAgeMs: number;
  readonly outbox: Outbox;
  readonly clock: Clock;
  /** Uniform integer in [0, n): spreads reconnects. */
  readonly jitterBelow: (limit: number) => number;
  readonly log: Log;
  readonly bootId: string;
  readonly clockSynced: () => boolean;
  readonly birth: () => Birth;
  readonly health: () => Health;
  /** The signed privacy report, unread; null while there is none. */
  readonly report: () => string | null;
  /** A city key set came on the topic `keys`; unread. */
  readonly onKeys: (jws: string) => void;
  /** Something came below `cmd`; unread. */
  readonly onCommand: (asked: Asked, reply: Reply) => void;
  readonly passing?: PassingLog;
}

export interface Uplink {
  state(): UplinkState;
  /** The health message as it would be sent now. */
  health(): HealthMessage;
  /** What the birth says, or the privacy report, has changed: publishes it again. */
  senseChanged(what: "about" | "report"): void;
  /** Says goodbye and closes, within five seconds. Rows not proven stay in the outbox. */
  stop(reason?: "stopped"): Promise<void>;
}
