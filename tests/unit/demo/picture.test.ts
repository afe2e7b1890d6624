import { describe, expect, it } from "vitest";
import { bars } from "../../../src/demo/picture/bars.ts";
import { picture } from "../../../src/demo/picture/picture.ts";
import type { OpenedRecord } from "../../../src/demo/story.ts";
import type { View } from "../../../src/demo/view.ts";
import { lastLines, recordLine } from "../../../src/demo/words.ts";

const T = Date.parse("2026-07-18T12:00:05Z");

function flow(
  sensor: string,
  endMs: number,
  published: [number, number],
  truth: [number, number],
): OpenedRecord {
  const both = ([one, two]: [number, number]) => ({ in: one, out: two });
  return { sensor, kind: "flow", seconds: 5, endMs, published: both(published), truth: both(truth) };
}

const terrace: OpenedRecord = {
  sensor: "terrace",
  kind: "occupancy",
  seconds: 10,
  endMs: T + 5_000,
  published: { present: 131 },
  truth: { present: 124 },
};
const silent: OpenedRecord = { ...terrace, published: null, truth: null };
const records = [
  flow("gate", T + 5_000, [7, -1], [6, 0]),
  flow("turnstile", T + 5_000, [-2, 1], [0, 0]),
  terrace,
  flow("gate", T, [0, 0], [1, 1]),
];

const view: View = {
  saying: "Every 5 s: count, add noise, seal, deliver. First opened after 12.3 s.",
  elapsedSeconds: 83.4,
  sensors: ["gate", "turnstile", "promenade-cam", "terrace"].map((id) => ({
    id,
    port: "/dev/pts/12",
    link: "up",
    sends: "running totals",
    line: '{"in":1,"out":0}',
    status: null,
    askedEverySeconds: null,
    sums: null,
    present: null,
  })),
  sealedBytes: 3_599,
  outbox: { waiting: 0, proven: 1_440 },
  brokerMessages: 2_900,
  messages: { sealed: 1_440, opened: 1_440 },
  totals: {
    passages: { truth: 17_100, published: 16_950, values: 8_400, expectedSd: 124.4 },
    records: 5_600,
  },
  records,
  logFile: "/tmp/telpost-demo-abcdef/telpost.log",
};

const sizes = [
  { columns: 80, rows: 24 },
  { columns: 120, rows: 40 },
  { columns: 200, rows: 60 },
  { columns: 40, rows: 10 },
  { columns: 1, rows: 1 },
];

function texts(columns: number, rows: number, of: View = view): string[] {
  return picture(of, { columns, rows }).map(({ text }) => text);
}

describe("the picture", () => {
  it.each(sizes)("fills $columns x $rows exactly", ({ columns, rows }) => {
    const lines = texts(columns, rows);
    expect(lines).toHaveLength(rows);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
  });

  it("cuts nothing off at 80 x 24", () => {
    const [narrow, wide] = [texts(80, 24), texts(300, 24)];
    // The first line and the charts take what width there is.
    expect(narrow.slice(1, -4)).toEqual(wide.slice(1, -4));
    expect(narrow[0]).toContain("Ctrl-C");
  });

  it("shows every part of the way at 80 x 24", () => {
    const lines = texts(80, 24);
    const all = lines.join("\n");
    expect(all).toContain("this is a simulation");
    expect(all).toContain("SEALED 3599 B > OUTBOX 0 waiting, 1440 proven > BROKER 2900 > CITY 1440, 0 lost");
    expect(all).toContain("/tmp/telpost-demo-abcdef/telpost.log");
    expect(lines[4]).toMatch(/^gate +\/dev\/pts\/12 +up +running totals \{"in":1,"out":0\}/);
  });

  it("shows each window newest first, with the truth, what was published, and the noise", () => {
    const lines = texts(80, 24);
    const from = lines.findIndex((line) => line.startsWith("ENDS UTC"));
    const table = lines.slice(from + 1, from + 5).map((line) => line.split(/ +/).join(" "));
    expect(table).toEqual([
      "12:00:10 gate flow 6 0 7 -1 +1 -1",
      "12:00:10 turnstile flow 0 0 -2 1 -2 +1",
      "12:00:10 terrace occupancy 124 131 +7 ",
      "12:00:05 gate flow 1 1 0 0 -1 -1",
    ]);
  });

  it("shows a window without a value as not measured", () => {
    expect(texts(80, 24, { ...view, records: [silent] }).join("\n")).toContain("not measured");
  });

  it("draws a chart for each output, the newest window at the right, with its sum", () => {
    const lines = texts(80, 24).slice(-4);
    expect(lines[0]).toMatch(/^gate +·█ +6$/);
    expect(lines[1]).toMatch(/^turnstile +- +-1$/);
    expect(lines[2]).toMatch(/^promenade +$/);
    expect(lines[3]).toMatch(/^terrace +██ +131$/);
  });

  it("says what is unknown before the processes answer", () => {
    const sensors = view.sensors.map((sensor) => ({ ...sensor, link: null }));
    const lines = texts(80, 24, { ...view, sensors, sealedBytes: null, outbox: null, records: [] });
    expect(lines.join("\n")).toContain("SEALED - > OUTBOX - >");
    expect(lines[4]).toMatch(/^gate +\/dev\/pts\/12 +- /);
  });
});

describe("bars", () => {
  it("fill the height with the tallest value, and show a value below zero as such", () => {
    expect(bars([8, 4, 1, 0, -3, null], 1, 1)).toEqual(["█▄▁·- "]);
    expect(bars([8, 4, 6, -1], 2, 1)).toEqual(["█ ▄ ", "███-"]);
  });

  it("do not make a crowd of one person", () => {
    expect(bars([1], 1, 8)).toEqual(["▁"]);
  });
});

describe("the words", () => {
  it("give one record on one line", () => {
    expect(recordLine(flow("gate", T, [7, -1], [6, 0]))).toBe("12:00:05 gate in 7 (true 6) out -1 (true 0)");
    expect(recordLine(terrace)).toBe("12:00:10 terrace present 131 (true 124)");
    expect(recordLine(silent)).toBe("12:00:10 terrace not measured");
    expect(recordLine({ ...terrace, truth: null })).toBe("12:00:10 terrace present 131 (true unknown)");
  });

  it("sum up at the end, in lines of at most 80 characters", () => {
    const passages = { truth: 17_100, published: 16_950, values: 8_400, expectedSd: 124.4 };
    const lines = lastLines(
      7_201,
      { passages, records: 5_600 },
      { sealed: 1_440, opened: 1_439 },
      { lost: 1, waiting: 2 },
    );
    expect(lines.join("\n")).toContain("17100 true, 16950 published, a difference of -150.");
    expect(lines.join("\n")).toContain("1440 sealed, 1439 opened, 1 lost, 2 still waiting.");
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
  });
});
