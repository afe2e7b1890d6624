import type { SensorConfig } from "../../config/schema.ts";
import { decoderEngine } from "./decoder-engine.ts";
import type { Engine } from "./engine.ts";
import * as genericCsv from "./generic-csv.ts";
import * as genericJsonl from "./generic-jsonl.ts";
import { pulseEngine } from "./pulse-engine.ts";

/** The engine of a sensor, fresh: one line a profile. */
export function engineFor(sensor: SensorConfig): Engine {
  switch (sensor.profile) {
    case "generic-jsonl":
      return decoderEngine(genericJsonl.decoder({ forms: sensor.sends }));
    case "generic-csv":
      return decoderEngine(genericCsv.decoder({ forms: sensor.sends, columns: sensor.columns }));
    case "gpio-pulse": {
      const { gpio, maxPerSecond, counts } = sensor;
      return pulseEngine({ debounceMs: gpio.debounceMs, maxPerSecond, counts });
    }
  }
}
