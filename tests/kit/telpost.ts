import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { PROGRAM } from "./program.ts";

const root = join(import.meta.dirname, "../..");
export const TELPOST = [join(root, "scripts/n24"), PROGRAM] as const;

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

/** The command line as a person starts it: a real process. */
export class Telpost {
  readonly child: ChildProcess;
  out = "";
  err = "";
  readonly ended: Promise<Ended>;

  constructor(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    this.child = spawn("sh", [...TELPOST, ...args], {
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.child.stdout?.setEncoding("utf8").on("data", (chunk) => {
      this.out += chunk;
    });
    this.child.stderr?.setEncoding("utf8").on("data", (chunk) => {
      this.err += chunk;
    });
    this.ended = once(this.child, "close").then(([code, signal]) => ({
      code,
      signal,
      out: this.out,
      err: this.err,
    }));
  }

  /** The events of its log, in order. */
  get events(): { event: string; code?: string; sensor?: string }[] {
    return this.err.split("\n").flatMap((line) => (line.startsWith("{") ? [JSON.parse(line)] : []));
  }

  /** Asks it to stop; one that does not is killed by the test's own limit. */
  async stop(): Promise<Ended> {
    this.child.kill("SIGTERM");
    return this.ended;
  }
}

/** Runs a command to its end. */
export function telpost(args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Ended> {
  return new Telpost(args, env).ended;
}
