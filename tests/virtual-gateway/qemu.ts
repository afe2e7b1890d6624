import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { Qmp } from "./qmp.ts";

export interface MachineOptions {
  /** Folder of the kernel, the initrd and the root file system. */
  readonly image: string;
  /** Shared with the guest as /mnt/host; it runs run.sh there and powers off. */
  readonly share: string;
  /** For the disk of this run, the console and the sockets. */
  readonly scratch: string;
  /**
   * Its clock counts instructions (-icount), so that what the guest sees does not depend on how busy this machine is. With
   * `virtual` waiting costs nothing: only where nothing outside the guest takes part. With `real` a second of waiting is
   * one of ours, and a second of work is longer: the guest's clock falls behind.
   */
  readonly time: "virtual" | "real";
  /** What its clock shows when it is switched on; default: now. */
  readonly startedAt?: Date;
  /** Its disk: one as it is (`nbd:unix:...`), or a new layer over this raw image; default: over the image's own root. */
  readonly disk?: string;
  readonly over?: string;
  /** A network whose only other end is this port of the loopback interface here; the guest knows it as `BROKER`. */
  readonly brokerPort?: number;
  /**
   * A second serial port (ttyS1) and a USB adapter (FTDI): with their other ends at the sockets `uart` and `usb` in
   * `scratch`, or joined to each other, so that what goes in at one comes out at the other.
   */
  readonly serial?: "sockets" | "joined";
  /** More words for the kernel's command line; NAME=VALUE goes to the environment of systemd. */
  readonly kernel?: readonly string[];
}

/** Address and port of the broker as the guest sees it. */
export const BROKER = { host: "10.0.2.100", port: 8883 } as const;

export const USB_ADAPTER = {
  driver: "usb-serial",
  bus: "xhci.0",
  id: "usb",
  chardev: "usb",
  serial: "TP0001",
  // Otherwise QEMU pulls it out while nobody is at the other end.
  "always-plugged": true,
};

/** One machine without hardware help. One core: Linux without KVM coalesces edges on more. */
export class Machine {
  readonly #process: ChildProcess;
  readonly #scratch: string;
  /** Its exit code; null when it was killed. */
  readonly exited: Promise<number | null>;

  constructor(options: MachineOptions) {
    this.#scratch = options.scratch;
    for (const name of ["qmp", "uart", "usb"]) rmSync(join(options.scratch, name), { force: true });
    const run = spawn("qemu-system-x86_64", argumentsOf(options), {
      stdio: ["ignore", "inherit", "inherit"],
    });
    const orphaned = () => run.kill("SIGKILL");
    process.once("exit", orphaned);
    this.#process = run;
    this.exited = once(run, "exit").then(([code]) => {
      process.off("exit", orphaned);
      return code as number | null;
    });
  }

  /** SIGKILL: what the guest had in memory is gone. */
  async cut(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.exited;
  }

  /** @returns true when it powered itself off within so long; otherwise it is killed */
  async ends(limitMs: number): Promise<boolean> {
    const limit = setTimeout(() => this.#process.kill("SIGKILL"), limitMs);
    const code = await this.exited;
    clearTimeout(limit);
    return code === 0;
  }

  async qmp(): Promise<Qmp> {
    const path = join(this.#scratch, "qmp");
    while (!existsSync(path) && this.#process.exitCode === null) await wait(50);
    return Qmp.connect(path);
  }
}

function argumentsOf(options: MachineOptions): string[] {
  const { image, share, scratch, kernel = [] } = options;
  const append = [
    "console=ttyS0 panic=-1 quiet systemd.show_status=0 tsc=reliable mitigations=off random.trust_cpu=on",
    ...kernel,
  ].join(" ");
  return [
    ["-M", "q35", "-cpu", "Nehalem,+rdrand", "-accel", "tcg", "-smp", "1", "-m", "1024"],
    ["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"],
    clockOf(options),
    ["-kernel", join(image, "vmlinuz"), "-initrd", join(image, "initrd.gz"), "-append", append],
    ["-chardev", `file,id=console,path=${join(scratch, "console.log")},append=on`],
    ["-serial", "chardev:console", "-qmp", `unix:${join(scratch, "qmp")},server=on,wait=off`],
    diskOf(options),
    ["-fsdev", `local,id=host,path=${share},security_model=none`],
    ["-device", "virtio-9p-pci,fsdev=host,mount_tag=host", "-device", "virtio-rng-pci"],
    networkOf(options),
    serialOf(options),
  ].flat();
}

function clockOf({ time, startedAt = new Date() }: MachineOptions): string[] {
  const icount = time === "virtual" ? "shift=0,sleep=off" : "shift=1";
  return ["-icount", icount, "-rtc", `base=${startedAt.toISOString().slice(0, 19)},clock=vm`];
}

function diskOf({ disk, image, scratch, over = join(image, "root.ext4") }: MachineOptions): string[] {
  const device = ["-device", "virtio-blk-pci,drive=disk"];
  if (disk) return ["-drive", `file=${disk},format=raw,if=none,id=disk,cache=none`, ...device];
  const layer = join(scratch, "disk.qcow2");
  if (!existsSync(layer)) {
    execFileSync("qemu-img", ["create", "-q", "-f", "qcow2", "-F", "raw", "-b", over, layer]);
  }
  return ["-drive", `file=${layer},format=qcow2,if=none,id=disk,cache=unsafe`, ...device];
}

function networkOf({ brokerPort }: MachineOptions): string[] {
  if (brokerPort === undefined) return [];
  const forward = `guestfwd=tcp:${BROKER.host}:${BROKER.port}-cmd:busybox nc 127.0.0.1 ${brokerPort}`;
  const net = `user,id=net,restrict=on,${forward}`;
  return ["-netdev", net, "-device", "virtio-net-pci,netdev=net,romfile="];
}

function serialOf({ serial, scratch }: MachineOptions): string[] {
  if (!serial) return [];
  const server = (id: string) => `socket,id=${id},path=${join(scratch, id)},server=on,wait=off`;
  const other = serial === "joined" ? `socket,id=usb,path=${join(scratch, "uart")}` : server("usb");
  const { driver, ...adapter } = USB_ADAPTER;
  const words = Object.entries(adapter).map(([key, value]) => `${key}=${value === true ? "on" : value}`);
  return [
    ["-chardev", server("uart"), "-serial", "chardev:uart", "-chardev", other],
    ["-device", "qemu-xhci,id=xhci", "-device", [driver, ...words].join(",")],
  ].flat();
}
