import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { until } from "../kit/until.ts";

/** What a Debian 12 needs for the package's dependencies; everything else is what Debian calls required. */
const INCLUDE = ["systemd", "udev", "init-system-helpers", "libstdc++6", "libsystemd0"];
const CACHE = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "telpost");

/** Only to end a test that would hang. */
const HANG_MS = 240_000;

/** Programs that a Machine is made with. */
export const MACHINE_PROGRAMS = ["mmdebstrap", "systemd-nspawn", "unshare", "nsenter"];

export interface Answer {
  readonly status: number | null;
  /** Standard output and error, in that order. */
  readonly text: string;
}

/**
 * A throwaway Debian 12 with a systemd of its own, in a container of systemd-nspawn. Needs root. Its files are below
 * `root`; it has no network but its own loopback.
 */
export class Machine {
  readonly root: string;
  readonly #folder = mkdtempSync(join(tmpdir(), "telpost-machine-"));
  readonly #name = basename(this.#folder);
  #container: ChildProcess | undefined;
  /** Its process 1, as this machine numbers it. */
  #init = 0;

  constructor() {
    if (process.getuid?.() !== 0) throw new Error("a machine that boots needs root: sudo npm run test:deb");
    this.root = join(this.#folder, "root");
    mkdirSync(this.root);
    execFileSync("tar", ["-xf", image(), "-C", this.root, "--exclude=./dev/*"]);
  }

  async boot(): Promise<void> {
    const container = spawn("unshare", ["--mount", "sh", "-c", BOOT, "boot", this.root, this.#name], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#container = container;
    let complaints = "";
    container.stderr?.setEncoding("utf8").on("data", (text: string) => {
      complaints += text;
    });
    // nspawn has a helper as its child for a moment; the child that runs systemd is the container.
    await until(() => {
      this.#init = childrenOf(container.pid ?? 0).find((pid) => nameOf(pid) === "systemd") ?? 0;
      return this.#init > 0 || container.exitCode !== null;
    }, "systemd-nspawn starts systemd");
    if (container.exitCode !== null) throw new Error(`systemd-nspawn does not work here: ${complaints}`);
    await until(() => /running|degraded/.test(this.run("systemctl is-system-running").text), "systemd is up");
  }

  /** Runs a line of shell inside. */
  run(line: string): Answer {
    const into = ["--target", String(this.#init), "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup"];
    const { status, stdout, stderr } = spawnSync(
      "nsenter",
      [...into, "--root", "--wd", "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "sh", "-c", line],
      { encoding: "utf8", cwd: "/", timeout: 300_000 },
    );
    return { status, text: stdout + stderr };
  }

  /** Runs a line that must succeed, and returns what it printed. */
  must(line: string): string {
    const { status, text } = this.run(line);
    if (status !== 0) throw new Error(`${line} ended with ${status}:\n${text}`);
    return text.trim();
  }

  /** Starts a program of this machine beside it: in its network, on our files. */
  beside(program: string, ...args: readonly string[]): ChildProcess {
    const into = ["--target", String(this.#init), "--net"];
    return spawn("nsenter", [...into, program, ...args], { stdio: ["ignore", "pipe", "ignore"] });
  }

  /** Ends everything in it at once, then starts it again; what was beside it has lost its network. */
  async powerCut(): Promise<void> {
    await this.#end();
    await this.boot();
  }

  /** Waits for what takes seconds inside. @param lookMs how long between two looks */
  async until(condition: () => boolean, lookMs = 500): Promise<void> {
    for (let waitedMs = 0; !condition(); waitedMs += lookMs) {
      if (waitedMs > HANG_MS) throw new Error(`never happened: ${condition}`);
      await wait(lookMs);
    }
  }

  /** Puts a package inside and gives it to dpkg, as apt would. */
  install(deb: string): string {
    copyFileSync(deb, join(this.root, "root", basename(deb)));
    return this.must(`DEBIAN_FRONTEND=noninteractive dpkg --install /root/${basename(deb)}`);
  }

  async stop(): Promise<void> {
    await this.#end();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #end(): Promise<void> {
    const container = this.#container;
    if (container && container.exitCode === null && container.signalCode === null) {
      if (this.#init > 0) process.kill(this.#init, "SIGKILL");
      else container.kill("SIGKILL");
      await until(() => container.exitCode !== null || container.signalCode !== null, "the container ends");
    }
    removeCgroup(join(UNIFIED, this.#name));
  }
}

/**
 * In a mount namespace of its own: nspawn wants /run on tmpfs and the unified cgroup tree, and gets both without this
 * machine noticing. The container gets a cgroup of its own, which goes when nothing is left in it.
 */
const BOOT = `
set -e
mount --make-rprivate /
mount -t tmpfs tmpfs /run
umount -R /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mkdir /sys/fs/cgroup/$2
echo $$ > /sys/fs/cgroup/$2/cgroup.procs
export SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1
exec systemd-nspawn --quiet --register=no --keep-unit --private-network --console=pipe --machine=$2 --directory=$1 --boot
`;

/** Where the unified cgroup tree lies on this machine: beside the old ones, or alone. */
const UNIFIED = existsSync("/sys/fs/cgroup/unified") ? "/sys/fs/cgroup/unified" : "/sys/fs/cgroup";

/** The kernel's own files in a cgroup go with it; only folders are removed, the inner ones first. */
function removeCgroup(folder: string): void {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) removeCgroup(join(folder, entry.name));
  rmdirSync(folder);
}

/** The root file system as an archive, made once for each list of packages and kept outside the checkout. */
function image(): string {
  const file = join(CACHE, `bookworm-${INCLUDE.join("-")}.tar`);
  if (existsSync(file)) return file;
  mkdirSync(CACHE, { recursive: true });
  const made = join(CACHE, `new-${process.pid}.tar`);
  execFileSync(
    "mmdebstrap",
    ["--quiet", "--variant=minbase", `--include=${INCLUDE.join(",")}`, "bookworm", made],
    {
      stdio: ["ignore", "ignore", "inherit"],
    },
  );
  renameSync(made, file);
  return file;
}

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
  } catch {
    return []; // It is gone.
  }
}

function nameOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trim();
  } catch {
    return ""; // It is gone.
  }
}
