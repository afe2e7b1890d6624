import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, openSync, readdirSync, readFileSync, rmSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { openPty } from "../../src/base/native/pty.ts";
import { TELPOST } from "../kit/telpost.ts";

/** As a visitor of the checkout starts it. */
export const CHECKOUT = [join(import.meta.dirname, "../../bin/telpost")] as const;
const BUNDLED = ["sh", ...TELPOST] as const;

/** A demo that runs as a child, as a visitor starts it. */
export interface RunningDemo {
  readonly child: ChildProcess;
  /** What it has written so far. */
  text(): string;
  /** Resolves when the text holds `part`. */
  says(part: string): Promise<void>;
  /** Resolves with the exit code when it has ended and everything it wrote was read. */
  ended(): Promise<number | null>;
}

/** Its output is a pipe. */
export function startInPipe(argv: readonly string[], telpost: readonly string[] = BUNDLED): RunningDemo {
  const [program = "", ...args] = telpost;
  const child = spawn(program, [...args, "demo", ...argv], { stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => (text += chunk));
  const closed = once(child, "close");
  return running(child, () => text, closed);
}

/** Its output is a terminal that tells no size. */
export function startInTerminal(argv: readonly string[]): RunningDemo {
  const terminal = openPty();
  const output = openSync(terminal.path, constants.O_RDWR | constants.O_NOCTTY);
  let bytes = Buffer.alloc(0);
  terminal.onData((chunk) => {
    bytes = Buffer.concat([bytes, chunk]);
  });
  const [program, ...args] = BUNDLED;
  const child = spawn(program, [...args, "demo", ...argv], { stdio: ["ignore", output, output] });
  const closed = once(child, "exit").then(async (result) => {
    // The last bytes are still on their way through the terminal: behind them comes what is written to it now.
    const end = `end ${child.pid}`;
    writeSync(output, end);
    while (!bytes.includes(end)) await wait(20);
    closeSync(output);
    terminal.close();
    return result;
  });
  return running(child, () => bytes.toString("utf8"), closed);
}

function running(child: ChildProcess, text: () => string, closed: Promise<unknown[]>): RunningDemo {
  return {
    child,
    text,
    async says(part) {
      while (!text().includes(part)) {
        if (child.exitCode !== null) throw new Error(`ended before it said "${part}":\n${text()}`);
        await wait(20);
      }
    },
    async ended() {
      const [code] = await closed;
      return typeof code === "number" ? code : null;
    },
  };
}

/** The temporary folder that a demo named. */
export function folderOf(text: string): string {
  const log = /(\/[^\s]+\/telpost-demo-\w+)\/telpost\.log/.exec(text)?.[1];
  if (!log) throw new Error(`no folder in:\n${text}`);
  return log;
}

/** Command lines of the processes that mention a folder. */
export function processesOf(folder: string): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(commandLine)
    .filter((line) => line.includes(folder));
}

/** Waits until no process mentions the folder. */
export async function untilGone(folder: string): Promise<void> {
  while (processesOf(folder).length > 0) await wait(20);
}

/** Removes what a killed demo leaves behind; `lines` are command lines of its children. */
export function removeLeftovers(folder: string, lines: readonly string[]): void {
  rmSync(folder, { recursive: true, force: true });
  for (const line of lines) {
    const runtime = /(\/dev\/shm\/telpost-demo-\w+\/run)/.exec(line)?.[1];
    if (runtime) rmSync(dirname(runtime), { recursive: true, force: true });
  }
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return ""; // It ended meanwhile.
  }
}
