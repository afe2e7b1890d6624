import type { DeviceSensorConfig } from "../../config/device.ts";
import type { SensorConfig } from "../../config/schema.ts";
import { decoderEngine } from "./decoder-engine.ts";
import { distanceBeamEngine } from "./distance-beam-engine.ts";
import type { Engine } from "./engine.ts";
import * as genericCsv from "./generic-csv.ts";
import * as genericJsonl from "./generic-jsonl.ts";
import { profileEngine } from "./profile/engine.ts";
import { pulseEngine, pulseOptions } from "./pulse-engine.ts";
import { tiEngine } from "./ti/engine.ts";
import { twoBeamEngine, twoBeamOptions } from "./two-beam-engine.ts";

/** The engine of a device whose profile is data: the profile itself, or code that it names. */
function deviceEngine({ device, settings, place, classes }: DeviceSensorConfig, debounced: boolean): Engine {
  const debounceMs = place.kind === "gpio" && !debounced ? place.debounceMs : 0;
  switch (device.engine) {
    case "declarative":
      return profileEngine(device, settings, classes);
    case "ti-iwr6843": {
      const { silentAfterMs } = device.health;
      const chirp = textOf(settings.chirp);
      return tiEngine({ present: true, ...(chirp && { chirp }), ...(silentAfterMs && { silentAfterMs }) });
    }
    case "distance-beam":
      return distanceBeamEngine(device, settings);
    case "two-beam":
      return twoBeamEngine(twoBeamOptions(settings, debounceMs));
    case "pulse":
      return pulseEngine(pulseOptions(settings, debounceMs));
  }
}

const textOf = (value: unknown) => (typeof value === "string" ? value : undefined);

/**
 * The engine of a sensor, fresh: one line a profile.
 * @param debounced the kernel has debounced the GPIO lines already; the edges of a recording may still bounce
 */
export function engineFor(sensor: SensorConfig, debounced = false): Engine {
  switch (sensor.profile) {
    case "generic-jsonl":
      return decoderEngine(genericJsonl.decoder({ forms: sensor.sends, classes: sensor.classes }));
    case "generic-csv":
      return decoderEngine(
        genericCsv.decoder({ forms: sensor.sends, columns: sensor.columns, classes: sensor.classes }),
      );
    case "device":
      return deviceEngine(sensor, debounced);
  }
}
