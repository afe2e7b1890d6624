import { expect, it } from "vitest";
import { tiFrame } from "../../../src/simulators/ti-frames.ts";
import { SenseRig } from "../../kit/core.ts";
import { EXACT, replayConfig } from "../../kit/replayed.ts";

const LAST = `${EXACT}, occupancy: { windowSeconds: 60, stat: last }, override: "a test"`;
const yaml = (...sensors: string[]) => replayConfig(sensors, LAST);
const SQUARE = "{ id: near, corners: [[-2, 0], [2, 0], [2, 2], [-2, 2]] }";
const BEYOND = "{ id: far, corners: [[-2, 2], [2, 2], [2, 4], [-2, 4]] }";
const BEAMS = "id: door, profile: gpio-two-beam, gpio: { chip: pinctrl-rp1, a: 17, b: 27, debounceMs: 0 }";

/** Records of the newest window: id to value and seconds covered. */
async function newest(rig: SenseRig): Promise<Record<string, unknown[]>> {
  const records = (await rig.opened()).at(-1)?.records ?? [];
  return Object.fromEntries(
    records.map(({ sensor, kind, value, covered }) => [`${sensor} ${kind}`, [value, covered]]),
  );
}

it("counts people in zones, and nobody as nobody", async () => {
  const camera = `id: cam, profile: generic-jsonl, port: /dev/cam, sends: [tracks], zones: [${SQUARE}, ${BEYOND}]`;
  const rig = new SenseRig(yaml(camera));
  rig.send(
    "cam",
    '{"tracks":[{"id":1,"x":0,"y":1},{"id":2,"x":1,"y":1.9},{"id":3,"x":0,"y":3},{"id":4,"x":5,"y":1}]}\n',
  );
  await rig.advance(59_000);
  rig.send(
    "cam",
    '{"tracks":[{"id":1,"x":0,"y":1},{"id":2,"x":1,"y":1.9},{"id":3,"x":0,"y":3},{"id":4,"x":5,"y":1}]}\n',
  );
  await rig.advance(1000);
  expect(await newest(rig)).toMatchObject({
    "near occupancy": [{ present: 2 }, expect.any(Number)],
    "far occupancy": [{ present: 1 }, expect.any(Number)],
  });
  rig.send("cam", '{"tracks":[]}\n');
  await rig.advance(59_000);
  rig.send("cam", '{"tracks":[]}\n');
  await rig.advance(1000);
  expect(await newest(rig)).toMatchObject({ "near occupancy": [{ present: 0 }, expect.any(Number)] });
});

it("keeps somebody in a zone whose row came a moment ago, where a device sends one row a person", async () => {
  const csv = "profile: generic-csv, port: /dev/cam, sends: [tracks], columns: [id, x, y]";
  const rig = new SenseRig(yaml(`id: cam, ${csv}, zones: [${SQUARE}]`));
  await rig.advance(58_000);
  rig.send("cam", "1,0,1\n2,1,1\n");
  await rig.advance(1000);
  rig.send("cam", "1,0,1.1\n");
  await rig.advance(1000);
  expect(await newest(rig)).toMatchObject({ "near occupancy": [{ present: 2 }, expect.any(Number)] });
});

it("finds a zone empty again when nobody says a row any more", async () => {
  const csv = "profile: generic-csv, port: /dev/cam, sends: [tracks], columns: [id, x, y]";
  const rig = new SenseRig(yaml(`id: cam, ${csv}, zones: [${SQUARE}]`));
  rig.send("cam", "1,0,1\n");
  await rig.advance(60_000);
  await rig.advance(60_000);
  expect(await newest(rig)).toMatchObject({ "near occupancy": [{ present: 0 }, 60] });
});

it("gives how many are in view of a radar with tracks, unless that is not wanted", async () => {
  const radar = `id: radar, profile: ti-iwr6843, ports: { data: /dev/a, command: /dev/b }, zones: [${SQUARE}]`;
  for (const [present, records] of [
    ["true", ["near occupancy", "radar occupancy"]],
    ["false", ["near occupancy"]],
  ] as const) {
    const rig = new SenseRig(yaml(`${radar}, present: ${present}`));
    rig.lines.get("radar")?.open(0);
    rig.sendBytes("radar", tiFrame({ dialect: 40, number: 1, targets: [] }));
    await rig.advance(60_000);
    expect(Object.keys(await newest(rig)).sort()).toEqual(records);
  }
});

it("counts passages of two beams with their direction", async () => {
  const rig = new SenseRig(yaml(BEAMS));
  const walk = async (...edges: [string, 0 | 1][]) => {
    for (const [name, level] of edges) {
      rig.edge("door", name, level);
      await rig.advance(100);
    }
  };
  await walk(["a", 0], ["b", 0]);
  await walk(["a", 1], ["b", 1], ["a", 0], ["b", 0]);
  await walk(["a", 1], ["b", 1], ["a", 0], ["b", 0]);
  await walk(["b", 1], ["a", 1], ["b", 0], ["a", 0]);
  await rig.advance(60_000);
  expect(Object.values(await newest(rig))[0]).toEqual([{ in: 2, out: 1 }, 60]);
});

it("does not watch while a beam is blocked, and watches again when it is clear though nobody passes", async () => {
  const rig = new SenseRig(yaml(BEAMS));
  const covered = async () => {
    await rig.advance(60_000 - (rig.clock.realtime() % 60_000));
    return (await newest(rig))["door flow"]?.[1];
  };
  rig.edge("door", "a", 1);
  await covered();
  expect(await covered()).toBe(0);
  await rig.advance(20_000);
  rig.edge("door", "a", 0);
  expect(await covered()).toBe(40);
  expect(await covered()).toBe(60);
});

it("watches a distance beam by its frames, not by its passages", async () => {
  const frame = Uint8Array.from([0x59, 0x59, 0xf4, 0x01, 0x00, 0x02, 0, 0, 0]);
  frame[8] = frame.subarray(0, 8).reduce((sum, byte) => sum + byte, 0) & 0xff;
  const rig = new SenseRig(yaml("id: gate, profile: benewake-tfmini, port: /dev/gate, nearerThanMetres: 3"));
  for (let second = 0; second < 180; second += 0.5) {
    const silent = second >= 70 && second < 100;
    if (!silent) rig.sendBytes("gate", frame);
    await rig.advance(500);
  }
  const all = (await rig.opened()).map(({ records }) => [records[0]?.value, records[0]?.covered]);
  const nobody = { in: 0, out: 0 };
  expect(all).toEqual([
    [nobody, 60],
    // From the last frame before to the second one after: the first one shows that it is worth starting anew.
    [nobody, 29],
    [nobody, 60],
  ]);
});

it("says of an experimental profile that it is one, wherever the state of the sensor is told", () => {
  const gate = "id: gate, profile: terabee-people-counter, port: /dev/gate";
  const radar = "id: radar, profile: dfrobot-c4001, port: /dev/radar";
  const states = new SenseRig(yaml(gate, radar)).core.pipeline.states();
  expect(states.map(({ id, experimental }) => [id, experimental])).toEqual([
    ["gate", true],
    ["radar", undefined],
  ]);
});
