import { describe, expect, it } from "vitest";
import { configSchema } from "../../../src/config/schema.ts";
import { engineFor } from "../../../src/sense/sensor/registry.ts";

function sensor(own: object) {
  const config = configSchema.parse({
    gateway: { tenant: "t", site: "s", id: "g", key: "k" },
    city: { root: "r", keys: "k" },
    broker: { url: "mqtts://b:8883" },
    sensors: [{ id: "gate", port: "/dev/ttyUSB0", ...own }],
  });
  const [only] = config.sensors;
  if (!only) throw new Error("no sensor");
  return only;
}

/** What a fresh engine makes of chunks on its line. */
function reader(own: object) {
  const engine = engineFor(sensor(own));
  engine.opened(0);
  return (text: string) => engine.bytes("main", Buffer.from(text), 0);
}

describe("the registry of sensor profiles", () => {
  it("reads what the configuration says the sensor sends, over any chunks", () => {
    const read = reader({ profile: "generic-jsonl", sends: ["present"] });
    expect(read('{"pres').readings).toEqual([]);
    expect(read('ent":3}\n').readings).toEqual([{ type: "present", present: 3 }]);
    expect(read('{"in":3}\n')).toEqual({ readings: [], discarded: ["wrong_form"], send: [] });
  });

  it("gives generic-csv its columns", () => {
    const read = reader({ profile: "generic-csv", columns: ["-", "out", "in"] });
    expect(read("9,1,2\n").readings).toEqual([{ type: "passages", in: 2, out: 1 }]);
  });

  it("keeps half a line of one opening away from the next", () => {
    reader({ profile: "generic-jsonl" })('{"in":1');
    expect(reader({ profile: "generic-jsonl" })('{"in":2}\n').readings).toEqual([
      { type: "passages", in: 2, out: 0 },
    ]);
  });
});
