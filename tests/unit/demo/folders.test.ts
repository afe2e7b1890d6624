import {
  existsSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeFolders, sweepFolders } from "../../../src/demo/folders.ts";

const NOW_MS = Date.parse("2026-07-18T12:00:00Z");
const HOUR_MS = 3_600_000;
/** Above every pid that Linux gives out (pid_max, proc(5)). */
const NOBODY = 2 ** 22 + 1;

let parent: string;

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), "telpost-folders-"));
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

function leftover(name: string, ageHours: number, pid: number | null): string {
  const folder = join(parent, name);
  mkdirSync(folder);
  if (pid !== null) writeFileSync(join(folder, "pid"), `${pid}\n`);
  const seconds = (NOW_MS - ageHours * HOUR_MS) / 1000;
  utimesSync(folder, seconds, seconds);
  return folder;
}

describe("the folders of a demo", () => {
  it("are for their user only, in memory where sense needs it, and are gone after the end", () => {
    const folders = makeFolders();
    const all = [folders.files, folders.state, folders.runtime, folders.crash];
    try {
      for (const folder of all) expect(statSync(folder).mode & 0o777).toBe(0o700);
      for (const folder of [folders.runtime, folders.crash]) expect(folder).toMatch(/^\/dev\/shm\//);
    } finally {
      folders.remove();
    }
    expect(all.filter((folder) => existsSync(folder))).toEqual([]);
  });

  it("are swept when their demo was killed more than a day ago", () => {
    const old = [leftover("telpost-demo-a", 25, NOBODY), leftover("telpost-demo-b", 25, null)];
    sweepFolders(NOW_MS, [parent]);
    expect(old.filter((folder) => existsSync(folder))).toEqual([]);
  });

  it("stay while they are young, while their demo lives, and when they are something else", () => {
    const target = leftover("elsewhere", 25, NOBODY);
    const link = join(parent, "telpost-demo-link");
    symlinkSync(target, link);
    lutimesSync(link, 0, 0);
    const kept = [
      leftover("telpost-demo-young", 23, NOBODY),
      leftover("telpost-demo-alive", 25, process.pid),
      leftover("telpost-other", 25, NOBODY),
      target,
      link,
    ];
    sweepFolders(NOW_MS, [parent]);
    expect(kept.filter((folder) => !existsSync(folder))).toEqual([]);
  });
});
