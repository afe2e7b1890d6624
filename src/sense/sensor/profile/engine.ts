import { assert } from "../../../base/assert.ts";
import type { Profile, ProfileSettings } from "../../../config/profile.ts";
import type { Reading } from "../../../model.ts";
import type { Discard } from "../decoder.ts";
import {
  awaited,
  condition,
  type DialogueEvent,
  type DialogueState,
  dialogue,
  dueMs,
  startDialogue,
  type Tallies,
} from "../dialogue/dialogue.ts";
import { type Condition, type Engine, NOTHING, type Outgoing, type PortName, type Step } from "../engine.ts";
import type { Framed } from "../frames/framer.ts";
import { type Cutter, cutterOf } from "./cutter.ts";
import type { EmitOptions } from "./emit.ts";
import { doubtOf, openFrame, understand } from "./messages.ts";
import { scriptOf } from "./script.ts";
import { settledMessages } from "./settle.ts";

/** How long `forbidden` stands after the last frame that held something forbidden. */
const ALARM_MS = 60_000;

/** What one input made of it, while it is being made. */
interface Made {
  readonly readings: Reading[];
  readonly discarded: Discard[];
  readonly send: Outgoing[];
}

/**
 * The engine of a profile: bytes to frames, frames to the dialogue and to the messages. Readings are made only while the
 * device works as its profile says: before its commands went through it may speak in other units, or of other things.
 * @param settings values as `checkSettings` gives them
 * @param classes the set of classes of the sensor, where it has one
 */
export function profileEngine(
  profile: Profile,
  settings: ProfileSettings,
  classes?: EmitOptions["classes"],
): Engine {
  assert(profile.engine === "declarative", `the engine of ${profile.id} is code`);
  return new ProfileEngine(profile, settings, classes);
}

class ProfileEngine implements Engine {
  readonly #profile: Profile;
  readonly #messages: Profile["messages"];
  readonly #emit: EmitOptions;
  readonly #cutter: Cutter;
  #dialogue: DialogueState;
  #asking = false;
  /** Until then the alarm stands (monotonic ms); null without one. */
  #alarmUntilMs: number | null = null;

  constructor(profile: Profile, settings: ProfileSettings, classes: EmitOptions["classes"]) {
    this.#profile = profile;
    this.#messages = settledMessages(profile, settings);
    this.#emit = { mirrorX: settings.mirrorX === true, classes };
    this.#cutter = cutterOf(profile, settings, (name, bytes) => doubtOf(profile, name, bytes));
    this.#dialogue = startDialogue(scriptOf(profile, settings));
  }

  opened(atMs: number): Step {
    return this.#make((made) => this.#tell({ type: "opened" }, atMs, made));
  }

  bytes(port: PortName, chunk: Uint8Array, atMs: number): Step {
    return this.#make((made) => {
      this.#calm(atMs);
      this.#tell({ type: "text", port, bytes: chunk }, atMs, made);
      if (port === "main") this.#read(chunk, atMs, made);
    });
  }

  /** A serial device has no edges. */
  edge(): Step {
    return NOTHING;
  }

  tick(atMs: number): Step {
    this.#calm(atMs);
    return this.#make((made) => this.#tell({ type: "tick" }, atMs, made));
  }

  get dueMs(): number | null {
    const due = dueMs(this.#dialogue);
    if (this.#alarmUntilMs === null) return due;
    return Math.min(due ?? Number.POSITIVE_INFINITY, this.#alarmUntilMs);
  }

  get condition(): Condition {
    return this.#alarmUntilMs === null ? condition(this.#dialogue) : "forbidden";
  }

  get tallies(): Tallies {
    return this.#dialogue.tallies;
  }

  #make(fill: (made: Made) => unknown): Step {
    const made: Made = { readings: [], discarded: [], send: [] };
    fill(made);
    return made;
  }

  /** Hands an event to the dialogue; returns the name of the poll that it answers. */
  #tell(event: DialogueEvent, atMs: number, made: Made): string | null {
    const turn = dialogue(this.#dialogue, event, atMs);
    if (turn.state === this.#dialogue) return turn.answers;
    this.#dialogue = turn.state;
    made.send.push(...turn.send);
    const request = awaited(turn.state);
    if (turn.send.length > 0 || (this.#asking && !request)) this.#cutter.asked(request);
    this.#asking = request !== null;
    return turn.answers;
  }

  #read(chunk: Uint8Array, atMs: number, made: Made): void {
    const { frames, discarded } = this.#cutter.push(chunk);
    for (const frame of frames) this.#take(frame, atMs, made);
    made.discarded.push(...discarded);
    // Nothing that may be said here is as long as what is forbidden.
    if (discarded.includes("too_long") && this.#profile.privacy.forbid.length > 0)
      this.#alarmUntilMs = atMs + ALARM_MS;
  }

  /** A frame that cannot be opened, or must not be, is no sign of life: what keeps sending such frames is started anew. */
  #take({ name, frame }: Framed, atMs: number, made: Made): void {
    const opened = openFrame(this.#profile, name, frame);
    if (opened.is === "forbidden") {
      this.#alarmUntilMs = atMs + ALARM_MS;
      made.discarded.push("wrong_form");
    } else if (opened.is === "discard") made.discarded.push(opened.why);
    else {
      const answers = this.#tell({ type: "frame", port: "main", name, bytes: frame }, atMs, made);
      if (condition(this.#dialogue) !== "working") return;
      const { readings, discarded } = understand(this.#messages, opened, answers, this.#emit);
      made.readings.push(...readings);
      made.discarded.push(...discarded);
    }
  }

  #calm(atMs: number): void {
    if (this.#alarmUntilMs !== null && atMs >= this.#alarmUntilMs) this.#alarmUntilMs = null;
  }
}
