/** What a simulated device made of one input: its next state, and what it puts on the line. */
export interface Simulated<State> {
  readonly state: State;
  readonly send: Uint8Array;
}

/**
 * The device's side of a line, pure. Times are monotonic ms. What it produces is no evidence for a protocol: it shows that
 * the parts of the product fit together, and recordings show what devices do.
 */
export interface Simulator<State> {
  /** The gateway wrote bytes, cut anyhow. */
  answer(state: State, bytes: Uint8Array, atMs: number): Simulated<State>;
  /** Time passed. */
  tick(state: State, atMs: number): Simulated<State>;
}
