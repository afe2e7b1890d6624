import { type Person, peopleAt, type Walker } from "./scene.ts";
import { type LineBytes, quietly, type Simulated, type Simulator } from "./simulator.ts";
import { tiFrame } from "./ti-frames.ts";

const PROMPT = "\rmmwDemo:/>";
const MAX_LINE_CHARACTERS = 255;
/** Without it the firmware has no antennas, no chirps and no frames to send. */
const NEEDED = ["channelCfg", "profileCfg", "chirpCfg", "frameCfg"];
/** The commands of the chirp files that come with both generations of the firmware. */
const KNOWN = new Set([
  ...NEEDED,
  ..."sensorStop flushCfg dfeDataOutputMode adcCfg adcbufCfg lowPower sensorStart sensorPosition".split(" "),
  ..."boundaryBox staticBoundaryBox presenceBoundaryBox gatingParam stateParam allocationParam".split(" "),
  ..."maxAcceleration trackingCfg fovCfg compRangeBiasAndRxChanPhase antGeometry0 antGeometry1".split(" "),
  ..."antPhaseRot dynamicRACfarCfg staticRACfarCfg dynamicRangeAngleCfg dynamic2DAngleCfg".split(" "),
  ..."staticRangeAngleCfg guiMonitor heatmapGenCfg pointCloudCfg classifierCfg numOfTracks".split(" "),
]);

export interface TiState {
  readonly scene: readonly Walker[];
  /** Names of the commands that were taken since power or `flushCfg`. */
  readonly taken: readonly string[];
  readonly periodMs: number;
  readonly frameNumber: number;
  /** Null while stopped. */
  readonly nextFrameMs: number | null;
  /** The command line so far. */
  readonly line: string;
}

/** What a command makes of the state, and what is said about it. */
type Said = readonly [state: TiState, text: string];

/**
 * TI IWR6843 with people counting firmware: chirp lines on `command`, with echo, `Done` and prompt as in utils/cli/src/cli.c
 * of the mmWave SDK; frames on `main` once it was started. Without power the whole set-up is gone.
 * @param dialect length of the frame header: 40 for the radar toolbox, 48 for the industrial toolbox
 */
export function tiIwr6843(dialect: 40 | 48): Simulator<TiState> {
  return {
    start: (scene) => ({ scene, taken: [], periodMs: 55, frameNumber: 0, nextFrameMs: null, line: "" }),

    answer(state, { port, bytes }, atMs) {
      if (port !== "command") return quietly(state);
      let [now, said] = [state, ""];
      for (const character of Buffer.from(bytes).toString("latin1")) {
        const [next, text] = type(now, character, atMs);
        [now, said] = [next, said + text];
      }
      return on("command", now, Buffer.from(said, "latin1"));
    },

    tick(state, atMs) {
      if (state.nextFrameMs === null || atMs < state.nextFrameMs) return quietly(state);
      const number = state.frameNumber + 1;
      const targets = peopleAt(state.scene, atMs).map(({ person, x, y }: Person) => ({ id: person, x, y }));
      const next = { ...state, frameNumber: number, nextFrameMs: atMs + state.periodMs };
      return on("main", next, tiFrame({ dialect, number, targets }));
    },

    dueMs: ({ nextFrameMs }) => nextFrameMs,
  };
}

function on(port: LineBytes["port"], state: TiState, bytes: Uint8Array): Simulated<TiState> {
  return { state, send: bytes.length > 0 ? [{ port, bytes }] : [] };
}

/** Every character is sent back; the end of the line runs it. */
function type(state: TiState, character: string, atMs: number): Said {
  if (character === "\r") return [state, ""];
  if (character !== "\n")
    return [{ ...state, line: (state.line + character).slice(0, MAX_LINE_CHARACTERS) }, character];
  const [next, said] = obey({ ...state, line: "" }, state.line.trim(), atMs);
  return [next, `\n${said}${PROMPT}`];
}

function obey(state: TiState, line: string, atMs: number): Said {
  const [name = "", ...values] = line.split(/\s+/);
  if (name === "") return [state, ""];
  if (name.startsWith("%")) return [state, "Skipped\n"];
  if (!KNOWN.has(name)) return [state, `'${name}' is not recognized as a CLI command\n`];
  if (name === "sensorStart") return started(state, atMs);
  if (name === "sensorStop") return stopped(state);
  if (name === "flushCfg") return [{ ...state, taken: [] }, "Done\n"];
  const periodMs = name === "frameCfg" ? Number(values[4]) : state.periodMs;
  if (!(periodMs > 0)) return [state, "Error: Invalid usage of the CLI command\nError -1\n"];
  return [{ ...state, periodMs, taken: [...state.taken, name] }, "Done\n"];
}

function started(state: TiState, atMs: number): Said {
  if (state.nextFrameMs !== null) return [state, "Ignored: Sensor is already started\nDone\n"];
  const missing = NEEDED.some((name) => !state.taken.includes(name));
  if (missing)
    return [state, "Error: Full configuration must be provided before sensor can be started\nError -1\n"];
  return [{ ...state, nextFrameMs: atMs + state.periodMs }, "Done\n"];
}

function stopped(state: TiState): Said {
  const ignored = state.nextFrameMs === null ? "Ignored: Sensor is already stopped\n" : "";
  return [{ ...state, nextFrameMs: null }, `${ignored}Done\n`];
}
