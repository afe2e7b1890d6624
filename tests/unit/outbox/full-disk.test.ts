import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

/** Mounts a file system of its own in a namespace of its own: no root needed where the kernel allows that. */
function onSmallDisk(command: readonly string[]) {
  const place = mkdtempSync(join(tmpdir(), "telpost-card-"));
  const script = 'mount -t tmpfs -o size=48m tmpfs "$0" && exec "$@"';
  const args = ["-rm", "sh", "-c", script, place, ...command];
  const run = spawnSync("unshare", [...args, place], { encoding: "utf8" });
  rmSync(place, { recursive: true });
  return run;
}

const allowed = onSmallDisk(["true"]).status === 0;

describe.skipIf(!allowed)("a full disk (needs unshare -rm and a tmpfs mount)", () => {
  test("drops the oldest windows, declared, keeps the newest, and goes on when there is room", () => {
    const run = onSmallDisk([process.execPath, join(import.meta.dirname, "small-disk.ts")]);
    expect(run.stderr).toBe("");
    const { seq, refusals, troubles, accepted, queued, gaps, stats } = JSON.parse(run.stdout);
    expect(seq).toBe(2135);
    expect(refusals).toEqual([]);
    expect(troubles).toEqual([null, "outbox.full", "outbox.full", null]);
    const declared = gaps
      .map((text: string) => JSON.parse(text))
      .filter(({ reason }: { reason: string }) => reason === "disk_full")
      .flatMap(({ numbers }: { numbers: { ranges: [number, number][] } }) => numbers.ranges)
      .flatMap(([from, to]: [number, number]) => Array.from({ length: to - from + 1 }, (_, n) => from + n));
    const all = [...declared, ...accepted, ...queued].sort((a, b) => a - b);
    expect(all).toEqual(Array.from({ length: seq }, (_, n) => n));
    expect(Math.max(...declared)).toBeLessThan(Math.min(...accepted, ...queued));
    expect(queued.length).toBeGreaterThan(250);
    expect(stats.queued + stats.accepted + stats.rejected + stats.dropped).toBe(stats.appended);
  });
});
