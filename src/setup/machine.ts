import { execFile, spawnSync } from "node:child_process";
import { existsSync, readdirSync, realpathSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import type { Clock } from "../base/clock.ts";
import { TelpostError } from "../base/errors.ts";
import type { Profile } from "../config/profile.ts";
import { candidatesOf } from "../probe/plan.ts";
import { reportOf } from "../probe/report.ts";
import { probePort } from "../probe/run.ts";
import { SCRIPTS } from "../probe/scripts.ts";
import type { FoundPort, Machine } from "./ports.ts";

export interface MachineOptions {
  readonly profiles: readonly Profile[];
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly status: Machine["status"];
  readonly onTry: (line: string) => void;
}

/** The machine that setup runs on: its devices, its users and its systemd. */
export function thisMachine({ profiles, clock, signal, status, onTry }: MachineOptions): Machine {
  const candidates = candidatesOf(profiles);
  const ports = () => serialPorts("/dev");
  return {
    ports,
    chips: () => names("/dev").filter((name) => /^gpiochip\d+$/.test(name)),
    async probe({ port, ask, seconds }) {
      const probed = await probePort({
        port: resolve(port),
        candidates,
        scripts: SCRIPTS,
        listenMs: seconds * 1000,
        ask,
        clock,
        signal,
        onTry: ({ baudRate }) => onTry(`  ${baudRate} baud`),
      });
      if (signal.aborted) throw new TelpostError("setup.stopped");
      return reportOf(probed, { port, lasting: port, asked: ask, candidates });
    },
    giveTo,
    start: existsSync("/run/systemd/system") ? startUnits : null,
    status,
  };
}

const ADAPTER = /^tty(USB|ACM|AMA)\d+$/;

/** Serial ports by the name that stays, where udev gave one; then those that have none. */
export function serialPorts(dev: string): FoundPort[] {
  const byId = join(dev, "serial/by-id");
  const lasting = names(byId).flatMap((name) => {
    const path = join(byId, name);
    return existsSync(path) ? [{ path, device: realpathSync(path) }] : [];
  });
  const known = new Set(lasting.map(({ device }) => device));
  const plain = names(dev)
    .filter((name) => ADAPTER.test(name))
    .map((name) => ({ path: join(dev, name), device: join(dev, name) }));
  return [...lasting, ...plain.filter(({ device }) => !known.has(realpathSync(device)))];
}

function names(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}

function giveTo(file: string, user: string): boolean {
  if (process.getuid?.() !== 0 || !existsSync(file)) return false;
  if (spawnSync("id", [user], { stdio: "ignore" }).status !== 0) return false;
  return (
    spawnSync("chown", ["--", `${user}:root`, file], { stdio: "ignore" }).status === 0 &&
    spawnSync("chmod", ["0400", "--", file], { stdio: "ignore" }).status === 0
  );
}

const UNITS = ["telpost-forward.service", "telpost-sense.service", "telpost.target"];

async function startUnits(): Promise<void> {
  try {
    await promisify(execFile)("systemctl", ["enable", "--quiet", "telpost.target"]);
    await promisify(execFile)("systemctl", ["restart", ...UNITS]);
  } catch (cause) {
    const { stderr } = cause as { stderr?: string };
    throw new TelpostError("setup.not_started", (stderr ?? "").trim().split("\n")[0] ?? "", { cause });
  }
}
