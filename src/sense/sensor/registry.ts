import type { SerialSensorConfig } from "../../config/schema.ts";
import type { Reading } from "../../model.ts";
import type { Decoder, Discard } from "./decoder.ts";
import * as genericCsv from "./generic-csv.ts";
import * as genericJsonl from "./generic-jsonl.ts";

/** What one chunk gave. */
export interface Decoding {
  readonly readings: readonly Reading[];
  readonly discarded: readonly Discard[];
}

/** A decoder that keeps its own state: one for each opening of a line, so that half a line never meets a new one. */
export type ByteReader = (chunk: Uint8Array) => Decoding;

/** The decoder of a sensor: one line a profile. */
export function readerFor(sensor: SerialSensorConfig): ByteReader {
  switch (sensor.profile) {
    case "generic-jsonl":
      return running(genericJsonl.decoder({ forms: sensor.sends }));
    case "generic-csv":
      return running(genericCsv.decoder({ forms: sensor.sends, columns: sensor.columns }));
  }
}

function running<State>(decoder: Decoder<State>): ByteReader {
  let state = decoder.start;
  return (chunk) => {
    const { state: next, readings, discarded } = decoder.decode(state, chunk);
    state = next;
    return { readings, discarded };
  };
}
