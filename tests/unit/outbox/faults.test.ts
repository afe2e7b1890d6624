import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openForTest, sealedRows, tempFolder } from "../../kit/outbox.ts";
import { describeWith } from "../../kit/programs.ts";

const here = import.meta.dirname;

/** Lets the writer run until it has said `lines` lines, then kills it; everything it had said by then. */
function killAfter(file: string, lines: number): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(here, "writer.ts"), file]);
    let said = "";
    let errors = "";
    child.stdout.on("data", (chunk) => {
      said += chunk;
      if (said.split("\n").length > lines) child.kill("SIGKILL");
    });
    child.stderr.on("data", (chunk) => {
      errors += chunk;
    });
    child.on("error", reject);
    child.on("close", (_code, signal) => {
      if (signal === "SIGKILL") resolve(said.split("\n").slice(0, -1));
      else reject(new Error(errors));
    });
  });
}

describe("a writer that is killed", () => {
  test("loses no message whose append had returned, and none comes twice", async () => {
    const file = join(tempFolder(), "outbox.db");
    const kept = new Set<number>();
    const settling = new Set<number>();
    for (const lines of [1, 7, 60, 250]) {
      for (const line of await killAfter(file, lines)) {
        const [what, seq] = line.split(" ");
        (what === "kept" ? kept : settling).add(Number(seq));
      }
      const outbox = openForTest(file);
      const found = sealedRows(outbox).map(({ seq }) => seq);
      expect(new Set(found).size).toBe(found.length);
      expect([...kept].filter((seq) => !settling.has(seq) && !found.includes(seq))).toEqual([]);
      const { appended, queued, accepted, rejected, dropped } = outbox.stats();
      expect(queued + accepted + rejected + dropped).toBe(appended);
      outbox.close();
    }
    expect(kept.size).toBeGreaterThan(100);
  });
});

describeWith(["gcc"], "a disk that fails", () => {
  for (const fault of ["fsync", "write"]) {
    test(`on ${fault}: the append fails as a whole, memory and database agree, and the next one works when the fault has gone`, () => {
      const folder = tempFolder();
      const shim = join(folder, "failing-disk.so");
      const built = spawnSync("gcc", ["-shared", "-fPIC", "-o", shim, join(here, "failing-disk.c"), "-ldl"]);
      expect(String(built.stderr)).toBe("");
      const switchFile = join(folder, "fail");
      const args = [join(here, "failing-disk.ts"), join(folder, "outbox.db"), switchFile, fault];
      const env = { ...process.env, LD_PRELOAD: shim, FAIL_SWITCH: switchFile };
      const run = spawnSync(process.execPath, args, { env, encoding: "utf8" });
      expect(run.stderr).toBe("");
      const { outcomes, before, during, after, seqs } = JSON.parse(run.stdout);
      expect(outcomes).toEqual([
        "kept",
        "kept",
        "outbox.write_failed",
        "outbox.write_failed",
        "kept",
        "kept",
      ]);
      expect(during).toMatchObject({ ...before, oldestAtMs: during.oldestAtMs });
      expect(seqs).toEqual([1, 2, 3]);
      expect(after).toMatchObject({ appended: 5, accepted: 1, queued: 4, rejected: 0, dropped: 0 });
    });
  }
});
