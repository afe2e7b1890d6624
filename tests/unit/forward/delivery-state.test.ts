import { expect, it } from "vitest";
import { VirtualClock } from "../../../src/base/virtual-clock.ts";
import { deliveryState, tellDelivery } from "../../../src/forward/delivery-state.ts";

const NOON = Date.parse("2026-06-01T12:00:00Z");
const MINUTE = 60_000;

type Judged = Parameters<typeof deliveryState>[0];

interface Given {
  readonly state?: Judged["uplink"]["state"];
  readonly code?: Judged["uplink"]["code"];
  /** How long ago, in minutes. */
  readonly proof?: number;
  readonly oldest?: number;
  readonly storage?: Judged["storage"];
}

function judged({ state = "connected", code = null, proof, oldest, storage = null }: Given): Judged {
  const ago = (minutes: number | undefined) => (minutes === undefined ? null : NOON - minutes * MINUTE);
  const uplink = { state, code, lastProofMs: ago(proof), protocol: "5", connection: 1, backlog: 0 } as const;
  const counters = { queuedBytes: 0, appended: 0, accepted: 0, rejected: 0, dropped: 0, lastId: 0 };
  return { uplink, storage, outbox: { queued: 0, oldestAtMs: ago(oldest), ...counters } };
}

it.each<[string, string, Given]>([
  ["ok", "nothing waits, and nothing was ever proven since the start", {}],
  ["ok", "a message is on its way", { oldest: 0.1 }],
  ["ok", "a backlog of minutes is being delivered", { oldest: 50, proof: 0.1 }],
  ["backlog", "a backlog of hours is being delivered", { oldest: 61, proof: 0.1 }],
  ["backlog", "the disk is full", { storage: "outbox.full" }],
  ["broker", "there is no connection", { state: "waiting", code: "broker.unreachable" }],
  ["broker", "it is being made", { state: "connecting" }],
  ["broker", "nothing here can prove delivery", { state: "held", code: "broker.not_proof" }],
  ["broker", "nobody listens at the broker", { code: "broker.no_subscriber" }],
  ["broker", "the broker takes everything and nobody proves it", { oldest: 3 }],
  ["broker", "nothing was proven for some minutes", { oldest: 3, proof: 5 }],
  ["broker", "and a full disk comes of it", { state: "waiting", storage: "outbox.full", oldest: 9_000 }],
])("is %s when %s", (wanted, _, given) => {
  expect(deliveryState(judged(given), NOON)).toBe(wanted);
});

it("is told every five seconds, whatever it is, until it is stopped", () => {
  const clock = new VirtualClock(NOON);
  const told: string[] = [];
  const stop = tellDelivery({ clock, status: () => judged({}), tell: (state) => void told.push(state) });
  clock.advance(20_000);
  stop();
  clock.advance(20_000);
  expect(told).toEqual(["ok", "ok", "ok", "ok"]);
});
