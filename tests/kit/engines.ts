import type { Profile, ProfileSettings } from "../../src/config/profile.ts";
import { distanceBeamEngine } from "../../src/sense/sensor/distance-beam-engine.ts";
import type { Engine } from "../../src/sense/sensor/engine.ts";
import { profileEngine } from "../../src/sense/sensor/profile/engine.ts";
import { pulseEngine } from "../../src/sense/sensor/pulse-engine.ts";
import { tiEngine } from "../../src/sense/sensor/ti/engine.ts";
import { twoBeamEngine, twoBeamOptions } from "../../src/sense/sensor/two-beam-engine.ts";

const DEBOUNCE_MS = 20;

/** The engine that a profile names. A TI is taken as one whose set-up is in its firmware, a contact as one that bounces. */
export function engineOf(profile: Profile, settings: ProfileSettings): Engine {
  switch (profile.engine) {
    case "declarative":
      return profileEngine(profile, settings);
    case "ti-iwr6843":
      return tiEngine({});
    case "distance-beam":
      return distanceBeamEngine(profile, settings);
    case "two-beam":
      return twoBeamEngine(twoBeamOptions(settings, DEBOUNCE_MS));
    case "pulse":
      return pulseEngine({ debounceMs: DEBOUNCE_MS, maxPerSecond: 10, stuckAfterMs: 60_000, counts: "in" });
  }
}
