import type { Decoder } from "./decoder.ts";
import { type Engine, NOTHING } from "./engine.ts";

/** A device that only talks, and is never talked to. */
export function decoderEngine<State>(decoder: Decoder<State>): Engine {
  let state = decoder.start;
  return {
    condition: "working",
    dueMs: null,
    opened: () => NOTHING,
    bytes(_port, chunk) {
      const { state: next, readings, discarded } = decoder.decode(state, chunk);
      state = next;
      return { readings, discarded, send: [] };
    },
    edge: () => NOTHING,
    tick: () => NOTHING,
  };
}
