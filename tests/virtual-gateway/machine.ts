import { execFileSync, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

const TOOLS: Readonly<Record<string, string>> = {
  "qemu-system-x86_64": "qemu-system-x86",
  "qemu-img": "qemu-utils",
  mmdebstrap: "mmdebstrap",
  busybox: "busybox-static",
  cpio: "cpio",
  modprobe: "kmod",
  mke2fs: "e2fsprogs",
  gcc: "gcc",
};

/** Debian packages that this machine lacks for the virtual gateway. */
export function missingPackages(): string[] {
  const path = `${process.env.PATH}:/usr/sbin:/sbin`;
  const has = (tool: string) =>
    spawnSync("sh", ["-c", `command -v ${tool}`], { env: { PATH: path } }).status === 0;
  return Object.entries(TOOLS).flatMap(([tool, name]) => (has(tool) ? [] : [name]));
}

/** The image of this recipe, made when it is not there yet: some minutes, once. @returns its folder */
export function image(): string {
  const recipe = join(import.meta.dirname, "image.sh");
  const hash = createHash("sha256").update(readFileSync(recipe)).digest("hex").slice(0, 12);
  const cache =
    process.env.TELPOST_VM_CACHE ??
    join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "telpost-virtual-gateway");
  const folder = join(cache, hash);
  if (!existsSync(folder)) {
    mkdirSync(cache, { recursive: true });
    execFileSync("sh", [recipe, folder], { stdio: "inherit", env: { ...process.env, LC_ALL: "C" } });
    for (const old of readdirSync(cache)) {
      if (old !== hash && !old.endsWith(".making"))
        rmSync(join(cache, old), { recursive: true, force: true });
    }
  }
  return folder;
}

export interface BootOptions {
  readonly image: string;
  /** Shared with the guest as /mnt/host; it runs run.sh there and powers off. */
  readonly share: string;
  /** For the disk of this run and the console. */
  readonly scratch: string;
  readonly limitMs: number;
  /** What its clock shows when it is switched on. */
  readonly startedAt: Date;
  /** A USB serial adapter (FTDI) that is joined to a second serial port (ttyS1): what goes in at one comes out at the other. */
  readonly adapter?: boolean;
}

/**
 * One core without hardware help, whose clock counts instructions (QEMU, -icount): the guest's time does not depend on
 * how busy this machine is, and waiting costs nothing. Linux without KVM coalesces edges on more than one core.
 * @returns true when the guest powered itself off in time
 */
export async function boot({
  image: from,
  share,
  scratch,
  limitMs,
  startedAt,
  adapter = false,
}: BootOptions): Promise<boolean> {
  const disk = join(scratch, "disk.qcow2");
  execFileSync("qemu-img", ["create", "-q", "-f", "qcow2", "-F", "raw", "-b", join(from, "root.ext4"), disk]);
  const kernel =
    "console=ttyS0 panic=-1 quiet systemd.show_status=0 tsc=reliable mitigations=off random.trust_cpu=on";
  const options = [
    ["-M", "q35", "-cpu", "max", "-accel", "tcg", "-smp", "1", "-m", "1024"],
    ["-icount", "shift=0,sleep=off", "-rtc", `base=${startedAt.toISOString().slice(0, 19)},clock=vm`],
    ["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"],
    ["-kernel", join(from, "vmlinuz"), "-initrd", join(from, "initrd.gz"), "-append", kernel],
    ["-chardev", `file,id=console,path=${join(scratch, "console.log")}`, "-serial", "chardev:console"],
    [
      "-drive",
      `file=${disk},format=qcow2,if=none,id=disk,cache=unsafe`,
      "-device",
      "virtio-blk-pci,drive=disk",
    ],
    ["-fsdev", `local,id=host,path=${share},security_model=none`],
    ["-device", "virtio-9p-pci,fsdev=host,mount_tag=host", "-device", "virtio-rng-pci"],
    adapter ? joined(join(scratch, "joined")) : [],
  ].flat();
  const machine = spawn("qemu-system-x86_64", options, { stdio: ["ignore", "inherit", "inherit"] });
  return new Promise((resolve, reject) => {
    const limit = setTimeout(() => machine.kill("SIGKILL"), limitMs);
    machine.on("error", reject);
    machine.on("exit", (code) => {
      clearTimeout(limit);
      resolve(code === 0);
    });
  });
}

/** Both ends of one socket, in one QEMU. */
function joined(socket: string): string[] {
  const usb = "usb-serial,bus=xhci.0,id=usb,chardev=usb,serial=TP0001";
  return [
    ["-chardev", `socket,id=uart,path=${socket},server=on,wait=off`, "-serial", "chardev:uart"],
    ["-chardev", `socket,id=usb,path=${socket}`, "-device", "qemu-xhci,id=xhci", "-device", usb],
  ].flat();
}
