import { describe, expect, it } from "vitest";
import { parseConfig } from "../../../src/config/parse.ts";
import { engineFor } from "../../../src/sense/sensor/registry.ts";
import { configWith } from "../../kit/config.ts";
import { type Device, shippedProfiles } from "../../kit/devices.ts";
import { Bench, text } from "../../kit/talk.ts";

/** The engine of one sensor of telpost.yaml, with its line open. */
function bench(sensor: string, device?: Device): Bench {
  const parsed = parseConfig(
    configWith(`id: cam, port: /dev/a, ${sensor}`, 'override: "a test"'),
    shippedProfiles(),
  );
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const [only] = parsed.value.sensors;
  if (!only) throw new Error("no sensor");
  return new Bench(engineFor(only), device).open(500);
}

function read(sensor: string, ...lines: string[]): { readings: object[]; discarded: string[] } {
  const { readings, discarded } = bench(sensor).bytes(text(`${lines.join("\n")}\n`));
  return { readings, discarded };
}

const passages = (passagesIn: number, out: number, name?: string) => ({
  type: "passages",
  in: passagesIn,
  out,
  ...(name ? { class: name } : {}),
});

describe("a line of JSON says what it was", () => {
  const passing = "profile: generic-jsonl, classes: [person, bicycle]";
  const viewing = `${passing}, sends: [present]`;
  const walking = `${passing}, sends: [tracks], zones: [{ id: z, corners: [[0, 0], [1, 0], [0, 1]] }]`;
  const point = (name: unknown) => JSON.stringify({ tracks: [{ id: 1, x: 1, y: 2, class: name }] });

  it("of who passed", () => {
    expect(read(passing, '{"in":1,"class":"bicycle"}', '{"out":2,"class":"person"}')).toEqual({
      readings: [passages(1, 0, "bicycle"), passages(0, 2, "person")],
      discarded: [],
    });
  });

  it("of how many are in view, with 0 for a class that it does not name", () => {
    expect(read(viewing, '{"present":{"bicycle":3}}', '{"present":{}}')).toEqual({
      readings: [
        { type: "presentByClass", present: { person: 0, bicycle: 3 } },
        { type: "presentByClass", present: { person: 0, bicycle: 0 } },
      ],
      discarded: [],
    });
  });

  it("of each point", () => {
    expect(read(walking, point("person"))).toEqual({
      readings: [{ type: "tracks", points: [{ id: "1", x: 1, y: 2, class: "person" }], whole: true }],
      discarded: [],
    });
  });

  it("and what is of no class of the set is not counted, whatever it is called", () => {
    for (const name of ["car", "", "PERSON", "in", "__proto__", "constructor", 0, null, {}]) {
      expect(read(passing, JSON.stringify({ in: 5, class: name }))).toEqual({
        readings: [passages(0, 0)],
        discarded: ["unknown_class"],
      });
      expect(read(walking, point(name))).toEqual({
        readings: [{ type: "tracks", points: [], whole: true }],
        discarded: ["unknown_class"],
      });
    }
    expect(read(passing, '{"in":5}').discarded).toEqual(["unknown_class"]);
    for (const name of ["car", "__proto__", "constructor"])
      expect(read(viewing, `{"present":{"person":1,"${name}":4}}`)).toEqual({
        readings: [{ type: "presentByClass", present: { person: 1, bicycle: 0 } }],
        discarded: ["unknown_class"],
      });
  });

  it("or falls in other, where the set has it", () => {
    const other = (sensor: string) => sensor.replace("bicycle", "other");
    expect(read(other(passing), '{"in":5,"class":"car"}', '{"in":1}')).toEqual({
      readings: [passages(5, 0, "other"), passages(1, 0, "other")],
      discarded: [],
    });
    expect(read(other(viewing), '{"present":{"person":2,"car":4,"bus":1,"other":1}}')).toEqual({
      readings: [{ type: "presentByClass", present: { person: 2, other: 6 } }],
      discarded: [],
    });
    expect(read(other(walking), point("car")).readings).toMatchObject([{ points: [{ class: "other" }] }]);
  });

  it("and no other name leaves the decoder (P1)", () => {
    const canary = "8f272eb80f65";
    for (const set of ["[person]", "[person, other]"]) {
      const sensor = (sends: string) => `profile: generic-jsonl, classes: ${set}, sends: [${sends}]`;
      const zone = ", zones: [{ id: z, corners: [[0, 0], [1, 0], [0, 1]] }]";
      const told = [
        read(sensor("passages"), `{"in":1,"class":"${canary}"}`),
        read(sensor("present"), `{"present":{"${canary}":1}}`),
        read(sensor("tracks") + zone, point(canary)),
      ];
      expect(JSON.stringify(told)).not.toContain(canary);
    }
  });

  it("refuses a number of everybody, and a broken number of one class", () => {
    for (const present of ["12", "[1]", "null", '"3"'])
      expect(read(viewing, `{"present":${present}}`)).toEqual({ readings: [], discarded: ["wrong_type"] });
    for (const [value, why] of [
      ["-1", "out_of_range"],
      ["1.5", "out_of_range"],
      ["100001", "out_of_range"],
      ['"1"', "wrong_type"],
    ] as const)
      expect(read(viewing, `{"present":{"person":1,"bicycle":${value}}}`)).toEqual({
        readings: [],
        discarded: [why],
      });
    expect(read(viewing.replace("bicycle", "other"), '{"present":{"a":100000,"b":1}}').discarded).toEqual([
      "out_of_range",
    ]);
    expect(read(passing, '{"in":-1,"class":"person"}')).toEqual({
      readings: [],
      discarded: ["out_of_range"],
    });
  });

  it("and says nothing of it without a set", () => {
    expect(read("profile: generic-jsonl", '{"in":1,"class":"bicycle"}').readings).toEqual([passages(1, 0)]);
    expect(read("profile: generic-jsonl, sends: [present]", '{"present":{"person":1}}').discarded).toEqual([
      "wrong_type",
    ]);
  });
});

describe("a row says what it was", () => {
  it("in a column of passages and of points", () => {
    const sensor = "profile: generic-csv, classes: [person, bicycle]";
    expect(read(`${sensor}, columns: [in, class]`, "2,bicycle", "1,car", "1,")).toEqual({
      readings: [passages(2, 0, "bicycle"), passages(0, 0), passages(0, 0)],
      discarded: ["unknown_class", "unknown_class"],
    });
    const tracks = `${sensor}, sends: [tracks], zones: [{ id: z, corners: [[0, 0], [1, 0], [0, 1]] }]`;
    expect(read(tracks, "id,x,y,class", "a,1,2,person").readings).toEqual([
      { type: "tracks", points: [{ id: "a", x: 1, y: 2, class: "person" }], whole: false },
    ]);
  });
});

describe("an SSCMA camera tells boxes apart", () => {
  const reply: Device = (heard) => {
    const name = /^AT\+([A-Z]+)/.exec(Buffer.from(heard).toString("latin1"))?.[1];
    return text(`\r{"type": 0, "name": "${name}", "code": 0, "data": {}}\n`);
  };
  const box = (number: number, score = 80) => [1, 1, 1, 1, score, number];
  const seen = (set: string, ...boxes: number[][]) => {
    const event = { type: 1, name: "INVOKE", code: 0, data: { boxes } };
    const { readings, discarded } = bench(`profile: sscma-camera${set}`, reply).bytes(
      text(`\r${JSON.stringify(event)}\n`),
    );
    return [...readings, ...discarded];
  };

  it("by the numbers of its model, always all of the set", () => {
    const set = ", classes: [person, bicycle, truck]";
    expect(seen(set, box(0), box(1), box(1), box(1, 59), box(2), box(56))).toEqual([
      { type: "presentByClass", present: { person: 1, bicycle: 2, truck: 0 } },
    ]);
    expect(seen(set)).toEqual([{ type: "presentByClass", present: { person: 0, bicycle: 0, truck: 0 } }]);
  });

  it("with everything else in other", () => {
    expect(seen(", classes: [person, other]", box(0), box(1), box(56))).toEqual([
      { type: "presentByClass", present: { person: 1, other: 2 } },
    ]);
  });

  it("and counts the persons alone where no classes are asked for", () => {
    expect(seen("", box(0), box(0), box(1), box(56))).toEqual([{ type: "present", present: 2 }]);
  });
});
