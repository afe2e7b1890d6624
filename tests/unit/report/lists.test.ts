import { describe, expect, it } from "vitest";
import { MAX_PRIVACY_REPORT_CHARACTERS } from "../../../src/contract/privacy-report.ts";
import { LEAVES } from "../../../src/contract/topics.ts";
import { LOGS } from "../../../src/report/people.ts";
import { TABLES } from "../../../src/report/tables.ts";
import { topicsOf } from "../../../src/report/topics.ts";
import { read, sources } from "../../shape/tree.ts";

/** What runs on a gateway. */
const ON_THE_GATEWAY = /^src\/(base|sense|forward|handover|ops|keys|report)\//;

describe("the lists of the privacy report", () => {
  it("have every field that a line of the log is given anywhere on the gateway", () => {
    const names = sources
      .filter((path) => ON_THE_GATEWAY.test(path))
      .flatMap((path) => [...read(path).matchAll(/\b(?:log|logger)\.\w+\(\s*"[a-z_.]+",\s*\{([^{}]*)\}/g)])
      .flatMap(([, fields = ""]) => fields.split(","))
      .map((field) => /^\s*(\w+)\s*(?::|$)/.exec(field)?.[1])
      .filter((name) => name !== undefined);
    expect(names.length).toBeGreaterThan(40);
    expect([...new Set(names)].filter((name) => !LOGS.fields.includes(name))).toEqual([]);
  });

  it("have every table and column that the outbox creates", () => {
    const created = [
      ...read("src/forward/outbox/schema.ts").matchAll(/CREATE TABLE (\w+) \(([\s\S]*?)\n? *\) STRICT/g),
    ];
    expect(created.length).toBe(TABLES.length);
    for (const [, table, body = ""] of created) {
      const columns = [...body.matchAll(/(?:^|,)\s*([a-z_]+) (?:TEXT|INTEGER|BLOB)/g)].map(
        ([, name]) => name,
      );
      expect([table, TABLES.find(({ name }) => name === table)?.columns]).toEqual([table, columns]);
    }
  });

  it("have every topic, and every field of its messages down to the last", () => {
    const topics = topicsOf({ tenant: "a", site: "b", gateway: "c" });
    expect(topics.map(({ topic }) => topic)).toEqual(
      [...LEAVES, "cmd/+", "res/+", "res/doctor-test"].map((leaf) => `telpost/v1/a/b/c/${leaf}`),
    );
    const fields = (leaf: string) => topics.find(({ topic }) => topic.endsWith(leaf))?.fields;
    expect(fields("sealed")).toEqual(
      expect.arrayContaining(["records[].value.in", "privacy.occupancy.w", "records[].since"]),
    );
    expect(fields("event")).toEqual(
      expect.arrayContaining([
        "numbers.epoch",
        "windows[].from",
        "withinDays",
        "message.seq",
        "bytes",
        "record.bytes",
      ]),
    );
    expect(fields("privacy")).toEqual(
      expect.arrayContaining(["responsible.dpia", "topics[].fields", "walkTests"]),
    );
  });

  it("leave room in one frame of the handover", () => {
    expect(JSON.stringify({ TABLES, LOGS }).length * 4).toBeLessThan(MAX_PRIVACY_REPORT_CHARACTERS);
  });
});
