import { type ChildProcess, spawn } from "node:child_process";
import { SystemClock, sleep } from "../base/clock.ts";
import { TOGETHER } from "../ops/isolation.ts";
import type { LogLevel } from "../ops/log.ts";
import type { Places } from "./places.ts";
import { EXIT, type Io } from "./verb.ts";

/** A child that ends by itself is started again after this long. */
const RESTART_MS = 1_000;

export interface BothOptions {
  readonly configFile: string;
  readonly places: Places;
  readonly level: LogLevel;
  /** Where their output goes: a file descriptor; default: where the output of this process goes. */
  readonly output?: number;
}

type RunCode = typeof EXIT.ok | typeof EXIT.failed;

/** Runs sense and forward as children until the signal; one that ends by itself is started again, as systemd would. */
export async function runBoth(
  { configFile, places, level, output }: BothOptions,
  io: Pick<Io, "env" | "err" | "signal">,
): Promise<RunCode> {
  const common = ["--config", configFile, "--runtime", places.runtime, "--log-level", level];
  // Consumers start first and stop last: sense hands over what it has before forward goes.
  const senseGone = new AbortController();
  const forward = keepRunning(["forward", ...common, "--state", places.state], {
    ...io,
    output,
    signal: senseGone.signal,
  });
  const senseCode = await keepRunning(["sense", ...common, "--crash", places.crash], { ...io, output });
  senseGone.abort();
  const forwardCode = await forward;
  return senseCode === EXIT.ok ? forwardCode : senseCode;
}

type ChildOptions = Pick<Io, "env" | "err" | "signal"> & { readonly output: number | undefined };

/** One process of this program, started with its own arguments. */
function spawnSelf(
  argv: readonly string[],
  { env, output = "inherit" }: { env: NodeJS.ProcessEnv; output: number | "inherit" | undefined },
): ChildProcess {
  const program = process.argv[1] ?? "";
  // Its own process group: Ctrl-C reaches the parent only, which then stops both in order.
  return spawn(process.execPath, [...process.execArgv, program, ...argv], {
    env: { ...env, [TOGETHER]: "1" },
    stdio: ["pipe", output, output],
    detached: true,
  });
}

function keepRunning(argv: readonly string[], options: ChildOptions): Promise<RunCode> {
  const { signal, err } = options;
  return new Promise((resolve) => {
    const start = () => {
      if (signal.aborted) return resolve(EXIT.ok);
      const child = spawnSelf(argv, options);
      const stop = () => child.kill("SIGTERM");
      signal.addEventListener("abort", stop, { once: true });
      child.on("exit", (code) => {
        signal.removeEventListener("abort", stop);
        if (signal.aborted) return resolve(code === 0 ? EXIT.ok : EXIT.failed);
        err(`telpost: ${argv[0]} ended with ${code ?? "a signal"}; starting it again.`);
        void sleep(new SystemClock(), RESTART_MS, signal).then(start);
      });
    };
    start();
  });
}
