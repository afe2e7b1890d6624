import type { Reading } from "../../../model.ts";
import { chirpSteps } from "../dialogue/chirp.ts";
import {
  condition,
  type DialogueEvent,
  type DialogueScript,
  dialogue,
  dueMs,
  startDialogue,
} from "../dialogue/dialogue.ts";
import { type Engine, NOTHING, type Outgoing, type Step } from "../engine.ts";
import { decodeTi, startOfTi } from "./stream.ts";

/** How one radar is set up. */
export interface TiOptions {
  /**
   * The text of the maker's configuration ("chirp") file, sent to the command port line by line. The radar forgets it
   * without power. Absent for boards that have it in their firmware.
   */
  readonly chirp?: string;
  /** Gives how many are in view as well, besides where they are; default false. */
  readonly present?: boolean;
  /** A radar that works sends 10 to 18 frames a second, people or not; default 2000. */
  readonly silentAfterMs?: number;
}

const SILENT_AFTER_MS = 2000;
/** A line is answered within a few ms, `sensorStart` within half a second; the maker's own tool waits 30 ms in between. */
const CHIRP = { port: "command", timeoutMs: 2000, gapMs: 30, retries: 2 } as const;

/**
 * A TI IWR6843 with people counting firmware. Frames come on `main`, commands go to `command`. Gives `tracks` for each
 * frame: metres, everybody in view. When frames stop coming, the radar is set up again, with back-off.
 */
export function tiEngine(options: TiOptions): Engine {
  let talk = startDialogue(scriptOf(options));
  let frames = startOfTi;
  const hear = (event: DialogueEvent, atMs: number): readonly Outgoing[] => {
    const turn = dialogue(talk, event, atMs);
    talk = turn.state;
    return turn.send;
  };
  const take = (chunk: Uint8Array, atMs: number): Step => {
    const { state, readings, discarded, frames: whole } = decodeTi(frames, chunk);
    frames = state;
    // Only whole frames show that it works: rubbish does not, and neither do the frames of another firmware.
    const event: DialogueEvent =
      whole > 0
        ? { type: "frame", port: "main", name: "people", bytes: chunk }
        : { type: "text", port: "main", bytes: chunk };
    const given = options.present ? readings.flatMap(withPresent) : readings;
    return { readings: given, discarded, send: hear(event, atMs) };
  };
  return {
    opened: (atMs) => ({ ...NOTHING, send: hear({ type: "opened" }, atMs) }),
    bytes: (port, chunk, atMs) =>
      port === "main"
        ? take(chunk, atMs)
        : { ...NOTHING, send: hear({ type: "text", port, bytes: chunk }, atMs) },
    edge: () => NOTHING,
    tick: (atMs) => ({ ...NOTHING, send: hear({ type: "tick" }, atMs) }),
    get dueMs() {
      return dueMs(talk);
    },
    get condition() {
      return condition(talk);
    },
    get tallies() {
      return talk.tallies;
    },
  };
}

function withPresent(reading: Reading): Reading[] {
  return reading.type === "tracks"
    ? [reading, { type: "present", present: reading.points.length }]
    : [reading];
}

function scriptOf({ chirp, silentAfterMs = SILENT_AFTER_MS }: TiOptions): DialogueScript {
  const init = chirp === undefined ? [] : chirpSteps(chirp, CHIRP);
  return { init, polls: [], liveness: { kind: "frames", silentAfterMs } };
}
