import { peopleAt, type Walker } from "./scene.ts";
import { quietly, type Simulator, saying } from "./simulator.ts";

const REPORT_MS = 100;
const PROMPT = "leapMMW:/>";
const MAX_HELD_CHARACTERS = 64;
/** It takes about one command a second; an earlier one is not answered (ESPHome, component dfrobot_sen0395). */
const COMMAND_MS = 1000;
/** What a real one sent when its power came on. */
const GARBAGE = Buffer.from("08c2339fddf5ffff", "hex");

export interface C4001State {
  readonly scene: readonly Walker[];
  /** 0 tells presence, 1 also where a moving target is. */
  readonly runApp: 0 | 1;
  readonly running: boolean;
  readonly nextReportMs: number;
  readonly nextCommandMs: number;
  readonly line: string;
  readonly justOn: boolean;
}

/**
 * DFRobot C4001 (SEN0609, SEN0610): sentences `$DFHPD` or `$DFDMD` ten times a second, and commands as lines that are echoed
 * and answered with `Done` or `Error`. What was set is not saved: without power it is as it came from the factory.
 */
export const c4001: Simulator<C4001State> = {
  start: (scene, atMs) => ({
    scene,
    runApp: 0,
    running: true,
    nextReportMs: atMs + REPORT_MS,
    nextCommandMs: atMs,
    line: "",
    justOn: true,
  }),

  answer(state, { bytes }, atMs) {
    const lines = (state.line + Buffer.from(bytes).toString("latin1")).split("\n");
    let now: C4001State = { ...state, line: (lines.pop() ?? "").slice(-MAX_HELD_CHARACTERS) };
    let said = "";
    for (const line of lines.map((one) => one.trim()).filter((one) => one !== "")) {
      if (atMs < now.nextCommandMs) continue;
      const obeyed = obey(now, line);
      said += `${line}\r\n${obeyed ? "Done" : "Error"}\r\n${PROMPT}`;
      now = { ...(obeyed ?? now), nextCommandMs: atMs + COMMAND_MS };
    }
    return saying(now, Buffer.from(said, "latin1"));
  },

  tick(state, atMs) {
    if (atMs < state.nextReportMs) return quietly(state);
    const next = { ...state, nextReportMs: atMs + REPORT_MS, justOn: false };
    if (!state.running) return quietly(next);
    const report = Buffer.from(sentence(state, atMs), "latin1");
    return saying(next, state.justOn ? Buffer.concat([GARBAGE, report]) : report);
  },

  dueMs: ({ nextReportMs }) => nextReportMs,
};

/** The state after a command, or undefined when it is refused: nothing can be set while it measures. */
function obey(state: C4001State, line: string): C4001State | undefined {
  if (line === "sensorStop") return { ...state, running: false };
  if (line === "sensorStart") return { ...state, running: true };
  const app = /^setRunApp ([01])$/.exec(line)?.[1];
  return app === undefined || state.running ? undefined : { ...state, runApp: app === "1" ? 1 : 0 };
}

function sentence({ scene, runApp }: C4001State, atMs: number): string {
  const metres = peopleAt(scene, atMs).map(({ x, y }) => Math.hypot(x, y));
  if (runApp === 0) return `$DFHPD,${metres.length > 0 ? 1 : 0}, , , *\r\n`;
  if (metres.length === 0) return "$DFDMD,0, , , , , , *\r\n";
  return `$DFDMD,1,1,${Math.min(...metres).toFixed(3)},0.129,15304, , *\r\n`;
}
