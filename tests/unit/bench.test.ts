import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  cpuSecondsOf,
  parseCpuSeconds,
  parseDeviceBytes,
  parseField,
  parseSyncs,
  pssOf,
} from "../../bench/kit/proc.ts";
import { parseUnit } from "../../bench/kit/unit.ts";
import { type Figure, keepsBudget, ratios, spread } from "../../bench/report/figures.ts";
import { numberText, table } from "../../bench/report/table.ts";

const ROOT = join(import.meta.dirname, "../..");
const figure = (change: Partial<Figure>): Figure => {
  return { name: "rows", unit: "a second", limit: "bare", pairs: [{ telpost: 8, bare: 10 }], ...change };
};

describe("figures of the bench", () => {
  it("take the middle run, or the mean of the two in the middle", () => {
    expect(spread([30, 1, 2])).toEqual({ min: 1, median: 2, max: 30 });
    expect(spread([4, 1, 2, 30])).toEqual({ min: 1, median: 3, max: 30 });
    expect(() => spread([])).toThrow(RangeError);
  });

  it("compare pair by pair, so that a slow minute does not count against one side", () => {
    const pairs = [
      { telpost: 8, bare: 10 },
      { telpost: 80, bare: 100 },
    ];
    expect(ratios(pairs)).toEqual([0.8, 0.8]);
  });

  it("keep a budget up to its very limit, in both directions", () => {
    const least = { of: "ratio", is: "at least", limit: 0.8 } as const;
    const most = { of: "telpost", is: "at most", limit: 8 } as const;
    expect(keepsBudget(figure({}))).toBeUndefined();
    expect(keepsBudget(figure({ budget: least }))).toBe(true);
    expect(keepsBudget(figure({ budget: { ...least, limit: 0.81 } }))).toBe(false);
    expect(keepsBudget(figure({ budget: most }))).toBe(true);
    expect(keepsBudget(figure({ budget: { ...most, limit: 7.9 } }))).toBe(false);
  });

  it("stand in one table with the verdict", () => {
    const budget = { of: "ratio", is: "at least", limit: 0.9 } as const;
    const pairs = [
      { telpost: 1, bare: 2 },
      { telpost: 3000, bare: 4000 },
    ];
    const lines = table([figure({ budget }), figure({ pairs })]).split("\n");
    expect(new Set(lines.map((line) => line.length)).size).toBe(1);
    expect(lines[2]).toMatch(/^\| rows .*\| 8\.00 .*\| 0\.80 .*\| >= 0\.9 of the limit \| NOT MET \|$/);
    expect(lines[3]).toContain("| 1,501 (1.00 to 3,000) |");
  });

  it("show no ratio to a limit of nothing", () => {
    expect(table([figure({ pairs: [{ telpost: 0, bare: 0 }] })]).split("\n")[2]).toMatch(/\| bare +\| - +\|/);
  });

  it.each([
    [42_300.4, "42,300"],
    [31.94, "31.9"],
    [1.234, "1.23"],
    [0.01234, "0.012"],
    [0, "0.00"],
  ])("are written with the digits that count: %d", (value, text) => {
    expect(numberText(value)).toBe(text);
  });
});

describe("what the kernel says of a process", () => {
  it("is read behind a name with spaces and brackets", () => {
    const fields = Array.from({ length: 20 }, (_, index) => index + 3).join(" ");
    expect(parseCpuSeconds(`7 (a ) 9 (b) ${fields}`)).toBeCloseTo((14 + 15) / 100);
  });

  it("is found by its name at the start of a line", () => {
    expect(parseField("Rss:  9 kB\nPss:  280 kB\nPss_Anon:  1 kB\n", "Pss")).toBe(280);
    expect(parseField("cancelled_write_bytes: 1\nwrite_bytes: 4096\n", "write_bytes")).toBe(4096);
    expect(() => parseField("Rss: 9 kB", "Pss")).toThrow(RangeError);
  });

  it("is counted in sectors of 512 bytes for a device", () => {
    expect(parseDeviceBytes("  10 0 80 1 20 0 4096 7 0 8 9\n")).toBe(4096 * 512);
  });

  it("adds both kinds of fsync of a summary", () => {
    const row = (calls: number, name: string) => ` 50.00    0.001000          10 ${calls}           ${name}`;
    expect(parseSyncs([row(12, "fsync"), row(30, "fdatasync"), row(42, "total")].join("\n"))).toBe(42);
    expect(parseSyncs("")).toBe(0);
  });

  it("holds for this very process", () => {
    expect(pssOf(process.pid)).toBeGreaterThan(10);
    expect(cpuSecondsOf(process.pid)).toBeGreaterThan(0);
  });
});

describe("the settings of the units", () => {
  const unit = (name: string) =>
    parseUnit(readFileSync(join(ROOT, `systemd/telpost-${name}.service`), "utf8"));

  it("are what the packaged form is measured with, the same for both processes", () => {
    expect(unit("sense").flags).toContain("--jitless");
    expect(unit("sense").env.MALLOC_ARENA_MAX).toBe("1");
    expect(unit("forward")).toEqual(unit("sense"));
  });

  it("are missed when a unit starts something else", () => {
    expect(() => parseUnit("[Service]\nExecStart=/bin/true\n")).toThrow(RangeError);
  });
});
