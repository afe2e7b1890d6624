import { AssertionError } from "../../base/assert.ts";
import type { DeviceSensorConfig } from "../../config/device.ts";
import type { SensorConfig } from "../../config/schema.ts";
import { decoderEngine } from "./decoder-engine.ts";
import type { Engine } from "./engine.ts";
import * as genericCsv from "./generic-csv.ts";
import * as genericJsonl from "./generic-jsonl.ts";
import { profileEngine } from "./profile/engine.ts";
import { pulseEngine } from "./pulse-engine.ts";
import { tiEngine } from "./ti/engine.ts";

/** The engine of a device whose profile is data: the profile itself, or code that it names. */
function deviceEngine({ device, settings }: DeviceSensorConfig): Engine {
  const { chirp } = settings;
  switch (device.engine) {
    case "declarative":
      return profileEngine(device, settings);
    case "ti-iwr6843":
      return tiEngine(typeof chirp === "string" ? { chirp } : {});
    default:
      throw new AssertionError(`the configuration let a ${device.engine} pass, which has no line here`);
  }
}

/** The engine of a sensor, fresh: one line a profile. */
export function engineFor(sensor: SensorConfig): Engine {
  switch (sensor.profile) {
    case "generic-jsonl":
      return decoderEngine(genericJsonl.decoder({ forms: sensor.sends }));
    case "generic-csv":
      return decoderEngine(genericCsv.decoder({ forms: sensor.sends, columns: sensor.columns }));
    case "device":
      return deviceEngine(sensor);
    case "gpio-pulse": {
      const { gpio, maxPerSecond, counts } = sensor;
      return pulseEngine({ debounceMs: gpio.debounceMs, maxPerSecond, counts });
    }
  }
}
