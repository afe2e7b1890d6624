import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { SystemClock, sleep } from "../base/clock.ts";
import { TOGETHER } from "../ops/isolation.ts";
import { CONFIG_OPTION, configFile, loadConfig } from "./files.ts";
import { LEVEL_OPTION, levelOf } from "./levels.ts";
import { PLACE_OPTIONS, placesOf } from "./places.ts";
import { EXIT, type Io, type Verb } from "./verb.ts";

/** A child that ends by itself is started again after this long. */
const RESTART_MS = 1_000;

export const run: Verb = {
  usage: "--config FILE [--runtime DIR] [--crash DIR] [--state DIR] [--log-level LEVEL]",
  options: { ...CONFIG_OPTION, ...PLACE_OPTIONS, ...LEVEL_OPTION },
  details: "The kernel's walls between the two processes come with the systemd units; here the birth says isolation: none.",
  examples: ["telpost run --config telpost.yaml --runtime /dev/shm/tp --crash /dev/shm/tp-sense --state ./state"],
  async run(args, io) {
    const file = configFile(args);
    const loaded = loadConfig(file, io);
    if (!loaded.ok) return loaded.code;
    const places = placesOf(args, io.env);
    const level = levelOf(args);
    mkdirSync(places.runtime, { recursive: true, mode: 0o750 });
    mkdirSync(places.state, { recursive: true, mode: 0o700 });
    const common = ["--config", file, "--runtime", places.runtime, "--log-level", level];
    // Consumers start first and stop last: sense hands over what it has before forward goes.
    const senseGone = new AbortController();
    const forward = keepRunning(["forward", ...common, "--state", places.state], { ...io, signal: senseGone.signal });
    const senseCode = await keepRunning(["sense", ...common, "--crash", places.crash], io);
    senseGone.abort();
    const forwardCode = await forward;
    return senseCode === EXIT.ok ? forwardCode : senseCode;
  },
};

/** The environment and arguments of one process of this program. */
export function spawnSelf(argv: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  const program = process.argv[1] ?? "";
  // Its own process group: Ctrl-C reaches the parent only, which then stops both in order.
  return spawn(process.execPath, [...process.execArgv, program, ...argv], {
    env: { ...env, [TOGETHER]: "1" },
    stdio: ["pipe", "inherit", "inherit"],
    detached: true,
  });
}

/** Runs one process until the signal; one that ends by itself is started again, as systemd would. */
function keepRunning(argv: readonly string[], io: Io): Promise<typeof EXIT.ok | typeof EXIT.failed> {
  return new Promise((resolve) => {
    const start = () => {
      const child = spawnSelf(argv, io.env);
      const stop = () => child.kill("SIGTERM");
      io.signal.addEventListener("abort", stop, { once: true });
      child.on("exit", (code) => {
        io.signal.removeEventListener("abort", stop);
        if (io.signal.aborted) return resolve(code === 0 ? EXIT.ok : EXIT.failed);
        io.err(`telpost run: ${argv[0]} ended with ${code ?? "a signal"}; starting it again.`);
        void sleep(new SystemClock(), RESTART_MS, io.signal).then(() => {
          if (io.signal.aborted) resolve(EXIT.ok);
          else start();
        });
      });
    };
    start();
  });
}
