import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { TelpostError } from "../base/errors.ts";
import { installedVersion, run } from "./machine.ts";
import type { Workshop } from "./ports.ts";
import { rebuild } from "./rebuild.ts";
import { aptFolderPrefix } from "./safe.ts";

const PROGRAM = "/usr/lib/telpost";
const UNIT = "telpost-trial.service";
const UNIT_FILE = `/etc/systemd/system/${UNIT}`;

/** The tools of the gateway that this runs on. */
export const thisWorkshop: Workshop = {
  check() {
    if (process.getuid?.() !== 0) throw new TelpostError("update.not_possible", "not root");
    if (!existsSync("/run/systemd/system"))
      throw new TelpostError("update.not_possible", "systemd does not run");
    if (!existsSync(`${PROGRAM}/node`)) throw new TelpostError("update.not_possible", `no ${PROGRAM}/node`);
  },
  architecture: async () => (await run("dpkg", ["--print-architecture"])).out.trim(),
  async fields(deb) {
    const { code, out, complaint } = await run("dpkg-deb", ["--field", deb]);
    if (code !== 0) throw new TelpostError("update.wrong_package", complaint);
    const value = (name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(out)?.[1] ?? "";
    const installedBytes = Number(value("Installed-Size")) * 1024;
    return {
      name: value("Package"),
      version: value("Version"),
      architecture: value("Architecture"),
      installedBytes,
    };
  },
  isOlder: async (version, than) =>
    (await run("dpkg", ["--compare-versions", version, "lt", than])).code === 0,
  async isInstalled(deb) {
    const theirs = await run("dpkg-deb", ["--info", deb, "md5sums"]);
    const ours = await run("dpkg-query", ["--control-show", "telpost", "md5sums"]);
    const same = theirs.code === 0 && ours.code === 0 && theirs.out === ours.out;
    return same && (await thisWorkshop.fields(deb)).version === (await installedVersion());
  },
  rebuild,
  download,
  async keepProgram(folder) {
    rmSync(folder, { recursive: true, force: true });
    // Links to the files that are there: dpkg puts others in their places and never writes into them.
    if ((await run("cp", ["-al", PROGRAM, folder])).code === 0) return;
    rmSync(folder, { recursive: true, force: true });
    const { code, complaint } = await run("cp", ["-a", PROGRAM, folder]);
    if (code !== 0) throw new TelpostError("update.not_possible", complaint);
  },
  async arm(program) {
    writeFileSync(UNIT_FILE, unitText(program), { mode: 0o644 });
    // From now on a power cut finds every package, program and unit whole.
    await run("sync", ["--file-system", program, UNIT_FILE, "/var/lib/dpkg"]);
    await systemctl("daemon-reload");
    await systemctl("enable", "--quiet", UNIT);
  },
  async disarm() {
    await run("systemctl", ["disable", "--quiet", UNIT]);
    rmSync(UNIT_FILE, { force: true });
    await run("systemctl", ["daemon-reload"]);
  },
  isJudging: async () => (await run("systemctl", ["is-active", "--quiet", UNIT])).code === 0,
};

/** Starts what `arm` has put there. @throws TelpostError update.not_possible */
export async function startJudge(): Promise<void> {
  await systemctl("start", UNIT);
}

async function systemctl(...args: readonly string[]): Promise<void> {
  const { code, complaint } = await run("systemctl", args);
  if (code !== 0) throw new TelpostError("update.not_possible", complaint);
}

/**
 * Written for one trial and taken away after it: nothing of it belongs to the package that may be broken. It starts with the
 * machine, so that a trial that the power cut goes on; no other unit waits for it.
 */
function unitText(program: string): string {
  return `[Unit]
Description=telpost on trial: kept with its first window, or taken back
Documentation=man:telpost(1)
RequiresMountsFor=${program}
StartLimitIntervalSec=1h
StartLimitBurst=20

[Service]
Type=exec
ExecStart=${program}/node --jitless --disable-sigusr1 ${program}/telpost.cjs update --judge
# A dpkg that has begun is not torn down with its caller.
KillMode=process
Restart=on-failure
RestartSec=10
SyslogIdentifier=telpost-update

[Install]
WantedBy=multi-user.target
`;
}

/** apt checks the signature of the repository (apt-secure(8)) and the hash of the file in it. */
async function download(out: string): Promise<void> {
  const strict = ["-o", "APT::Get::AllowUnauthenticated=false", "-o", "DPkg::Lock::Timeout=120"];
  const folder = mkdtempSync(aptFolderPrefix(dirname(out)));
  try {
    for (const task of [["update"], ["download", "telpost"]]) {
      const { code, complaint } = await run("apt-get", ["-qq", ...strict, ...task], folder);
      if (code !== 0) throw new TelpostError("update.apt", complaint);
    }
    const [deb] = readdirSync(folder).filter((name) => name.endsWith(".deb"));
    if (deb === undefined) throw new TelpostError("update.apt", "apt-get download brought no package");
    renameSync(join(folder, deb), out);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
