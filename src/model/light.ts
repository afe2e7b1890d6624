/** What the status light says: the first thing to see to. */
export const LIGHT_SIGNS = ["well", "sensor", "clock", "broker", "backlog", "forward"] as const;
export type LightSign = (typeof LIGHT_SIGNS)[number];

/** How often it blinks for each; never for `well`, which is a slow beat. */
export const LIGHT_BLINKS: Readonly<Record<LightSign, number>> = {
  well: 0,
  sensor: 1,
  clock: 2,
  broker: 3,
  backlog: 4,
  forward: 5,
};

const MEANINGS: Readonly<Record<LightSign, string>> = {
  well: "counts and delivers",
  sensor: "a sensor is in trouble",
  clock: "the clock is not set",
  broker: "the broker is away, or proves nothing",
  backlog: "windows wait for longer than they should",
  forward: "telpost-forward is away",
};

/** What is seen and what it means. */
export function lightWords(sign: LightSign): string {
  const blinks = LIGHT_BLINKS[sign];
  const seen = blinks === 0 ? "a slow beat" : `${blinks} ${blinks === 1 ? "blink" : "blinks"}`;
  return `${seen}: ${MEANINGS[sign]}`;
}

/** What may be told of the status light. */
export interface LightState {
  /** What it says now; null while it cannot be driven. */
  readonly sign: LightSign | null;
  /** Error code of why it cannot be driven. */
  readonly code?: string;
}
