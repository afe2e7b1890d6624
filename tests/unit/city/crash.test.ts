import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { GapState } from "../../../src/city/gaps.ts";
import type { Mark, Memory } from "../../../src/city/memory.ts";
import { SqliteMemory } from "../../../src/city/memory-sqlite.ts";
import { type Packet, receiveAll, TestGateway, testReader } from "./fixtures.ts";

class Death extends Error {}

/** A memory whose process dies at chosen marks, just before or just after the commit. */
function dying(memory: Memory, deaths: Map<number, "before" | "after">, count: { marks: number }): Memory {
  return {
    hashOf: (key) => memory.hashOf(key),
    windowsAt: (gateway, endMs) => memory.windowsAt(gateway, endMs),
    gaps: (gateway) => memory.gaps(gateway),
    forgetBefore: (markedMs) => memory.forgetBefore(markedMs),
    close: () => memory.close(),
    remember(gateway: string, mark: Mark | null, gaps: GapState) {
      const death = deaths.get(count.marks++);
      if (death === "before") throw new Death();
      memory.remember(gateway, mark, gaps);
      if (death === "after") throw new Death();
    },
  };
}

const gateway = new TestGateway();

/** A broker with a session: what was not acknowledged is delivered again, first, to the next reader. */
async function deliver(packets: readonly Packet[], deaths: Map<number, "before" | "after">, file: string) {
  const handed: { record: string; markedBefore: boolean }[] = [];
  const waiting = [...packets];
  const count = { marks: 0 };
  while (true) {
    const sqlite = new SqliteMemory(file);
    const reader = testReader(gateway.registry, {
      memory: dying(sqlite, deaths, count),
      onWindow: (_windows, { gateway, epoch, seq }) => {
        const before = sqlite.hashOf({ stream: "sealed", gateway, epoch, seq });
        handed.push({ record: `${seq}`, markedBefore: before !== null });
      },
    });
    try {
      for (let next = waiting[0]; next; next = waiting[0]) {
        await receiveAll(reader, [next]);
        waiting.shift();
      }
      return { handed, gaps: sqlite.gaps("denhaag/scheveningen/gw07") };
    } catch (failure) {
      if (!(failure instanceof Death)) throw failure;
    } finally {
      sqlite.close();
    }
  }
}

test("deaths at any point lose nothing, hand nothing on after it was marked, and leave the same gap state", async () => {
  const packets = await Promise.all([0, 1, 2, 3, 5, 1].map((seq) => gateway.seal({ seq })));
  const again = packets.slice(0, 5);
  const all = [...again, ...again];
  const folder = mkdtempSync(join(tmpdir(), "telpost-crash-"));
  let runs = 0;
  try {
    const calm = await deliver(all, new Map(), join(folder, "calm.sqlite"));
    const deaths = fc.uniqueArray(fc.tuple(fc.nat(8), fc.constantFrom("before" as const, "after" as const)), {
      selector: ([at]) => at,
      maxLength: 5,
    });
    await fc.assert(
      fc.asyncProperty(deaths, async (list) => {
        const { handed, gaps } = await deliver(all, new Map(list), join(folder, `${runs++}.sqlite`));
        expect(new Set(handed.map(({ record }) => record))).toEqual(new Set(["0", "1", "2", "3", "5"]));
        expect(handed.filter(({ markedBefore }) => markedBefore)).toEqual([]);
        const beforeDeaths = list.filter(([, when]) => when === "before").length;
        expect(handed.length).toBeLessThanOrEqual(5 + beforeDeaths);
        expect(gaps).toEqual(calm.gaps);
      }),
      { numRuns: 25 },
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});
