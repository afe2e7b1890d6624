import { atCadence } from "../base/cadence.ts";
import type { Clock } from "../base/clock.ts";
import type { DeliveryState } from "../model.ts";
import type { ForwardStatus } from "./compose.ts";

/** Connected, with something to deliver, and nothing proven for so long: a message is proven within seconds. */
const UNPROVEN_MS = 120_000;
/** With a broker that is there, nothing waits so long. */
export const AGING_MS = 3_600_000;
/** Told so often, whatever it is: sense takes a word that grows old for none. */
const TELLING = { name: "delivery state", ms: 5_000 };

type Judged = Pick<ForwardStatus, "uplink" | "outbox" | "storage">;

/**
 * How delivery goes, in one word. Messages come at every closing instant, passages or not, so that nothing of this
 * depends on a count (P7).
 * @param nowMs ms since the Unix epoch
 */
export function deliveryState({ uplink, outbox, storage }: Judged, nowMs: number): DeliveryState {
  const { oldestAtMs } = outbox;
  if (uplink.state !== "connected" || uplink.code !== null) return "broker";
  const waitsSinceMs = oldestAtMs ?? nowMs;
  if (nowMs - Math.max(waitsSinceMs, uplink.lastProofMs ?? waitsSinceMs) > UNPROVEN_MS) return "broker";
  return storage !== null || nowMs - waitsSinceMs > AGING_MS ? "backlog" : "ok";
}

export interface TellingParts {
  readonly clock: Clock;
  readonly status: () => Judged;
  readonly tell: (state: DeliveryState) => void;
}

/** Tells again and again how delivery goes. @returns how to stop */
export function tellDelivery({ clock, status, tell }: TellingParts): () => void {
  return atCadence(clock, TELLING, () => tell(deliveryState(status(), clock.realtime())));
}
