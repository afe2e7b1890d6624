import { describe, expect, it } from "vitest";
import { localTime } from "../../../src/city/mappings/local-time.ts";
import { type MappingName, mappingOf } from "../../../src/city/mappings/mapping.ts";
import { type RepublishedRecord, republishedRecord } from "../../../src/contract/record.ts";
import { leavesOf } from "../../../src/contract/values.ts";
import { CONTRACT, contractText } from "../../kit/contract.ts";

const records = contractText("mappings/records.ndjson")
  .trimEnd()
  .split("\n")
  .map((line) => republishedRecord.parse(JSON.parse(line)));

function mapped(name: MappingName, of: readonly RepublishedRecord[] = records): string[] {
  const { header, lines } = mappingOf(name, "Europe/Amsterdam");
  return [...(header === null ? [] : [header]), ...of.flatMap(lines)];
}

const objects = (name: MappingName) => mapped(name).map((line) => JSON.parse(line));
const leaves = records.flatMap(({ value }) => leavesOf(value).map(([, leaf]) => leaf));
const measured = leaves.filter((value) => value !== null);
const levels = measured.filter((value) => typeof value === "string");

describe("records become", () => {
  it.each<[MappingName, string]>([
    ["ngsi-ld", "ngsi-ld.ndjson"],
    ["sensorthings", "sensorthings.ndjson"],
    ["csv", "europe-amsterdam.csv"],
  ])("%s as the golden file %s says", async (name, file) => {
    await expect(`${mapped(name).join("\n")}\n`).toMatchFileSnapshot(`${CONTRACT}/mappings/${file}`);
  });
});

describe("NGSI-LD", () => {
  it("keeps what the schema of CrowdFlowObserved demands, and the signed number beside a clamped one", () => {
    const entities = objects("ngsi-ld");
    for (const { id, type, dateObserved, peopleCount, peopleCountSigned, occupancy, direction } of entities) {
      expect(id).toMatch(/^urn:ngsi-ld:CrowdFlowObserved:[a-z0-9:-]+$/);
      expect(type).toBe("CrowdFlowObserved");
      expect(dateObserved.value).toMatch(/^[\d-]+T[\d:]+Z\/[\d-]+T[\d:]+Z$/);
      // A fraction of time, and a direction of the city centre: not ours to give.
      expect([occupancy, direction]).toEqual([undefined, undefined]);
      if (!peopleCount) continue;
      expect(Number.isSafeInteger(peopleCount.value)).toBe(true);
      expect(peopleCount.value).toBe(Math.max(0, peopleCountSigned.value));
    }
    const signed = entities.map((one) => (one.peopleCountSigned ?? one.peoplePresentSigned)?.value);
    expect(signed.filter((value) => value !== undefined)).toEqual(
      measured.filter((value) => typeof value === "number"),
    );
    expect(entities.flatMap(({ crowdLevel }) => crowdLevel?.value ?? [])).toEqual(levels);
    expect(levels.length).toBeGreaterThan(0);
    expect(signed.filter((value) => value < 0).length).toBeGreaterThan(2);
    expect(JSON.stringify(entities)).not.toContain("null");
  });
});

describe("SensorThings", () => {
  it("has one Observation for each number that was measured, signed as it came", () => {
    expect(objects("sensorthings").map(({ result }) => result)).toEqual(measured);
  });
});

describe("CSV", () => {
  const rows = mapped("csv").map((line) => line.split(","));

  it("has the same cells in every row, which need no quotes", () => {
    expect(new Set(rows.map((cells) => cells.length))).toEqual(new Set([19]));
    expect(mapped("csv").join("")).not.toMatch(/["\s](?!catch_up|blvd-zuid-01)/);
  });

  it("never has one local time twice, though an hour comes twice in October and one is missing in March", () => {
    const flows = rows.filter(([, sensor]) => sensor === "blvd-noord-03");
    const ends = flows.map((cells) => cells[4]);
    expect(ends).toEqual([
      "2026-07-18T16:05:00+02:00",
      ...["2026-03-29T01:59:00+01:00", "2026-03-29T03:00:00+02:00", "2026-03-29T03:01:00+02:00"],
      ...["2026-10-25T02:59:00+02:00", "2026-10-25T02:00:00+01:00", "2026-10-25T02:01:00+01:00"],
      "2026-10-25T02:59:00+01:00",
    ]);
    for (const cells of rows.slice(1)) expect(Date.parse(cells[4] ?? "")).toBe(Date.parse(cells[5] ?? "-"));
  });
});

describe("local time", () => {
  it("names the same instant in every zone, whatever its offset", () => {
    const zones = ["Europe/Amsterdam", "UTC", "America/St_Johns", "Asia/Kathmandu", "Pacific/Kiritimati"];
    const instants = Array.from({ length: 400 }, (_, at) => Date.UTC(2026, 0, 1) + at * 79_200_000);
    for (const local of zones.map(localTime)) {
      expect(instants.filter((ms) => Date.parse(local(ms)) !== ms)).toEqual([]);
    }
    expect(localTime("UTC")(0)).toBe("1970-01-01T00:00:00+00:00");
  });

  it("says so when there is no such zone", () => {
    expect(() => localTime("Europe/Scheveningen")).toThrow(RangeError);
  });
});
