import { expect, test } from "vitest";
import { parseConfig } from "../../../src/config/parse.ts";
import { engineFor } from "../../../src/sense/sensor/registry.ts";
import { SenseRig } from "../../kit/core.ts";
import { shippedProfiles } from "../../kit/devices.ts";
import { EXACT, replayConfig } from "../../kit/replayed.ts";

const PULSE = "id: gate, profile: gpio-pulse, gpio: { chip: pinctrl-rp1, line: 17, debounceMs: 10 }";
const yaml = replayConfig([PULSE], `${EXACT}, override: "a test"`);

test("edges that were lost make the window partial and are told nowhere else", async () => {
  const rig = new SenseRig(yaml);
  const before = rig.core.pipeline.states();
  rig.lines.get("gate")?.feedLost(7, rig.clock.monotonic());
  expect(rig.core.pipeline.states()).toEqual(before);
  await rig.advance(120_000);
  const records = (await rig.opened()).map(({ records: [record] }) => [record?.quality, record?.flags]);
  expect(records[0]).toEqual(["partial", expect.arrayContaining(["edges_lost"])]);
  expect(records[1]?.[0]).toBe("ok");
  expect(rig.core.feeds[0]?.troubles.get("edges_lost")).toBe(7);
});

const BEAMS = "id: door, profile: gpio-two-beam, gpio: { chip: pinctrl-rp1, a: 17, b: 27, debounceMs: 5 }";

test.each([
  ["a beam", BEAMS, "door", { a: 1, b: 0 }, "a"],
  ["a line", PULSE, "gate", { pulse: 1 }, "pulse"],
] as const)(
  "%s that stays broken from its opening on is blocked, not an empty street",
  async (_, sensor, id, levels, name) => {
    const rig = new SenseRig(replayConfig([sensor], EXACT));
    const line = rig.lines.get(id);
    for (const round of [1, 2]) {
      line?.fail("device.gone", rig.clock.monotonic());
      line?.open(rig.clock.monotonic(), levels);
      await rig.advance(59_000);
      expect(rig.core.pipeline.states()[0]?.link, `opening ${round}`).toBe("up");
      await rig.advance(1_000);
      expect(rig.core.pipeline.states()[0]).toMatchObject({ link: "fault", code: "device.blocked" });
    }
    await rig.advance(180_000);
    const last = (await rig.opened()).at(-1)?.records[0];
    expect(last).toMatchObject({ quality: "not_measured", value: { in: null, out: null }, covered: 0 });
    rig.edge(id, name, 0);
    await rig.advance(60_000);
    expect(rig.core.pipeline.states()[0]).toMatchObject({ link: "up" });
    await rig.advance(60_000);
    expect((await rig.opened()).at(-1)?.records[0]).toMatchObject({
      quality: "ok",
      value: { in: 0, out: 0 },
    });
  },
);

test("a line that the kernel has debounced is not debounced again", () => {
  const parsed = parseConfig(yaml, shippedProfiles());
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const [sensor] = parsed.value.sensors;
  if (!sensor) throw new Error("no sensor");
  const passagesOf = (debounced: boolean) => {
    const engine = engineFor(sensor, debounced);
    engine.opened(0);
    const edges = [
      [0, 0],
      [1, 100],
      [0, 105],
    ] as const;
    const steps = edges.map(([level, atMs]) => engine.edge("pulse", level, atMs));
    return [...steps, engine.tick(1000)].flatMap(({ readings }) => readings).length;
  };
  expect([passagesOf(true), passagesOf(false)]).toEqual([1, 0]);
});
