import { expect, it } from "vitest";
import { NOON, SenseRig } from "../../kit/core.ts";
import { EXACT, replayConfig } from "../../kit/replayed.ts";

const GATE = "id: gate, profile: generic-jsonl, port: /dev/gate";
const TURNSTILE = "id: turnstile, profile: generic-jsonl, port: /dev/turnstile, sends: [totals]";
const CAMERA = "id: camera, profile: generic-jsonl, port: /dev/camera, sends: [present]";
const yaml = (...sensors: string[]) => replayConfig(sensors, EXACT);

const values = async (rig: SenseRig) =>
  (await rig.opened()).flatMap(({ end, records }) =>
    records.map(({ value, covered }) => [end.slice(11, 19), value, covered]),
  );

it("turns a passage into a sealed window that the city opens", async () => {
  const rig = new SenseRig(yaml(GATE));
  rig.send("gate", '{"in":2}\n{"out":1}\n');
  await rig.advance(60_000);
  expect(await values(rig)).toEqual([["12:01:00", { in: 2, out: 1 }, 60]]);
});

it("goes on after a kill: same epoch, next number, the open window with what was counted", async () => {
  const rig = new SenseRig(yaml(GATE));
  rig.send("gate", '{"in":2}\n');
  await rig.advance(60_000);
  rig.send("gate", '{"in":3}\n');
  await rig.advance(20_000);
  const epoch = rig.core.epoch;
  rig.kill();
  rig.clock.advance(10_000);
  rig.start(yaml(GATE));
  expect([rig.core.notResumed, rig.core.epoch]).toEqual([undefined, epoch]);
  rig.send("gate", '{"in":1}\n');
  await rig.advance(30_000);
  expect(await values(rig)).toEqual([
    ["12:01:00", { in: 2, out: 0 }, 60],
    ["12:02:00", { in: 4, out: 0 }, 50],
  ]);
  expect((await rig.opened()).map(({ seq }) => seq)).toEqual([0, 1]);
});

it("seals a flow and an occupancy of one sensor, each with its own windows, also over a kill", async () => {
  const both = yaml("id: camera, profile: generic-jsonl, port: /dev/camera, sends: [passages, present]");
  const rig = new SenseRig(both);
  rig.send("camera", '{"in":2,"present":9}\n');
  await rig.advance(70_000);
  rig.send("camera", '{"in":3,"present":4}\n');
  rig.kill();
  rig.start(both);
  for (let minute = 2; minute <= 5; minute++) {
    rig.send("camera", '{"out":1,"present":5}\n');
    await rig.advance(60_000);
  }
  const sealed = (await rig.opened()).flatMap(({ end, records }) =>
    records.map(({ sensor, kind, value }) => [end.slice(11, 16), sensor, kind, value]),
  );
  expect(sealed).toEqual([
    ["12:01", "camera", "flow", { in: 2, out: 0 }],
    ["12:02", "camera", "flow", { in: 3, out: 1 }],
    ["12:03", "camera", "flow", { in: 0, out: 1 }],
    ["12:04", "camera", "flow", { in: 0, out: 1 }],
    ["12:05", "camera", "flow", { in: 0, out: 1 }],
    ["12:05", "camera", "occupancy", { present: 9 }],
  ]);
});

it("seals every class of a sensor in every window, also over a kill, and closes them short for another set", async () => {
  const classed = (set: string) =>
    replayConfig(
      [GATE, CAMERA].map((sensor) => `${sensor}, classes: [${set}]`),
      `${EXACT}, override: a test`,
    );
  const both = classed("person, bicycle");
  const rig = new SenseRig(both);
  rig.send("gate", '{"in":2,"class":"bicycle"}\n{"in":9,"class":"car"}\n{"in":9}\n');
  await rig.advance(70_000);
  rig.send("gate", '{"out":3,"class":"person"}\n');
  rig.kill();
  rig.start(both);
  rig.send("gate", '{"out":1,"class":"person"}\n');
  await rig.advance(60_000);
  rig.kill();
  // The order in which a set is written says nothing.
  rig.start(classed("bicycle, person"));
  expect(rig.core.events.unkept()).toEqual([]);
  rig.send("gate", '{"in":4,"class":"person"}\n');
  rig.kill();
  rig.start(classed("person, bicycle, car"));
  rig.send("gate", '{"in":7,"class":"car"}\n');
  await rig.advance(170_000);
  rig.send("gate", '{"in":5,"class":"car"}\n');
  await rig.advance(60_000);
  const nobody = { in: 0, out: 0 };
  const flows = (await values(rig)).filter(([, value]) => JSON.stringify(value).includes('"in"'));
  expect(flows).toEqual([
    ["12:01:00", { bicycle: { in: 2, out: 0 }, person: nobody }, 60],
    ["12:02:00", { bicycle: nobody, person: { in: 0, out: 4 } }, 60],
    ["12:03:00", { bicycle: nobody, person: { in: 4, out: 0 } }, 10],
    ["12:06:00", { bicycle: nobody, car: { in: 5, out: 0 }, person: nobody }, 60],
  ]);
});

it("counts each class where it crosses a line, and where it is in a zone", async () => {
  const view =
    "lines: [{ id: line, from: [-3, 2], to: [3, 2], in: left }], zones: [{ id: far, corners: [[-3, 2], [3, 2], [3, 9], [-3, 9]] }]";
  const camera = "id: walk, profile: generic-jsonl, port: /dev/walk, sends: [tracks]";
  const rig = new SenseRig(
    replayConfig(
      [`${camera}, classes: [person, bicycle], ${view}`],
      `${EXACT}, override: a test, occupancy: { windowSeconds: 60 }`,
    ),
  );
  const people = [
    { id: 1, from: 1, to: 3, class: "bicycle" },
    { id: 2, from: 1, to: 3, class: "person" },
    { id: 3, from: 3, to: 1, class: "person" },
    { id: 4, from: 4, to: 4, class: "person" },
  ];
  for (const place of ["from", "to"] as const) {
    const tracks = people.map((one) => ({ id: one.id, x: 0, y: one[place], class: one.class }));
    rig.send("walk", `${JSON.stringify({ tracks })}\n`);
    rig.clock.advance(500);
  }
  await rig.advance(59_000);
  expect((await values(rig)).map(([, value]) => value)).toEqual([
    { bicycle: { in: 1, out: 0 }, person: { in: 1, out: 1 } },
    { bicycle: { present: 1 }, person: { present: 2 } },
  ]);
});

it("declares the windows in which it was dead, and makes no record of them", async () => {
  const rig = new SenseRig(yaml(GATE));
  rig.send("gate", '{"in":2}\n');
  await rig.advance(30_000);
  rig.kill();
  rig.clock.advance(5 * 60_000);
  rig.start(yaml(GATE));
  expect(await values(rig)).toEqual([["12:01:00", { in: 2, out: 0 }, 30]]);
  expect(rig.core.events.unkept().map(({ event }) => event)).toEqual([
    {
      kind: "gap",
      reason: "stopped",
      windows: [
        { seconds: 60, fromMs: Date.parse("2026-06-01T12:01:00Z"), toMs: Date.parse("2026-06-01T12:05:00Z") },
      ],
    },
  ]);
});

it("starts a new epoch on another boot, whatever lies in the crash copy", async () => {
  const rig = new SenseRig(yaml(GATE));
  rig.send("gate", '{"in":2}\n');
  const epoch = rig.core.epoch;
  rig.kill();
  rig.bootId = "boot-2";
  rig.start(yaml(GATE));
  expect(rig.core.notResumed).toBe("other_boot");
  expect(rig.core.epoch).not.toBe(epoch);
});

it("discards a crash copy of another shape, and starts anew", () => {
  const rig = new SenseRig(yaml(GATE));
  rig.kill();
  rig.crash.save({ version: 99 });
  rig.start(yaml(GATE));
  expect(rig.core.notResumed).toBe("damaged");
});

it("never draws twice: a window sealed before the kill is offered again with the same bytes", async () => {
  const rig = new SenseRig(replayConfig([GATE], "mechanism: discrete-laplace"));
  rig.send("gate", '{"in":2}\n');
  await rig.advance(60_000);
  const before = rig.core.sealing.unkept().map(({ message }) => message.jws);
  rig.kill();
  rig.start(replayConfig([GATE], "mechanism: discrete-laplace"));
  expect(rig.core.sealing.unkept().map(({ message }) => message.jws)).toEqual(before);
  expect(before).toHaveLength(1);
});

it("closes the open window short when its settings changed, and counts on at the next boundary", async () => {
  const rig = new SenseRig(yaml(GATE));
  rig.send("gate", '{"in":2}\n');
  await rig.advance(15_000);
  rig.kill();
  rig.clock.advance(5_000);
  rig.start(yaml(GATE, CAMERA));
  rig.send("gate", '{"in":7}\n');
  await rig.advance(280_000);
  const flows = (await values(rig)).filter(([, value]) => "in" in (value as object));
  expect(flows.slice(0, 2)).toEqual([
    ["12:01:00", { in: 2, out: 0 }, 15],
    ["12:02:00", { in: 0, out: 0 }, 60],
  ]);
  expect(rig.core.events.unkept()[0]?.event).toMatchObject({ kind: "gap", reason: "config" });
});

it("counts a running total from the baseline that came back, into the window of the reading, flagged", async () => {
  const rig = new SenseRig(yaml(TURNSTILE));
  rig.kill();
  rig.crash.save(undefined);
  rig.start(yaml(TURNSTILE), { baselinesKnown: false });
  rig.send("turnstile", '{"inTotal":110}\n');
  rig.clock.advance(1_000);
  rig.send("turnstile", '{"inTotal":112}\n');
  const atMs = rig.clock.realtime() - 600_000;
  rig.core.pipeline.baselinesKnown(new Map([["turnstile/in", { total: 100, atMs }]]));
  await rig.advance(60_000);
  const [message] = await rig.opened();
  expect(message?.records[0]).toMatchObject({
    value: { in: 12, out: 0 },
    flags: ["catch_up"],
    since: new Date(atMs).toISOString().replace(".000", ""),
    quality: "partial",
  });
});

it("does not measure a running total while its baseline is unknown", async () => {
  const rig = new SenseRig(yaml(TURNSTILE));
  rig.kill();
  rig.crash.save(undefined);
  rig.start(yaml(TURNSTILE), { baselinesKnown: false });
  rig.send("turnstile", '{"inTotal":110}\n');
  await rig.advance(60_000);
  expect(await values(rig)).toEqual([["12:01:00", { in: null, out: null }, 0]]);
});

it("leaves the step of a running total to the next reading when the sensor is away as its baseline comes", async () => {
  const rig = new SenseRig(yaml(TURNSTILE));
  rig.kill();
  rig.crash.save(undefined);
  rig.start(yaml(TURNSTILE), { baselinesKnown: false });
  rig.send("turnstile", '{"inTotal":110}\n');
  rig.lines.get("turnstile")?.fail("device.gone", rig.clock.monotonic());
  const atMs = rig.clock.realtime() - 600_000;
  rig.core.pipeline.baselinesKnown(new Map([["turnstile/in", { total: 100, atMs }]]));
  await rig.advance(60_000);
  rig.lines.get("turnstile")?.open(rig.clock.monotonic());
  rig.send("turnstile", '{"inTotal":115}\n');
  await rig.advance(60_000);
  expect(await values(rig)).toEqual([
    ["12:01:00", { in: null, out: null }, 0],
    ["12:02:00", { in: 15, out: 0 }, 60],
  ]);
});

it("keeps closed windows until the clock is set, at most an hour, and then says so", async () => {
  const rig = new SenseRig(yaml(GATE), NOON, { synced: false });
  rig.core.startGap.heard([]);
  await rig.advance(10 * 60_000);
  expect([rig.core.sealing.waiting, rig.core.sealing.unkept().length]).toEqual([10, 0]);
  await rig.advance(51 * 60_000);
  const [first] = await rig.opened();
  expect(first?.records[0]?.flags).toEqual(["clock_unsynced"]);
  rig.synced = true;
  await rig.advance(60_000);
  expect((await rig.opened()).at(-1)?.records[0]?.flags).toBeUndefined();
});

it("fails closed without a usable city key: windows wait and are sealed when there is one", async () => {
  const rig = new SenseRig(yaml(GATE));
  rig.hasKey = false;
  rig.send("gate", '{"in":4}\n');
  await rig.advance(120_000);
  expect([rig.core.sealing.waiting, rig.core.sealing.unkept().length]).toEqual([2, 0]);
  rig.hasKey = true;
  expect(await values(rig)).toEqual([
    ["12:01:00", { in: 4, out: 0 }, 60],
    ["12:02:00", { in: 0, out: 0 }, 60],
  ]);
});

it("covers a camera up to its last frame, says null while it is silent, and measures again when it speaks", async () => {
  const rig = new SenseRig(yaml(CAMERA));
  const seeing = async (present: number) => {
    for (let frame = 0; frame < 10; frame++) {
      rig.send("camera", `{"present":${present}}\n`);
      await rig.advance(1_000);
    }
  };
  await seeing(5);
  await rig.advance(590_000);
  await seeing(6);
  await rig.advance(290_000);
  expect((await values(rig)).map(([, value, covered]) => [value, covered])).toEqual([
    [{ present: 5 }, 9],
    [{ present: null }, 0],
    [{ present: 6 }, 9],
  ]);
});

it("counts nothing that comes while the sensor is unplugged, and lowers what is covered", async () => {
  const rig = new SenseRig(yaml(GATE));
  rig.clock.advance(10_000);
  rig.lines.get("gate")?.fail("device.gone", rig.clock.monotonic());
  rig.send("gate", '{"in":4}\n');
  rig.clock.advance(20_000);
  rig.lines.get("gate")?.open(rig.clock.monotonic());
  await rig.advance(30_000);
  expect(await values(rig)).toEqual([["12:01:00", { in: 0, out: 0 }, 40]]);
});

it("declares a step of the wall clock, and goes on measuring by monotonic time", async () => {
  const rig = new SenseRig(yaml(GATE));
  await rig.advance(30_000);
  rig.clock.step(-3_600_000);
  await rig.advance(30_000);
  expect(await values(rig)).toEqual([]);
  expect(rig.core.events.unkept().map(({ event }) => event.kind)).toEqual(["clock_step"]);
  rig.clock.step(3_600_000);
  await rig.advance(1_000);
  expect((await values(rig))[0]?.slice(0, 2)).toEqual(["12:01:00", { in: 0, out: 0 }]);
});

it("closes a longer window that ended while it was dead, and starts the next one empty", async () => {
  const rig = new SenseRig(yaml(GATE, CAMERA));
  rig.send("camera", '{"present":77}\n');
  await rig.advance(1_000);
  rig.send("camera", '{"present":77}\n');
  await rig.advance(29_000);
  rig.kill();
  rig.clock.advance(5.5 * 60_000);
  rig.start(yaml(GATE, CAMERA));
  rig.send("camera", '{"present":1}\n');
  for (let second = 0; second < 240; second++) {
    await rig.advance(1_000);
    rig.send("camera", '{"present":1}\n');
  }
  const present = (await values(rig)).filter(([, value]) => "present" in (value as object));
  expect(present).toEqual([
    ["12:05:00", { present: 77 }, 30],
    ["12:10:00", { present: 1 }, 240],
  ]);
});

it("declares the time in which it was dead also when its settings changed", async () => {
  const rig = new SenseRig(yaml(GATE));
  await rig.advance(30_000);
  rig.kill();
  rig.clock.advance(60 * 60_000);
  rig.start(yaml(GATE, CAMERA));
  const gap = rig.core.events.unkept()[0]?.event;
  expect(gap).toMatchObject({ kind: "gap", reason: "config" });
  const windows = gap?.kind === "gap" ? (gap.windows ?? []) : [];
  expect(windows.find(({ seconds }) => seconds === 60)?.fromMs).toBe(Date.parse("2026-06-01T12:01:00Z"));
});

it("loses nothing when it is stopped while it seals", async () => {
  const rig = new SenseRig(yaml(GATE));
  rig.hasKey = false;
  await rig.advance(5 * 60_000);
  rig.hasKey = true;
  const sealing = rig.core.sealing.run();
  await rig.core.sealing.stop();
  await sealing;
  rig.kill();
  rig.start(yaml(GATE));
  expect((await rig.opened()).map(({ end }) => end.slice(11, 16))).toEqual([
    "12:01",
    "12:02",
    "12:03",
    "12:04",
    "12:05",
  ]);
});

it("holds windows only before the first sync of this boot; later it seals at once and says so", async () => {
  const rig = new SenseRig(yaml(GATE));
  await rig.advance(60_000);
  rig.synced = false;
  await rig.advance(120_000);
  expect(rig.core.sealing.waiting).toBe(0);
  expect((await rig.opened()).map(({ records }) => records[0]?.flags ?? [])).toEqual([
    [],
    ["clock_unsynced"],
    ["clock_unsynced"],
  ]);
});

it("flags a window that was labelled before the clock was set, also when it is sealed after", async () => {
  const rig = new SenseRig(yaml(GATE), 60_000, { synced: false });
  await rig.advance(60_000);
  rig.clock.step(NOON);
  rig.synced = true;
  await rig.advance(1_000);
  expect((await rig.opened())[0]?.records[0]?.flags).toContain("clock_unsynced");
});

it("declares every window that it had to drop, however many, in few events", async () => {
  const rig = new SenseRig(yaml(GATE));
  for (let minute = 0; minute < 2_300; minute++) await rig.advance(60_000);
  const unkept = rig.core.sealing.unkept().length;
  const declared = new Set<number>();
  for (const { event } of rig.core.events.unkept()) {
    if (event.kind !== "gap") continue;
    for (const [from, to] of event.numbers?.ranges ?? [])
      for (let seq = from; seq <= to; seq++) declared.add(seq);
  }
  expect([unkept, declared.size]).toEqual([2_000, 300]);
  expect(rig.core.events.unkept().length).toBeLessThanOrEqual(200);
});

it("does not show in its error bucket that a counter wrapped", async () => {
  const rig = new SenseRig(yaml(`${TURNSTILE}, bits: 8`));
  rig.send("turnstile", '{"inTotal":250}\n');
  rig.clock.advance(10_000);
  rig.send("turnstile", '{"inTotal":3}\n');
  expect(rig.core.pipeline.states()[0]?.errors).toBe("none");
  await rig.advance(50_000);
  expect((await values(rig))[0]?.[1]).toEqual({ in: 9, out: 0 });
});

it("takes a time in which the process stood still off once, however soon a sensor would be silent", async () => {
  const beating =
    "id: gate, profile: generic-jsonl, port: /dev/gate, liveness: frames, silentAfterSeconds: 5";
  const rig = new SenseRig(yaml(beating));
  const beat = async (times: number) => {
    for (let time = 0; time < times; time++) {
      rig.send("gate", '{"in":0}\n');
      await rig.advance(1_000);
    }
  };
  await beat(20);
  rig.clock.standStill(10_000);
  // Timers that are due come before what waits to be read.
  await rig.advance(0);
  await beat(30);
  expect(await values(rig)).toEqual([["12:01:00", { in: 0, out: 0 }, 50]]);
});

it("keeps what a window had counted before the first look at it, when it ends while sense is dead", async () => {
  const rig = new SenseRig(yaml(GATE, TURNSTILE));
  rig.send("gate", '{"in":0}\n');
  rig.send("turnstile", '{"inTotal":1000}\n');
  // Looks come once a second from the start on, so the last one is that at the window's end.
  await rig.advance(60_000);
  await rig.advance(300);
  rig.send("gate", '{"in":3}\n');
  rig.send("turnstile", '{"inTotal":1007}\n');
  rig.kill();
  rig.clock.advance(60_000);
  rig.start(yaml(GATE, TURNSTILE));
  rig.send("turnstile", '{"inTotal":1009}\n');
  await rig.advance(60_000);
  const of = (sensor: string) => async () =>
    (await rig.opened()).map(({ records }) => records.find((one) => one.sensor === sensor)?.value);
  expect(await of("gate")()).toEqual([0, 3, 0].map((count) => ({ in: count, out: 0 })));
  expect(await of("turnstile")()).toEqual([0, 7, 2].map((count) => ({ in: count, out: 0 })));
});
