import { execFile, spawnSync } from "node:child_process";
import { existsSync, readdirSync, realpathSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import type { Clock } from "../base/clock.ts";
import { TelpostError } from "../base/errors.ts";
import { chipPaths, openChip } from "../base/native/gpio.ts";
import type { Profile } from "../config/profile.ts";
import { candidatesOf } from "../probe/plan.ts";
import { reportOf } from "../probe/report.ts";
import { probePort } from "../probe/run.ts";
import { SCRIPTS } from "../probe/scripts.ts";
import type { FoundChip, FoundPort, Machine } from "./ports.ts";

export interface MachineOptions {
  /** The configuration that is set up. */
  readonly file: string;
  readonly profiles: readonly Profile[];
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly status: Machine["status"];
  readonly onTry: (line: string) => void;
}

/** The machine that setup runs on: its devices, its users and its systemd. */
export function thisMachine({ file, profiles, clock, signal, status, onTry }: MachineOptions): Machine {
  const candidates = candidatesOf(profiles);
  const ports = () => serialPorts("/dev");
  return {
    ports,
    chips: () => chipPaths().map(chipAt),
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
    giveKeys: () => isInstalled(file) && spawnSync(ACTIVATE, ["keys"], { stdio: "ignore" }).status === 0,
    start: isInstalled(file) && existsSync("/run/systemd/system") ? startUnits : null,
    status,
  };
}

const ADAPTER = /^tty(USB|ACM|AMA)\d+$/;

/**
 * Serial ports, each once, by the name that stays: that of the adapter (by-id), else that of the socket it is plugged into
 * (by-path), else the kernel's. Adapters of one kind without serial numbers share one by-id name, which then leads to
 * whichever came last: where one has none, the sockets tell them apart.
 */
export function serialPorts(dev: string): FoundPort[] {
  const [byId, byPath] = [linksIn(join(dev, "serial/by-id")), linksIn(join(dev, "serial/by-path"))];
  const kernel = names(dev)
    .filter((name) => ADAPTER.test(name))
    .map((name) => realpathSync(join(dev, name)));
  const twins = kernel.some((device) => byPath.has(device) && !byId.has(device));
  const lasting = new Map(twins ? [...byId, ...byPath] : [...byPath, ...byId]);
  const devices = new Set([...lasting.keys(), ...kernel]);
  const ports = [...devices].map((device) => ({ path: lasting.get(device) ?? device, device }));
  return ports.sort((one, other) => (one.device < other.device ? -1 : 1));
}

/** Where the links of a folder lead: device -> its first link. Those that lead nowhere are left out. */
function linksIn(folder: string): Map<string, string> {
  const links = names(folder)
    .map((name) => join(folder, name))
    .reverse();
  return new Map(links.filter((path) => existsSync(path)).map((path) => [realpathSync(path), path]));
}

function chipAt(path: string): FoundChip {
  try {
    const chip = openChip(path);
    chip.close();
    return { label: chip.label, lines: chip.lines };
  } catch {
    return { label: path, lines: 0 }; // Not ours to open: it is shown, and nothing is asked of it.
  }
}

function names(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}

/** The package's own script, which gives keys, checks and starts; an update and a person run the same one. */
const ACTIVATE = "/usr/lib/telpost/activate";
/** The one configuration that the units read. */
const CONFIGURED = "/etc/telpost/telpost.yaml";

const isInstalled = (file: string) =>
  resolve(file) === CONFIGURED && existsSync(ACTIVATE) && process.getuid?.() === 0;

async function startUnits(): Promise<void> {
  const run = promisify(execFile);
  try {
    // Who sets a gateway up wants it started, also where it was switched off.
    await run("systemctl", ["enable", "--quiet", "telpost.target"]);
    await run(ACTIVATE, ["start"]);
  } catch (cause) {
    const { stderr } = cause as { stderr?: string };
    throw new TelpostError("setup.not_started", (stderr ?? "").trim().split("\n").at(-1) ?? "", { cause });
  }
}
