import { describe, expect, it } from "vitest";
import { isPassages } from "../../src/contract/values.ts";
import type { ReadWindowsMessage } from "../../src/contract/windows.ts";
import { NOON, SenseRig } from "../kit/core.ts";
import { NOISED, replayConfig } from "../kit/replayed.ts";
import { evidence, FULL, pText } from "./evidence.ts";
import { ALPHA, laplaceAtLeast, outcomeFit } from "./statistics.ts";

/**
 * P11: the step response of a crowd level follows the noised distribution. Lines of text go in at one end of the shipped
 * path, levels that the city opened come out at the other: passages step over a threshold and back, and how often a level
 * moves in which window is compared with what discrete Laplace noise says, to the last pattern of windows.
 */

/**
 * Passages in each window: just below the threshold, just over it, between the two, below both. So near that noise decides:
 * the pattern of the true counts has a chance of 0.20, so levels from them stand out, in every second case too
 * (noncentrality 508 of the chi-square at 512 responses, where 75 refuse). The right levels are refused 1.8e-9 of the times:
 * more than ALPHA, because 512 responses are few for 14 cells (the exact multinomial distribution).
 */
const TRUE_COUNTS = [9, 9, 10, 10, 8, 7] as const;
const FROM = 10;
const BELOW = 8;
const SENSORS = 64;
const RUNS = FULL ? 160 : 8;

/** What the city sees of one sensor in one window. */
interface Seen {
  readonly published: number;
  readonly level: string | null;
}

const ids = Array.from({ length: SENSORS }, (_, sensor) => `s${sensor}`);

function yaml(privacy = NOISED): string {
  const out = "crowded: { from: 1000, below: 990 }, critical: { from: 2000, below: 1990 }";
  const levels = ids.map(
    (id) => `  - { id: ${id}-l, of: ${id}, number: in, busy: { from: ${FROM}, below: ${BELOW} }, ${out} }`,
  );
  const sensors = ids.map((id) => `id: ${id}, profile: generic-jsonl, port: /dev/${id}`);
  return `${replayConfig(sensors, privacy)}levels:\n${levels.join("\n")}\n`;
}

/** Lets the passages happen at every sensor; what the city sees of each, window by window. */
async function stepResponses(runs: number): Promise<Seen[][]> {
  const responses: Seen[][] = [];
  for (let run = 0; run < runs; run++) {
    const rig = new SenseRig(yaml(), NOON, { lookMs: 60_000 });
    for (const count of TRUE_COUNTS) {
      for (const id of ids) rig.send(id, `{"in":${count}}\n`);
      await rig.advance(60_000);
    }
    responses.push(...seenIn(await rig.opened()));
  }
  return responses;
}

function seenIn(messages: readonly ReadWindowsMessage[]): Seen[][] {
  return ids.map((id) =>
    messages.map(({ records }) => {
      const value = records.find(({ sensor }) => sensor === id)?.value;
      const level = records.find(({ sensor }) => sensor === `${id}-l`)?.value;
      if (!value || !isPassages(value) || value.in === null || !level || !("level" in level))
        throw new Error("a window that was not measured");
      return { published: value.in, level: level.level as string | null };
    }),
  );
}

const pattern = (response: readonly Seen[]) => response.map(({ level }) => level).join(" ");

/** The chance of each pattern of levels, when each window's count has its own noise of epsilon 1. */
function chances(): Map<string, number> {
  let all = new Map<string, number>([["", 1]]);
  for (const count of TRUE_COUNTS) {
    const next = new Map<string, number>();
    for (const [before, chance] of all) {
      const threshold = before.endsWith("busy") ? BELOW : FROM;
      const busy = laplaceAtLeast(1, threshold - count);
      const path = before === "" ? "" : `${before} `;
      next.set(`${path}busy`, chance * busy);
      next.set(`${path}free`, chance * (1 - busy));
    }
    all = next;
  }
  return all;
}

/** The levels of numbers by the words of the contract: reached at FROM, left below BELOW. */
function levelsOf(numbers: readonly number[]): string[] {
  let level = "free";
  return numbers.map((number) => {
    level = number >= (level === "busy" ? BELOW : FROM) ? "busy" : "free";
    return level;
  });
}

/** In how many windows the level is not the one that the published numbers give. */
function contradictions(responses: readonly (readonly Seen[])[]): number {
  return responses.flatMap((response) => {
    const right = levelsOf(response.map(({ published }) => published));
    return response.filter(({ level }, at) => level !== right[at]);
  }).length;
}

describe("a crowd level", () => {
  it("P11 answers a step as the noised count does, and never otherwise than the published number", async () => {
    const responses = await stepResponses(RUNS);
    const { p } = outcomeFit(responses.map(pattern), chances());
    expect(p).toBeGreaterThan(ALPHA);
    expect(contradictions(responses)).toBe(0);
    const moved = responses.filter(
      (response) => response[1]?.level === "free" && response[2]?.level === "busy",
    );
    evidence(
      "P11",
      `${responses.length} levels over ${TRUE_COUNTS.length} windows whose true counts step over a threshold and back: the patterns of levels are those of noised counts, p = ${pText(p)}; ${moved.length} of them moved with the step; none contradicts the published number`,
    );

    // The power of the two checks: mistakes that a gateway could make.
    const exact = responses.map(() => levelsOf(TRUE_COUNTS).join(" "));
    const fromExact = outcomeFit(exact, chances()).p;
    expect(fromExact).toBeLessThan(ALPHA);
    const half = responses.map((response, at) => (at % 2 === 0 ? pattern(response) : (exact[at] ?? "")));
    const halfExact = outcomeFit(half, chances()).p;
    expect(halfExact).toBeLessThan(ALPHA);
    // A second draw has the right distribution, and tells more: it contradicts the number.
    const second = responses.map((response, at) =>
      response.map(({ published }, window) => ({
        published,
        level: responses[(at + 1) % responses.length]?.[window]?.level ?? null,
      })),
    );
    expect(contradictions(second)).toBeGreaterThan(responses.length / 10);
    evidence(
      "P11",
      `Refused as they must be: levels from the exact count (p ${pText(fromExact)}), from it in every second case (p ${pText(halfExact)}), and from noise drawn a second time (contradicts the published number in ${contradictions(second)} windows)`,
    );
  });
});
