import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Dice } from "../kit/dice.ts";
import { describeWith } from "../kit/programs.ts";
import { VolatileDisk } from "./volatile-disk.ts";

const SIZE = 1 << 20;

describeWith(["qemu-io", "qemu-img"], "volatile disk", () => {
  let folder: string;
  let disk: VolatileDisk;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "telpost-disk-"));
    writeFileSync(join(folder, "image"), Buffer.alloc(SIZE, 0x11));
    disk = await VolatileDisk.listen(join(folder, "image"), join(folder, "nbd"));
  });

  afterEach(async () => {
    await disk.close();
    rmSync(folder, { recursive: true });
  });

  /** What QEMU's own client says to the commands. It kills itself at the end, for a clean end would flush. */
  async function io(...commands: readonly string[]): Promise<string> {
    const args = [...commands, "sigraise 9"].flatMap((command) => ["-c", command]);
    const run = promisify(execFile)("qemu-io", [
      "-f",
      "raw",
      "-t",
      "writeback",
      ...args,
      `nbd:unix:${folder}/nbd`,
    ]);
    const { stdout } = await run.catch((failed: { stdout: string }) => failed);
    return stdout;
  }

  async function content(): Promise<Buffer> {
    const args = ["convert", "-f", "raw", "-O", "raw", `nbd:unix:${folder}/nbd`, join(folder, "copy")];
    await promisify(execFile)("qemu-img", args);
    return readFileSync(join(folder, "copy"));
  }

  it("shows what was written, across pages and at odd sectors, and leaves the image as it was", async () => {
    await io("write -q -P 0x22 3584 1024", "write -q -P 0x33 512 512");
    const wanted = Buffer.alloc(SIZE, 0x11).fill(0x22, 3584, 4608).fill(0x33, 512, 1024);
    expect((await content()).equals(wanted)).toBe(true);
    expect(readFileSync(join(folder, "image")).equals(Buffer.alloc(SIZE, 0x11))).toBe(true);
  });

  it("keeps what was flushed through a cut, and drops what was not", async () => {
    await io("write -q -P 0x22 0 4096", "flush");
    await io("write -q -P 0x33 0 512", "write -q -P 0x33 8192 512");
    expect(disk.cut(new Dice(1), 0)).toEqual({ kept: 0, torn: 0, dropped: 2 });
    expect((await content()).equals(Buffer.alloc(SIZE, 0x11).fill(0x22, 0, 4096))).toBe(true);
  });

  it("keeps a write that was to be durable", async () => {
    await io("write -q -f -P 0x22 4096 512");
    disk.cut(new Dice(1), 0);
    expect((await content())[4096]).toBe(0x22);
  });

  it("keeps, tears and drops as the seed says, torn only between sectors and from the front", async () => {
    const writes = Array.from({ length: 60 }, (_, n) => `write -q -P 0x22 ${n * 16384} 8192`);
    await io(...writes);
    const fates = disk.cut(new Dice(7), 0.3);
    expect(fates.kept + fates.torn + fates.dropped).toBe(60);
    expect(Math.min(fates.kept, fates.torn, fates.dropped)).toBeGreaterThan(3);
    const after = await content();
    const told = { kept: 0, torn: 0, dropped: 0 };
    for (let n = 0; n < 60; n++) {
      const part = after.subarray(n * 16384, n * 16384 + 8192);
      const end = part.indexOf(0x11);
      expect(end % 512 === 0 || end === -1).toBe(true);
      expect(part.subarray(end === -1 ? 8192 : end).every((byte) => byte === 0x11)).toBe(true);
      told[end === -1 ? "kept" : end === 0 ? "dropped" : "torn"]++;
    }
    expect(told).toEqual(fates);
  });

  it("fails as often as it is told, and then works", async () => {
    disk.failing(1);
    expect(await io("write -q -P 0x22 0 512", "read -q -P 0x11 0 512")).toContain("Input/output error");
    expect(await io("write -q -P 0x22 0 512", "read -q -P 0x22 0 512")).toBe("");
  });

  it("answers nothing while it stands still", async () => {
    disk.stall(500);
    const from = performance.now();
    await io("read -q 0 512");
    expect(performance.now() - from).toBeGreaterThan(450);
  });
});
