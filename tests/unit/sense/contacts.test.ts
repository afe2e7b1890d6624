import { describe, expect, it } from "vitest";
import { SenseRig } from "../../kit/core.ts";
import { EXACT, replayConfig } from "../../kit/replayed.ts";

const GATE = "id: gate, profile: generic-jsonl, port: /dev/ttyUSB0";
const contact = (id: string, use: string, line: number) =>
  `  - { id: ${id}, use: ${use}, gpio: { chip: pinctrl-rp1, line: ${line} } }`;
const yaml = [
  replayConfig([GATE], EXACT),
  "contacts:",
  contact("cabinet", "door", 5),
  contact("float", "water", 6),
].join("\n");

const told = (rig: SenseRig) =>
  rig.core.events
    .unkept()
    .flatMap(({ event }) => (event.kind === "contact" ? [`${event.id} ${event.use} ${event.state}`] : []));
const conditions = (rig: SenseRig) =>
  rig.core.contacts.states().map(({ condition, code }) => code ?? condition);

describe("a contact of the cabinet", () => {
  it("is not known before its line is open, and says why it is not", () => {
    const rig = new SenseRig(yaml);
    expect(conditions(rig)).toEqual(["unknown", "unknown"]);
    rig.contacts.get("cabinet")?.fail("device.no_chip", rig.clock.monotonic());
    expect(rig.core.contacts.states()[0]).toEqual({
      ...{ id: "cabinet", use: "door", condition: "unknown" },
      code: "device.no_chip",
    });
    rig.contact("cabinet", 0);
    expect(conditions(rig)).toEqual(["ok", "unknown"]);
    expect(told(rig)).toEqual([]);
  });

  it("is told when it was open already at the start", () => {
    const rig = new SenseRig(yaml);
    rig.contact("cabinet", 1);
    expect(told(rig)).toEqual(["cabinet door raised"]);
    expect(conditions(rig)).toEqual(["contact.door", "unknown"]);
  });

  it("is told after a start when it is well, so that what was told before the start is over", async () => {
    const rig = new SenseRig(yaml);
    rig.contact("cabinet", 1);
    rig.kill();
    rig.start(yaml);
    rig.contact("cabinet", 0);
    await rig.advance(599_000);
    expect(told(rig)).toEqual([]);
    await rig.advance(3_600_000);
    expect(told(rig)).toEqual(["cabinet door cleared"]);
  });

  it("is told at once, and is over when it was quiet for ten minutes", async () => {
    const rig = new SenseRig(yaml);
    rig.contact("float", 0);
    rig.contact("float", 1);
    expect(told(rig)).toEqual(["float water raised"]);
    rig.contact("float", 0);
    await rig.advance(599_000);
    expect([told(rig).length, conditions(rig)[1]]).toEqual([1, "contact.water"]);
    await rig.advance(1_000);
    expect(told(rig)).toEqual(["float water raised", "float water cleared"]);
    expect(conditions(rig)[1]).toBe("ok");
  });

  it("cannot count people: a door that is used all day is told once", async () => {
    const rig = new SenseRig(yaml);
    rig.contact("cabinet", 0);
    for (let person = 0; person < 200; person++) {
      rig.contact("cabinet", 1);
      await rig.advance(2_000);
      rig.contact("cabinet", 0);
      await rig.advance(120_000);
    }
    expect(told(rig)).toEqual(["cabinet door raised"]);
  });

  it("stays as it was told while its line is away, and the quiet time begins anew", async () => {
    const rig = new SenseRig(yaml);
    rig.contact("cabinet", 1);
    rig.contact("cabinet", 0);
    await rig.advance(500_000);
    rig.contacts.get("cabinet")?.fail("device.gone", rig.clock.monotonic());
    await rig.advance(3_600_000);
    expect(conditions(rig)[0]).toBe("contact.door");
    rig.contact("cabinet", 0);
    await rig.advance(599_000);
    expect(told(rig)).toHaveLength(1);
    await rig.advance(1_000);
    expect(told(rig)).toEqual(["cabinet door raised", "cabinet door cleared"]);
  });

  it("changes nothing of what is counted: no record, no quality, no window", async () => {
    const rig = new SenseRig(yaml);
    rig.send("gate", '{"in":1}\n');
    rig.contact("cabinet", 1);
    await rig.advance(60_000);
    const [message] = await rig.opened();
    expect(message?.records).toMatchObject([{ sensor: "gate", quality: "ok", value: { in: 1, out: 0 } }]);
    expect(message?.records).toHaveLength(1);
  });

  it("leaves no timer behind when it is stopped", () => {
    const rig = new SenseRig(yaml);
    rig.contact("cabinet", 1);
    rig.contact("cabinet", 0);
    rig.core.pipeline.dispose();
    rig.core.contacts.stop();
    expect(rig.clock.nextDue()).toBeUndefined();
  });
});
