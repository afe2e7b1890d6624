import { expect, it } from "vitest";
import { NOON, SenseRig } from "../../kit/core.ts";
import { EXACT, replayConfig } from "../../kit/replayed.ts";

const GATES = [
  "id: north, profile: generic-jsonl, port: /dev/north",
  "id: south, profile: generic-jsonl, port: /dev/south",
];
const DERIVED = `totals:
  - { id: boulevard, kind: flow, of: [north, south], mirrored: [south] }
levels:
  - { id: crowd, of: boulevard, number: both, busy: { from: 10, below: 5 }, crowded: { from: 20, below: 15 }, critical: { from: 30, below: 25 } }
`;
const yaml = (privacy = EXACT) => `${replayConfig(GATES, privacy)}${DERIVED}`;

const told = async (rig: SenseRig) =>
  (await rig.opened()).flatMap(({ records }) =>
    records.filter(({ method }) => method === "derived").map(({ sensor, value }) => [sensor, value]),
  );

async function passing(rig: SenseRig, count: number): Promise<void> {
  rig.send("north", `{"in":${count}}\n`);
  rig.send("south", '{"in":2}\n');
  await rig.advance(60_000);
}

it("seals totals and levels in the message of their parts, in every window", async () => {
  const rig = new SenseRig(yaml());
  await passing(rig, 9);
  await passing(rig, 4);
  await passing(rig, 2);
  expect(await told(rig)).toEqual([
    ["boulevard", { in: 9, out: 2 }],
    ["crowd", { level: "busy" }],
    ["boulevard", { in: 4, out: 2 }],
    ["crowd", { level: "busy" }],
    ["boulevard", { in: 2, out: 2 }],
    ["crowd", { level: "free" }],
  ]);
  const [message] = await rig.opened();
  expect(message?.records.map(({ sensor }) => sensor)).toEqual(["north", "south", "boulevard", "crowd"]);
  expect(rig.core.events.unkept()).toEqual([]);
});

it("keeps a level over a death of the process, and over none but its own", async () => {
  const rig = new SenseRig(yaml());
  await passing(rig, 9);
  rig.kill();
  rig.start(yaml());
  await passing(rig, 4);
  expect((await told(rig)).at(-1)).toEqual(["crowd", { level: "busy" }]);
  rig.kill();
  rig.start(yaml().replace("below: 5", "below: 6"));
  await rig.advance(120_000);
  await passing(rig, 4);
  // Other thresholds, another level: it starts with the number of now.
  expect((await told(rig)).at(-1)).toEqual(["crowd", { level: "free" }]);
});

it("says null while a part is unplugged, and comes back to the number of then", async () => {
  const rig = new SenseRig(yaml());
  await passing(rig, 9);
  rig.lines.get("south")?.fail("device.gone", rig.clock.monotonic());
  await rig.advance(60_000);
  expect((await told(rig)).slice(-2)).toEqual([
    ["boulevard", { in: null, out: null }],
    ["crowd", { level: null }],
  ]);
});

it("keeps nothing but noised numbers in what a level remembers", async () => {
  const rig = new SenseRig(yaml("mechanism: discrete-laplace"), NOON);
  await passing(rig, 9_000);
  const { levels } = rig.crash.read() as { levels: unknown };
  expect(levels).toEqual([["crowd", { level: "critical", leaning: null }]]);
});

it("adds class by class, and judges a crowd by all classes together", async () => {
  const gates = GATES.map(
    (gate, at) => `${gate}, classes: [${at === 0 ? "person, bicycle" : "bicycle, person"}]`,
  );
  const rig = new SenseRig(`${replayConfig(gates, EXACT)}${DERIVED}`);
  rig.send("north", '{"in":3,"class":"person"}\n{"in":2,"class":"bicycle"}\n');
  rig.send("south", '{"in":4,"class":"person"}\n{"out":1,"class":"bicycle"}\n');
  await rig.advance(60_000);
  expect(await told(rig)).toEqual([
    ["boulevard", { bicycle: { in: 3, out: 0 }, person: { in: 3, out: 4 } }],
    ["crowd", { level: "busy" }],
  ]);
});
