import { describe, expect, it } from "vitest";
import { configSchema } from "../../../src/config/schema.ts";
import { readerFor } from "../../../src/sense/sensor/registry.ts";

function sensor(own: object) {
  const config = configSchema.parse({
    gateway: { tenant: "t", site: "s", id: "g", key: "k" },
    city: { root: "r", keys: "k" },
    broker: { url: "mqtts://b:8883" },
    sensors: [{ id: "gate", port: "/dev/ttyUSB0", ...own }],
  });
  const [only] = config.sensors;
  if (!only || only.profile === "gpio-pulse") throw new Error("not a serial sensor");
  return only;
}

describe("the registry of sensor profiles", () => {
  it("reads what the configuration says the sensor sends, over any chunks", () => {
    const read = readerFor(sensor({ profile: "generic-jsonl", sends: ["present"] }));
    expect(read(Buffer.from('{"pres')).readings).toEqual([]);
    expect(read(Buffer.from('ent":3}\n')).readings).toEqual([{ type: "present", present: 3 }]);
    expect(read(Buffer.from('{"in":3}\n'))).toEqual({ readings: [], discarded: ["wrong_form"] });
  });

  it("gives generic-csv its columns", () => {
    const read = readerFor(sensor({ profile: "generic-csv", columns: ["-", "out", "in"] }));
    expect(read(Buffer.from("9,1,2\n")).readings).toEqual([{ type: "passages", in: 2, out: 1 }]);
  });

  it("keeps half a line of one opening away from the next", () => {
    const own = sensor({ profile: "generic-jsonl" });
    readerFor(own)(Buffer.from('{"in":1'));
    expect(readerFor(own)(Buffer.from('{"in":2}\n')).readings).toEqual([{ type: "passages", in: 2, out: 0 }]);
  });
});
