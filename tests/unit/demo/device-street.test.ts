import { describe, expect, it } from "vitest";
import { DEVICE_SENSORS } from "../../../src/demo/device-sensors.ts";
import { isQuiet } from "../../../src/demo/ledger.ts";
import { devicesPicture, totalLines } from "../../../src/demo/picture/devices.ts";
import { SceneTruth } from "../../../src/demo/scene-truth.ts";
import { FLOW_SECONDS } from "../../../src/demo/site-files.ts";
import type { SensorView, View } from "../../../src/demo/view.ts";
import { walkersFor } from "../../../src/demo/walkers.ts";
import { SIMULATORS } from "../../../src/simulators/catalog.ts";
import { passagesOf, peopleAt } from "../../../src/simulators/scene.ts";
import { deviceFolders, deviceProfile } from "../../kit/devices.ts";

const BEGIN_MS = 3_600_000;
const MINUTES_MS = 600_000;
const scene = walkersFor(51, BEGIN_MS, MINUTES_MS);
const passages = passagesOf(scene, 2);

describe("the people of the devices", () => {
  it("come in every demo the same, and have gone when their time is over", () => {
    expect(walkersFor(51, BEGIN_MS, MINUTES_MS)).toEqual(scene);
    expect(passages.length).toBeGreaterThan(200);
    expect(passages.filter(({ way }) => way === "out").length).toBeGreaterThan(50);
    expect(Math.min(...scene.map(({ fromMs }) => fromMs))).toBeGreaterThanOrEqual(BEGIN_MS);
    expect(Math.max(...scene.map(({ untilMs }) => untilMs))).toBeLessThanOrEqual(BEGIN_MS + MINUTES_MS);
  });

  it("neither pass nor come nor go near the end of a window", () => {
    const moments = scene.flatMap(({ fromMs, untilMs }) => [fromMs, untilMs]);
    const near = [...passages.map(({ atMs }) => atMs), ...moments].filter((ms) => isQuiet(ms, FLOW_SECONDS));
    expect(near).toEqual([]);
  });

  it("stand one at a time in a beam, and never more than three in view, nor for less than a camera takes to see it", () => {
    const gaps = passages.slice(1).map(({ atMs }, at) => atMs - (passages[at]?.atMs ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(600);
    let since = { count: 0, ms: BEGIN_MS };
    for (let ms = BEGIN_MS; ms < BEGIN_MS + MINUTES_MS; ms += 25) {
      const count = peopleAt(scene, ms).length;
      expect(count).toBeLessThanOrEqual(3);
      if (count < since.count) expect(ms - since.ms, `at ${ms}`).toBeGreaterThanOrEqual(400);
      if (count !== since.count) since = { count, ms };
    }
  });
});

describe("the truth of a scene", () => {
  const sees = new Map(Object.entries(DEVICE_SENSORS).map(([id, sensor]) => [id, sensor.sees]));
  const wallMs = Date.parse("2026-07-18T12:00:00Z");
  const ends = Array.from({ length: MINUTES_MS / 5000 }, (_, at) => wallMs + (at + 1) * 5000);

  it("is not known before people walk", () => {
    expect(new SceneTruth(scene, sees).truth("icoms-tma-3b3", "flow", wallMs)).toBeNull();
  });

  it("holds every passage in one window, as each device tells it", () => {
    const truth = new SceneTruth(scene, sees);
    truth.begin(wallMs, BEGIN_MS);
    const sum = (id: string) => {
      const flows = ends.map((endMs) => truth.truth(id, "flow", endMs));
      const of = (way: "in" | "out") =>
        flows.reduce((total, flow) => total + (flow && "in" in flow ? flow[way] : 0), 0);
      return [of("in"), of("out")];
    };
    const inward = passages.filter(({ way }) => way === "in").length;
    const outward = passages.length - inward;
    expect(sum("icoms-tma-3b3")).toEqual([inward, outward]);
    expect(sum("benewake-tfmini")).toEqual([passages.length, 0]);
    expect(sum("omnipresense-ops243")).toEqual([outward, 0]);
    const [first] = passages;
    expect(sum("terabee-people-counter")).toEqual(
      first?.way === "in" ? [inward - 1, outward] : [inward, outward - 1],
    );
  });

  it("has the most who were in view at once, as far as a device can tell it", () => {
    const truth = new SceneTruth(scene, sees);
    truth.begin(wallMs, BEGIN_MS);
    const most = ends.map((endMs) => truth.truth("sscma-camera", "occupancy", endMs));
    expect(most).toContainEqual({ present: 3 });
    for (const [at, value] of most.entries()) {
      const toMs = BEGIN_MS + (at + 1) * 5000;
      const seen = Array.from({ length: 200 }, (_, step) => peopleAt(scene, toMs - step * 50).length);
      expect(value).toEqual({ present: Math.max(...seen) });
      expect(truth.truth("dfrobot-c4001", "occupancy", ends[at] ?? 0)).toEqual({
        present: Math.min(1, Math.max(...seen)),
      });
    }
  });
});

describe("the devices of the demo", () => {
  const sensors: SensorView[] = Object.entries(DEVICE_SENSORS).map(([id, { askedEverySeconds }]) => ({
    id,
    port: `/tmp/telpost-demo-abcdef/devices/${id}/usb-simulated-main`,
    link: "fault",
    sends: "bytes",
    line: "00".repeat(24),
    status: deviceProfile(id).status,
    askedEverySeconds: askedEverySeconds ?? null,
    sums: { truth: { in: 1234, out: 987 }, published: { in: -1234, out: 1001 }, windows: 720 },
    present: {
      sensor: id,
      kind: "occupancy",
      seconds: 10,
      endMs: 0,
      published: { present: 100 },
      truth: { present: 3 },
    },
  }));
  const view: View = {
    saying: "Every 5 s: count, add noise, seal, deliver. First opened after 12.3 s.",
    elapsedSeconds: 3600,
    sensors,
    sealedBytes: 8606,
    outbox: { waiting: 0, proven: 720 },
    brokerMessages: 1500,
    messages: { sealed: 720, opened: 720 },
    totals: {
      passages: { truth: 17_100, published: 16_950, values: 8400, expectedSd: 124.4 },
      records: 5600,
    },
    records: [],
    logFile: "/tmp/telpost-demo-abcdef/telpost.log",
  };

  it("are one for every serial profile that comes with the product, simulated each", () => {
    const serial = deviceFolders.filter((id) => deviceProfile(id).transport.kind === "serial");
    expect(Object.keys(DEVICE_SENSORS).sort()).toEqual(serial);
    expect(Object.keys(SIMULATORS).sort()).toEqual(serial);
  });

  it("are all shown at 80 x 24 with nothing cut off, proven or experimental", () => {
    const [narrow, wide] = [80, 300].map((columns) => devicesPicture(view, { columns, rows: 24 }));
    expect(narrow?.slice(1)).toEqual(wide?.slice(1));
    expect(narrow).toHaveLength(24);
    const texts = (narrow ?? []).map(({ text }) => text).join("\n");
    for (const { id, status } of sensors) expect(texts).toMatch(new RegExp(`^${id} .*${status}`, "m"));
    expect(texts).toContain("Log of the two processes");
    expect(texts).toContain("TRUE is shown only because this is a simulation");
  });

  it("are listed at the end, with a word about those that were not asked in time", () => {
    expect(totalLines(sensors, true)).toHaveLength(sensors.length + 1);
    expect(totalLines(sensors, false).at(-1)).toMatch(/^\* ended before/);
    expect(
      totalLines(
        sensors.map((sensor) => ({ ...sensor, status: null })),
        false,
      ),
    ).toEqual([]);
    for (const line of totalLines(sensors, false)) expect(line.length).toBeLessThanOrEqual(80);
  });
});
