import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ItemFolder } from "../../../src/sense/crash/item-folder.ts";
import { StateFile } from "../../../src/sense/crash/state-file.ts";
import { prepareCrashFolder } from "../../../src/sense/crash/tmpfs.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync("/dev/shm/telpost-crash-");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const path = () => join(folder, "state");

function written(...values: unknown[]): void {
  const file = new StateFile(path());
  file.read();
  for (const value of values) file.write(value);
  file.close();
}

function read(): unknown {
  const file = new StateFile(path());
  const value = file.read();
  file.close();
  return value;
}

it("gives back the last value written, also by another process", () => {
  written({ n: 1 }, { n: 2 }, { n: 3 });
  expect(read()).toEqual({ n: 3 });
  written({ n: 4 });
  expect(read()).toEqual({ n: 4 });
});

it("has nothing to give from a fresh file", () => {
  expect(read()).toBeUndefined();
});

it("gives the value before when the last write was cut anywhere", () => {
  written({ before: "x".repeat(300) });
  const one = readFileSync(path());
  written({ after: "y".repeat(300) });
  const two = readFileSync(path());
  const start = two.findIndex((byte, index) => byte !== one[index]);
  const end = two.findLastIndex((byte, index) => byte !== one[index]) + 1;
  for (let cut = start; cut < end; cut++) {
    const torn = Buffer.from(two);
    torn.fill(0, cut, end);
    one.copy(torn, cut, cut, Math.min(end, one.length));
    writeFileSync(path(), torn);
    expect([cut, read()]).toEqual([cut, { before: "x".repeat(300) }]);
  }
});

it("does not believe a file that is shortened or overwritten", () => {
  written({ n: 1 }, { n: 2 });
  truncateSync(path(), 30);
  expect(read()).toBeUndefined();
  writeFileSync(path(), Buffer.alloc(2_000_000, 0x74));
  expect(read()).toBeUndefined();
});

it("is readable by its owner only", () => {
  written({});
  expect(statSync(path()).mode & 0o777).toBe(0o600);
});

it("keeps items in the order of their names, whole, across openings", () => {
  const items = new ItemFolder(join(folder, "items"));
  items.put("0002", "two");
  items.put("0003", "three");
  writeFileSync(join(folder, "items", "0004.new"), "half");
  const again = new ItemFolder(join(folder, "items"));
  expect([again.names(), again.get("0002"), again.bytes, again.count]).toEqual([
    ["0002", "0003"],
    "two",
    8,
    2,
  ]);
  again.remove("0002");
  expect([again.names(), again.bytes]).toEqual([["0003"], 5]);
});

it("refuses a folder on a disk, where an open window must never be", () => {
  prepareCrashFolder(join(folder, "crash"));
  const onDisk = mkdtempSync(join(tmpdir(), "telpost-disk-"));
  try {
    expect(() => prepareCrashFolder(onDisk)).toThrow(expect.objectContaining({ code: "crash.not_tmpfs" }));
    expect(() => prepareCrashFolder("/proc/telpost")).toThrow(
      expect.objectContaining({ code: "crash.unusable" }),
    );
  } finally {
    rmSync(onDisk, { recursive: true });
  }
});
