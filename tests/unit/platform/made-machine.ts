import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** The kernel's files of a machine that does not exist. */
export class MadeMachine {
  readonly root = mkdtempSync(join(tmpdir(), "telpost-machine-"));
  readonly device = "179:2";

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    writeFileSync(join(this.root, path), `${text}\n`);
  }

  remove(path: string): void {
    rmSync(join(this.root, path), { recursive: true });
  }

  /** A Raspberry Pi with an eMMC that is well; what it cannot tell is absent. */
  makePi(): this {
    this.write("sys/class/hwmon/hwmon0/name", "cpu_thermal");
    this.write("sys/class/hwmon/hwmon1/name", "rpi_volt");
    this.write(UNDER_VOLTAGE, "0");
    this.write("sys/class/thermal/thermal_zone0/type", "cpu-thermal");
    this.write(TEMPERATURE, "48312");
    this.write("sys/class/thermal/cooling_device0/type", "pwm-fan");
    this.write("sys/class/thermal/cooling_device0/cur_state", "3");
    this.write("sys/class/thermal/cooling_device1/type", "cpufreq-cpu0");
    this.write(COOLING, "0");
    this.write("sys/fs/ext4/features/lazy_itable_init", "supported");
    this.write(ERRORS, "0");
    this.write("sys/block/mmcblk0/device/pre_eol_info", "0x01");
    this.write("sys/block/mmcblk0/device/life_time", "0x01 0x02");
    this.mount("rw,errors=remount-ro");
    return this;
  }

  /** The file system of the outbox with these options of its own, mounted twice: in the sandbox all else is read-only. */
  mount(options: string): void {
    this.write(
      "proc/self/mountinfo",
      [
        "22 1 179:1 / /boot/firmware rw,relatime shared:2 - vfat /dev/mmcblk0p1 rw,fmask=0022",
        `23 1 ${this.device} / / ro,relatime shared:1 - ext4 /dev/root ${options}`,
        `24 1 ${this.device} /var/lib/telpost /var/lib/telpost rw,relatime shared:1 - ext4 /dev/root ${options}`,
      ].join("\n"),
    );
  }

  dispose(): void {
    rmSync(this.root, { recursive: true });
  }
}

export const UNDER_VOLTAGE = "sys/class/hwmon/hwmon1/in0_lcrit_alarm";
export const TEMPERATURE = "sys/class/thermal/thermal_zone0/temp";
export const COOLING = "sys/class/thermal/cooling_device1/cur_state";
export const ERRORS = "sys/fs/ext4/mmcblk0p2/errors_count";
