import type { Profile, ProfileSettings } from "../../config/profile.ts";
import type { Reading } from "../../model.ts";
import type { Discard } from "./decoder.ts";
import {
  condition,
  type DialogueEvent,
  type DialogueState,
  dialogue,
  dueMs,
  startDialogue,
  type Tallies,
} from "./dialogue/dialogue.ts";
import {
  type Distance,
  type DistanceBeamOptions,
  distanceBeam,
  isBeamBlocked,
  startOfDistanceBeam,
} from "./distance-beam.ts";
import { type Condition, type Engine, NOTHING, type Outgoing, type PortName, type Step } from "./engine.ts";
import { type Cutter, cutterOf } from "./profile/cutter.ts";
import { readFields } from "./profile/fields.ts";
import { openFrame } from "./profile/messages.ts";
import { scriptOf } from "./profile/script.ts";

/** What stands still in the beam for longer, or takes away its sight, is in the way. */
const BLOCKED_AFTER_MS = 60_000;

/** The options of a beam from the settings of a sensor; where the profile has no such setting, what suits a doorway. */
export function distanceBeamOptions(settings: ProfileSettings): DistanceBeamOptions {
  const number = (key: string, without: number) => {
    const value = settings[key];
    return typeof value === "number" ? value : without;
  };
  return {
    nearerThanMetres: number("nearerThanMetres", 1.5),
    hysteresisMetres: number("hysteresisMetres", 0.1),
    holdMs: number("holdMs", 50),
    maxPerSecond: number("maxPerSecond", 4),
    counts: settings.counts === "out" ? "out" : "in",
  };
}

/** A distance sensor whose frames and conversation are a profile, with messages that emit `beam`; counted as one beam. */
export function distanceBeamEngine(profile: Profile, settings: ProfileSettings): Engine {
  return new DistanceBeamEngine(profile, settings);
}

class DistanceBeamEngine implements Engine {
  readonly #profile: Profile;
  readonly #options: DistanceBeamOptions;
  readonly #cutter: Cutter;
  #dialogue: DialogueState;
  #beam = startOfDistanceBeam;
  #openedMs = 0;
  /** Between two measurements: those that come together, after the gateway stood still, were not made together. */
  readonly #periodMs: number;
  #measuredMs = Number.NEGATIVE_INFINITY;
  #lastMs = 0;

  constructor(profile: Profile, settings: ProfileSettings) {
    this.#profile = profile;
    this.#periodMs = profile.health.nominalHz ? 1000 / profile.health.nominalHz : 0;
    this.#options = distanceBeamOptions(settings);
    this.#cutter = cutterOf(profile, settings, () => null);
    this.#dialogue = startDialogue(scriptOf(profile, settings));
  }

  opened(atMs: number): Step {
    this.#openedMs = atMs;
    return { ...NOTHING, send: this.#tell({ type: "opened" }, atMs) };
  }

  bytes(port: PortName, chunk: Uint8Array, atMs: number): Step {
    const send = [...this.#tell({ type: "text", port, bytes: chunk }, atMs)];
    if (port !== "main") return { ...NOTHING, send };
    const cut = this.#cutter.push(chunk);
    const readings: Reading[] = [];
    const discarded = [...cut.discarded];
    for (const [at, { name, frame }] of cut.frames.entries()) {
      send.push(...this.#tell({ type: "frame", port, name, bytes: frame }, atMs));
      const measured = measuredIn(this.#profile, name, frame);
      if (typeof measured === "string") discarded.push(measured);
      else if (measured) {
        this.#measuredMs = Math.max(this.#measuredMs, atMs - (cut.frames.length - 1 - at) * this.#periodMs);
        const taken = distanceBeam(this.#beam, { ...measured, atMs: this.#measuredMs }, this.#options);
        this.#beam = taken.state;
        readings.push(...taken.readings);
        discarded.push(...taken.discarded);
      }
    }
    return { readings, discarded, send };
  }

  /** A serial device has no edges. */
  edge(): Step {
    return NOTHING;
  }

  tick(atMs: number): Step {
    return { ...NOTHING, send: this.#tell({ type: "tick" }, atMs) };
  }

  get dueMs(): number | null {
    return dueMs(this.#dialogue);
  }

  get condition(): Condition {
    const said = condition(this.#dialogue);
    const times = { sinceMs: this.#openedMs, afterMs: BLOCKED_AFTER_MS };
    return said === "working" && isBeamBlocked(this.#beam, this.#lastMs, times) ? "blocked" : said;
  }

  get tallies(): Tallies {
    return this.#dialogue.tallies;
  }

  #tell(event: DialogueEvent, atMs: number): readonly Outgoing[] {
    this.#lastMs = Math.max(this.#lastMs, atMs);
    const { state, send } = dialogue(this.#dialogue, event, atMs);
    this.#dialogue = state;
    return send;
  }
}

/** What a frame measures; null when no message that emits a beam is about it. */
function measuredIn(
  profile: Profile,
  name: string,
  frame: Uint8Array,
): Omit<Distance, "atMs"> | Discard | null {
  const message = profile.messages.find(({ frame: about, emit }) => about === name && emit.beam);
  const opened = openFrame(profile, name, frame);
  if (!message?.emit.beam || opened.is !== "content") return null;
  const values = readFields(message.fields, opened.content);
  if (typeof values === "string") return values;
  const { field, strength } = message.emit.beam;
  return {
    cm: Number(values.get(field)),
    strength: strength === undefined ? undefined : Number(values.get(strength)),
  };
}
