import { writeFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, beforeEach, expect, it } from "vitest";
import { SystemClock } from "../../src/base/clock.ts";
import { senseSocket } from "../../src/cli/places.ts";
import type { SensorState } from "../../src/model.ts";
import { askControl } from "../../src/ops/control.ts";
import { cut, diceOf, flip, insert, noise, sometimes } from "../../src/simulators/damage.ts";
import { deviceFolders, deviceProfile } from "../kit/devices.ts";
import { LiveGateway, type Printed } from "../kit/live-gateway.ts";
import { type Mosquitto, startPlainMosquitto } from "../kit/mosquitto.ts";
import { describeWith } from "../kit/programs.ts";
import { SceneClock } from "../kit/scene-clock.ts";
import { Boulevard, CHIRP, type Counts, KINDS, SCENE_MS, SCENES_MS, type Sensor } from "./devices-rig.ts";

const WINDOW_MS = 3000;
const PRIVACY =
  "profile: lab, mechanism: none, reason: test, flow: { windowSeconds: 3 }, occupancy: { windowSeconds: 3 }";
/** Only to end a test that would hang. */
const HANG_MS = 300_000;
const TEST_MS = 600_000;
/** A look at all records of all sensors, or at the status of sense, takes a millisecond. */
const LOOK_MS = 100;
const SEED = 20_260_718;

it("are one of every profile that a serial line can carry, and the generic forms", () => {
  const serial = deviceFolders.filter((id) => deviceProfile(id).transport.kind === "serial");
  expect(
    serial.filter(
      (id) => !KINDS.some(({ yaml }) => yaml.startsWith(`profile: ${id},`) || yaml === `profile: ${id}`),
    ),
  ).toEqual([]);
  expect(KINDS).toHaveLength(16);
});

describeWith(["mosquitto"], "sixteen sensors of mixed kinds on one gateway", () => {
  let broker: Mosquitto;
  let live: LiveGateway;
  let clock: SceneClock;
  let boulevard: Boulevard;

  beforeEach(async () => {
    broker = await startPlainMosquitto();
    live = new LiveGateway();
    clock = new SceneClock();
    boulevard = new Boulevard(clock);
    const url = `url: "mqtt://127.0.0.1:${broker.port}"`;
    const sensors = boulevard.sensors.map(({ yaml }) => yaml);
    await live.prepare({ broker: url, cityBroker: url, privacy: PRIVACY, sensors });
    writeFileSync(live.path("ti.cfg"), CHIRP);
    live.startReceive();
    live.startForward();
    live.startSense();
  });

  afterEach(async () => {
    await live.dispose();
    boulevard.dispose();
    await broker.stop();
  });

  it(
    "counts each exactly, also beside one that is pulled out, one without power and two with bad cables",
    async () => {
      const [gate, ebyte, ti] = [boulevard.get("gate"), boulevard.get("ebyte"), boulevard.get("ti-40")];
      const [modbus, icoms] = [boulevard.get("modbus"), boulevard.get("icoms")];
      const others = boulevard.sensors.filter((one) => one !== gate && one !== icoms && one !== modbus);
      await watched();

      await walk(0);
      await counted(boulevard.sensors, (sensor) => sensor.truth(clock.monotonic()));

      const dice = diceOf(SEED);
      const answered = ebyte.answers;
      gate.plugged.unplug();
      ebyte.plugged.reboot();
      ti.plugged.damage(() => new Uint8Array());
      modbus.plugged.damage(noise(dice));
      icoms.plugged.damage(sometimes(dice, 0.5, [flip(dice), cut(dice), insert(dice)]));
      await state("gate", ({ link, code = "" }) => link === "down" && /^device\.(gone|absent)$/.test(code));
      await state(
        "ti-40",
        ({ link, code = "" }) => link === "fault" && /^device\.(silent|no_answer)$/.test(code),
      );
      ti.plugged.reboot();
      ti.plugged.damage(null);
      await state("ti-40", ({ link, code }) => link === "up" && code === undefined);
      await state("modbus", ({ link, code }) => link === "fault" && code === "device.silent");
      // Once to find zeros, once more to believe them: who passes before that is lost with the power.
      await eventually(() => ebyte.answers >= answered + 2, "two polls of the ebyte");
      modbus.plugged.damage(sometimes(dice, 0.7, [flip(dice), cut(dice), insert(dice)]));

      await walk(1);
      await counted(others, (sensor) => sensor.truth(clock.monotonic()));
      const before = { gate: gate.truth(SCENES_MS[1]), icoms: icoms.truth(SCENES_MS[1]) };
      // Nobody who was not there, by a counter with a check sum.
      expect(above(live.sum("modbus"), modbus.truth(clock.monotonic()))).toEqual(false);
      expect(live.sum("gate")).toEqual(before.gate);
      expect(recordsOf("gate").map(({ quality }) => quality)).toContain("not_measured");
      // Without a check sum a turned bit can turn a direction, but a message is never two people.
      const duringDamage = minus(live.sum("icoms"), before.icoms);
      const passed = icoms.truth(clock.monotonic(), SCENES_MS[1]);
      expect(duringDamage.in + duringDamage.out).toBeLessThanOrEqual(passed.in + passed.out);
      expect(Math.min(duringDamage.in, duringDamage.out)).toBeGreaterThanOrEqual(0);

      gate.plugged.plug();
      modbus.plugged.damage(null);
      icoms.plugged.damage(null);
      await watched();
      const icomsSoFar = live.sum("icoms");
      await walk(2);
      const truth = (sensor: Sensor): Counts => {
        if (sensor === gate) return plus(before.gate, gate.truth(clock.monotonic(), SCENES_MS[2]));
        if (sensor === icoms) return plus(icomsSoFar, icoms.truth(clock.monotonic(), SCENES_MS[2]));
        return sensor.truth(clock.monotonic());
      };
      await counted(boulevard.sensors, truth);
      await windowLater();
      expect(wrongOf(boulevard.sensors, truth)).toEqual([]);
      for (const { kind } of boulevard.sensors) if (kind.present) saw(kind.id, kind.present);
      expect(live.receive?.printed.filter(({ type }) => type === "alarm")).toEqual([]);
    },
    TEST_MS,
  );

  /** Everybody walks through one scene; nobody walks behind it. */
  async function walk(number: 0 | 1 | 2): Promise<void> {
    clock.skipTo(SCENES_MS[number]);
    await eventually(() => clock.monotonic() >= SCENES_MS[number] + SCENE_MS, "the end of a scene");
  }

  /** The sums of the city become the truth. */
  async function counted(sensors: readonly Sensor[], truth: (sensor: Sensor) => Counts): Promise<void> {
    const wrong = () => wrongOf(sensors, truth);
    await eventually(
      () => wrong().length === 0,
      () => JSON.stringify(wrong()),
    );
  }

  function wrongOf(sensors: readonly Sensor[], truth: (sensor: Sensor) => Counts) {
    return sensors
      .filter(({ kind }) => kind.sees)
      .map((sensor) => ({ id: sensor.kind.id, is: live.sum(sensor.output), truth: truth(sensor) }))
      .filter(({ is, truth: { in: entered, out: left } }) => is.in !== entered || is.out !== left);
  }

  /** Each of them watches again: a record of a window that ends from now on says so. */
  async function watched(sensors: readonly Sensor[] = boulevard.sensors): Promise<void> {
    const nowMs = Date.now();
    await told(sensors, ({ covered, end = "" }) => Number(covered) > 0 && Date.parse(end) > nowMs);
  }

  /** A whole window from now on is told by each, and with it everything that was still on its way. */
  async function windowLater(): Promise<void> {
    const nowMs = Date.now();
    await told(boulevard.sensors, ({ end = "" }) => Date.parse(end) - WINDOW_MS >= nowMs);
  }

  async function told(sensors: readonly Sensor[], is: (record: Printed) => boolean): Promise<void> {
    const missing = () => {
      const records = (live.receive?.printed ?? []).filter((line) => line.type === "record" && is(line));
      const ids = new Set(records.map(({ sensor }) => sensor));
      return sensors.map(({ output }) => output).filter((output) => !ids.has(output));
    };
    await eventually(
      () => missing().length === 0,
      () => `no record of ${missing()}`,
    );
  }

  function recordsOf(id: string): Printed[] {
    return (live.receive?.printed ?? []).filter(({ type, sensor }) => type === "record" && sensor === id);
  }

  /** Two people stood there in each scene, and nobody in between. */
  function saw(id: string, present: number): void {
    const values = recordsOf(id)
      .filter(({ kind }) => kind === "occupancy")
      .map(({ value }) => (value as unknown as { present: number | null }).present);
    expect(new Set(values.filter((value) => value !== null)), id).toEqual(new Set([0, present]));
  }

  async function state(id: string, is: (state: SensorState) => boolean): Promise<void> {
    let seen: SensorState | undefined;
    const socket = senseSocket(live.places);
    await eventually(
      async () => {
        const { sensors } = (await askControl(socket, "status", {
          clock: new SystemClock(),
          timeoutMs: HANG_MS,
        })) as { sensors: SensorState[] };
        seen = sensors.find((sensor) => sensor.id === id);
        return seen !== undefined && is(seen);
      },
      () => JSON.stringify(seen),
    );
  }
});

async function eventually(
  condition: () => boolean | Promise<boolean>,
  what: string | (() => string),
): Promise<void> {
  for (let waited = 0; !(await condition()); waited += LOOK_MS) {
    if (waited >= HANG_MS) throw new Error(`never happened: ${typeof what === "string" ? what : what()}`);
    await wait(LOOK_MS);
  }
}

const plus = (one: Counts, other: Counts) => ({ in: one.in + other.in, out: one.out + other.out });
const minus = (one: Counts, other: Counts) => ({ in: one.in - other.in, out: one.out - other.out });
const above = (one: Counts, other: Counts) => one.in > other.in || one.out > other.out;
