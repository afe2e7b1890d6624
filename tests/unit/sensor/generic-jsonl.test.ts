import { describe, expect, it } from "vitest";
import type { Form } from "../../../src/config/schema.ts";
import { decoder } from "../../../src/sense/sensor/generic-jsonl.ts";

const ALL: Form[] = ["passages", "totals", "present", "tracks"];

function read(text: string, forms: readonly Form[] = ALL) {
  const { start, decode } = decoder({ forms });
  const { readings, discarded } = decode(start, Buffer.from(text));
  return { readings, discarded };
}

const only = (reading: object) => ({ readings: [reading], discarded: [] });
const none = (...discarded: string[]) => ({ readings: [], discarded });

describe("generic-jsonl", () => {
  it("reads the four forms of the contract", () => {
    expect(read('{"in":1,"out":0}\n')).toEqual(only({ type: "passages", in: 1, out: 0 }));
    expect(read('{"inTotal":1504736,"outTotal":3682796}\n')).toEqual(
      only({ type: "totals", in: 1504736, out: 3682796 }),
    );
    expect(read('{"present":12}\n')).toEqual(only({ type: "present", present: 12 }));
    expect(read('{"tracks":[{"id":"a81f","x":1.2,"y":3.4}]}\n')).toEqual(
      only({ type: "tracks", points: [{ id: "a81f", x: 1.2, y: 3.4 }], whole: true }),
    );
  });

  it("takes a missing direction of passages as 0 and leaves a missing total out", () => {
    expect(read('{"out":3}\n')).toEqual(only({ type: "passages", in: 0, out: 3 }));
    expect(read('{"inTotal":7}\n')).toEqual(only({ type: "totals", in: 7 }));
  });

  it("reads several forms of one line and drops everything else", () => {
    const line = '{"mac":"aa:bb","in":2,"present":5,"image":{"jpeg":"QUJD"},"age":[31,44]}\n';
    expect(read(line)).toEqual({
      readings: [
        { type: "passages", in: 2, out: 0 },
        { type: "present", present: 5 },
      ],
      discarded: [],
    });
  });

  it("drops what else a track carries, and takes whole numbers as ids", () => {
    expect(read('{"tracks":[{"id":7,"x":-1,"y":0,"speed":1.4,"face":"f"}]}\n')).toEqual(
      only({ type: "tracks", points: [{ id: "7", x: -1, y: 0 }], whole: true }),
    );
  });

  it("reads an empty list of tracks: nobody is in view", () => {
    expect(read('{"tracks":[]}\n')).toEqual(only({ type: "tracks", points: [], whole: true }));
  });

  it("discards a line without any form that the sensor sends", () => {
    expect(read('{"present":3}\n', ["passages"])).toEqual(none("wrong_form"));
    expect(read('{"fps":25}\n')).toEqual(none("wrong_form"));
    expect(read("{}\n")).toEqual(none("wrong_form"));
    expect(read('{"in":1,"present":3}\n', ["present"])).toEqual(only({ type: "present", present: 3 }));
  });

  it("costs a broken form one discard and keeps the others", () => {
    expect(read('{"in":"1","present":4}\n')).toEqual({
      readings: [{ type: "present", present: 4 }],
      discarded: ["wrong_type"],
    });
    expect(read('{"tracks":[{"id":"a","x":1,"y":1},{"id":"b","x":"1","y":1}]}\n')).toEqual({
      readings: [{ type: "tracks", points: [{ id: "a", x: 1, y: 1 }], whole: true }],
      discarded: ["wrong_type"],
    });
  });

  it.each(['{"in":"1"}', '{"in":null}', '{"in":true}', '{"in":[1]}', '{"present":{}}', '{"inTotal":"5"}'])(
    "discards %s as the wrong type",
    (line) => expect(read(`${line}\n`)).toEqual(none("wrong_type")),
  );

  it.each([
    '{"in":-1}',
    '{"in":1.5}',
    '{"in":1e999}',
    '{"out":-1e999}',
    '{"in":10001}',
    '{"in":1,"out":10001}',
  ])("discards %s as out of range", (line) => expect(read(`${line}\n`)).toEqual(none("out_of_range")));

  it("keeps to the bounds of totals, presence and tracks", () => {
    expect(read('{"in":10000,"out":10000}\n').discarded).toEqual([]);
    expect(read(`{"inTotal":${2 ** 48}}\n`)).toEqual(only({ type: "totals", in: 2 ** 48 }));
    expect(read(`{"inTotal":1,"outTotal":${2 ** 48 + 1}}\n`)).toEqual(none("out_of_range"));
    expect(read('{"present":100000}\n').discarded).toEqual([]);
    expect(read('{"present":100001}\n')).toEqual(none("out_of_range"));
    expect(read(`{"tracks":[${"0,".repeat(256)}0]}\n`)).toEqual(none("out_of_range"));
    expect(read('{"tracks":{"id":"a"}}\n')).toEqual(none("wrong_type"));
  });

  it.each([
    ['{"id":"a","x":1000,"y":-1000}', null],
    ['{"id":"a","x":1000.1,"y":0}', "out_of_range"],
    ['{"id":"a","x":1e999,"y":0}', "out_of_range"],
    ['{"id":"","x":0,"y":0}', "out_of_range"],
    [`{"id":"${"i".repeat(64)}","x":0,"y":0}`, null],
    [`{"id":"${"i".repeat(65)}","x":0,"y":0}`, "out_of_range"],
    ['{"id":1.5,"x":0,"y":0}', "wrong_type"],
    ['{"id":1e300,"x":0,"y":0}', "wrong_type"],
    ['{"x":0,"y":0}', "wrong_type"],
    ['{"id":"a","x":0}', "wrong_type"],
    ["null", "wrong_type"],
    ["[1,2]", "wrong_type"],
  ])("judges the track %s", (point, why) => {
    const { readings, discarded } = read(`{"tracks":[${point}]}\n`);
    expect(discarded).toEqual(why === null ? [] : [why]);
    expect(readings).toMatchObject([{ type: "tracks", points: why === null ? [{}] : [] }]);
  });

  it.each(["nonsense", '{"in":1', '{"in":NaN}', '{"in":Infinity}', "{'in':1}", "“in”:1", '{"in":1}{"in":2}'])(
    "discards %s as not parsable",
    (line) => expect(read(`${line}\n`)).toEqual(none("not_parsable")),
  );

  it.each(["1", '"in"', "null", "[]", '[{"in":1}]'])("discards %s, which is not an object", (line) =>
    expect(read(`${line}\n`)).toEqual(none("wrong_type")),
  );

  it("refuses deep nesting before it parses, and is not misled by brackets in text", () => {
    const deep = (levels: number) => `{"a":${"[".repeat(levels)}${"]".repeat(levels)},"in":1}\n`;
    expect(read(deep(1900))).toEqual(none("not_parsable"));
    expect(read(deep(16))).toEqual(none("not_parsable"));
    expect(read(deep(15))).toEqual(only({ type: "passages", in: 1, out: 0 }));
    const good = [{ type: "passages", in: 1, out: 0 }];
    for (const [depth, why] of [
      [10_000, "not_parsable"],
      [40_000, "too_long"],
    ] as const) {
      expect(read(`${"[".repeat(depth)}\n{"in":1}\n`)).toEqual({ readings: good, discarded: [why] });
    }
    expect(read(`{"note":"\\"${"[{".repeat(40)}","in":1}\n`)).toEqual(
      only({ type: "passages", in: 1, out: 0 }),
    );
  });

  it("takes __proto__ as an ordinary key", () => {
    expect(read('{"__proto__":{"in":5}}\n')).toEqual(none("wrong_form"));
    expect(read('{"__proto__":{"in":5},"present":1}\n')).toEqual(only({ type: "present", present: 1 }));
    expect(({} as { in?: number }).in).toBeUndefined();
  });

  it("takes the last of duplicate keys, as RFC 8259 section 4 leaves it", () => {
    expect(read('{"in":1,"in":2}\n')).toEqual(only({ type: "passages", in: 2, out: 0 }));
  });

  it("tolerates a byte order mark, blank lines and blanks around the object", () => {
    expect(read('\uFEFF{"in":1}\r\n\r\n  \n {"in":2} \n').readings).toMatchObject([{ in: 1 }, { in: 2 }]);
    expect(read("\n \n\r\n")).toEqual(none());
  });

  it("reads -0 as 0", () => {
    expect(read('{"in":-0}\n')).toEqual(only({ type: "passages", in: 0, out: 0 }));
  });
});
