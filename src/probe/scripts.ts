import { forms } from "../config/schema.ts";
import type { Decoder } from "../sense/sensor/decoder.ts";
import * as genericCsv from "../sense/sensor/generic-csv.ts";
import * as genericJsonl from "../sense/sensor/generic-jsonl.ts";
import { HEARD_NOTHING, type Listener } from "./hearing.ts";

/** A JSON line names what it counts: `"in":` and its like, with braces and quotes. */
const JSON_LINE_BITS = 48;
/** Two numbers with a comma are nearly anybody's. */
const CSV_ROW_BITS = 16;

/** The profiles for scripts of one's own. */
export const SCRIPTS = ["generic-jsonl", "generic-csv"] as const;
export type ScriptId = (typeof SCRIPTS)[number];

/** Which forms came, such as "tracks": what the script sends, not how much of it. */
export interface ScriptListener extends Listener {
  readonly sends: readonly (typeof forms)[number][];
}

/** Listens for lines of a script of one's own. A line may be a passage, so lines are never counted aloud. */
export function scriptListener(id: ScriptId): ScriptListener {
  if (id === "generic-jsonl")
    return new LineListener(genericJsonl.decoder({ forms: [...forms] }), JSON_LINE_BITS);
  return new LineListener(genericCsv.decoder({ forms: [...forms], columns: ["in", "out"] }), CSV_ROW_BITS);
}

class LineListener<State> implements ScriptListener {
  heard = HEARD_NOTHING;
  readonly #decoder: Decoder<State>;
  readonly #bits: number;
  readonly #sends = new Set<string>();
  #state: State;

  constructor(decoder: Decoder<State>, bits: number) {
    this.#decoder = decoder;
    this.#bits = bits;
    this.#state = decoder.start;
  }

  get sends(): readonly (typeof forms)[number][] {
    return forms.filter((form) => this.#sends.has(form));
  }

  /** Lines, not bytes, are what fits or not here: the decoder tells no more. */
  push(bytes: Uint8Array): void {
    const { state, readings, discarded } = this.#decoder.decode(this.#state, bytes);
    this.#state = state;
    for (const { type } of readings) this.#sends.add(type);
    const { heard } = this;
    this.heard = {
      ...heard,
      passing: heard.passing + readings.length,
      failed: heard.failed + discarded.length,
      proofBits: heard.proofBits + readings.length * this.#bits,
      fittingBytes: heard.fittingBytes + readings.length,
      strayBytes: heard.strayBytes + discarded.length,
    };
  }
}

/** What a sensor may be said to send: passages and running totals together would count twice. */
export function passagesOrTotals(sends: readonly string[]): readonly string[] {
  return sends.includes("passages") ? sends.filter((form) => form !== "totals") : sends;
}
