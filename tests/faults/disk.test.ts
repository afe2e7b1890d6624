import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { describeWith } from "../kit/programs.ts";
import { buildShim, DISK_FAULTS, type DiskFault, FaultyMachine, mixed } from "./disk.ts";
import { Random } from "./random.ts";

describeWith(["gcc"], "a machine with faults", () => {
  let folder: string;
  let library: string;
  let disk: string;
  let machine: FaultyMachine;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "telpost-faults-"));
    library = buildShim(folder);
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  beforeEach(() => {
    const own = mkdtempSync(join(folder, "machine-"));
    disk = join(own, "disk");
    mkdirSync(disk);
    machine = new FaultyMachine(library, own, disk);
  });

  afterEach(() => machine.dispose());

  /** What a program of Node prints on this machine. */
  function run(program: string): string {
    const env = { ...process.env, ...machine.env };
    const { stdout, stderr } = spawnSync(process.execPath, ["-e", program], { env, encoding: "utf8" });
    return stdout.trim() || stderr;
  }

  const file = () => join(disk, "file");
  const writing = (text: string, then = "") =>
    `const fs = require("fs"), fd = fs.openSync(${JSON.stringify(file())}, "a+");
     try { console.log(fs.writeSync(fd, ${JSON.stringify(text)}, 0)); ${then} } catch (e) { console.log(e.code) }`;

  it("shows a wall clock that is stepped either way, and leaves the monotonic one alone", () => {
    const ask = "console.log(Date.now(), Number(process.hrtime.bigint() / 1000000n))";
    const read = () => run(ask).split(" ").map(Number);
    const [wall = 0, monotonic = 0] = read();
    for (const ms of [3_600_000, -7_200_000, 3_600_000 - 1]) machine.stepClock(ms);
    machine.stepClock(-7_200_000);
    const [later = 0, after = 0] = read();
    expect(Math.abs(later - wall - (after - monotonic) + 7_200_001)).toBeLessThanOrEqual(2);
    expect(machine.clockOffsetMs).toBe(-7_200_001);
  });

  it("fails as told, on that disk only, and works again", () => {
    const text = `fs.writeSync(fd, Buffer.from("abcd"), 0, 4, 0)`;
    const outcomes = (fault: DiskFault) => {
      machine.fail(fault);
      return run(`const fs = require("fs");
        for (const path of [${JSON.stringify(file())}, ${JSON.stringify(join(folder, "elsewhere"))}]) {
          const fd = fs.openSync(path, "w+");
          for (const work of [() => ${text}, () => fs.fsyncSync(fd)])
            try { console.log(work() ?? "synced") } catch (e) { console.log(e.code) }
        }`).split("\n");
    };
    const well = ["4", "synced"];
    const found = Object.keys(DISK_FAULTS).map((fault) => outcomes(fault as DiskFault));
    expect(found).toEqual([
      ["ENOSPC", "synced", ...well],
      ["EIO", "synced", ...well],
      ["4", "EIO", ...well],
      ["2", "synced", ...well],
    ]);
    machine.fail(null);
    expect(run(writing("abcd"))).toBe("4");
  });

  it("leaves after a power cut what was synced, and of the rest whatever reached the card", () => {
    run(writing("synced", "fs.fsyncSync(fd)"));
    run(writing(", lost"));
    expect(readFileSync(file(), "utf8")).toBe("synced, lost");
    machine.cutPower(new Random(1), 0);
    expect(readFileSync(file(), "utf8")).toBe("synced");
    run(writing(", kept"));
    machine.cutPower(new Random(1), 1);
    expect(readFileSync(file(), "utf8")).toBe("synced, kept");
  });

  it("leaves nothing of a file that was never synced", () => {
    writeFileSync(file(), "lost");
    machine.cutPower(new Random(1), 0);
    expect(readFileSync(file(), "utf8")).toBe("");
  });
});

it("mixes sectors, and keeps the length of the last one that is there", () => {
  const synced = Buffer.alloc(1000, "a");
  const written = Buffer.alloc(2000, "b");
  const reached = [true, false, true, false];
  const left = mixed(synced, written, () => reached.shift() ?? false);
  expect(left.toString()).toBe(`${"b".repeat(512)}${"a".repeat(488)}${"\0".repeat(24)}${"b".repeat(512)}`);
});
