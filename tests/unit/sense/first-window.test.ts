import { expect, it } from "vitest";
import { SenseRig } from "../../kit/core.ts";
import { EXACT, replayConfig } from "../../kit/replayed.ts";

const GATE = "id: gate, profile: generic-jsonl, port: /dev/gate";
const DOOR = "id: door, profile: generic-jsonl, port: /dev/door";

it("counts from the first moment of the first window after its settings changed", async () => {
  const rig = new SenseRig(replayConfig([GATE], EXACT));
  await rig.advance(15_000);
  rig.kill();
  rig.clock.advance(5_000);
  rig.start(replayConfig([GATE, DOOR], EXACT));
  await rig.advance(39_000);
  rig.send("door", '{"in":100}\n');
  await rig.advance(1_000);
  rig.send("door", '{"in":3}\n');
  await rig.advance(60_000);
  const [, first] = await rig.opened();
  expect(first?.records).toMatchObject([
    { sensor: "gate", value: { in: 0, out: 0 }, covered: 60, quality: "ok" },
    { sensor: "door", value: { in: 3, out: 0 }, covered: 60, quality: "ok" },
  ]);
});
