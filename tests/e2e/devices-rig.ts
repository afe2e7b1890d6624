import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type PowerUp, powered, SIMULATORS, type SimulatedDevice } from "../../src/simulators/catalog.ts";
import { ebytePulse } from "../../src/simulators/ebyte-e8xx-pulse.ts";
import { dconCounter } from "../../src/simulators/icpdas-dcon-counter.ts";
import { modbusCounter } from "../../src/simulators/modbus-counter.ts";
import { PluggedDevice } from "../../src/simulators/plugged-device.ts";
import { countUntil, passagesOf, peopleAt, type Walker } from "../../src/simulators/scene.ts";
import { tiIwr6843 } from "../../src/simulators/ti-iwr6843.ts";
import type { SceneClock } from "../kit/scene-clock.ts";

/** Sixteen sensors of mixed kinds: all serial profiles, and the generic forms for the rest. */

export interface Counts {
  readonly in: number;
  readonly out: number;
}

export interface Kind {
  readonly id: string;
  readonly powerUp: PowerUp;
  /** Its keys in telpost.yaml beside id and port. */
  readonly yaml: string;
  /** The radar with two lines. */
  readonly twoPorts?: true;
  /** What it makes of people who pass: some see no direction, some count one only. None for a device that sees who is there. */
  readonly sees?: (truth: Counts) => Counts;
  /** How many people it says are there when two stand in its view. */
  readonly present?: number;
  /** People walk slowly and far from each other, because one beam cannot tell two. */
  readonly slow?: true;
  /** Its records have the id of its line. */
  readonly line?: true;
}

export const CHIRP = `sensorStop
flushCfg
dfeDataOutputMode 1
channelCfg 15 7 0
profileCfg 0 60.75 30.00 25.00 59.10 657930 0 54.71 1 96 2950 2 1 36
chirpCfg 0 0 0 0 0 0 0 1
frameCfg 0 2 48 0 55.00 1 0
sensorStart
`;

const both = (truth: Counts) => truth;
const radar = "lines: [{ id: ID-line, from: [-3, 2], to: [3, 2], in: left }]";

/** Every device counts those who pass y = 2, or who stand in front of it. */
export const KINDS: readonly Kind[] = [
  ...([40, 48] as const).map((dialect) => ({
    id: `ti-${dialect}`,
    powerUp: powered(tiIwr6843(dialect)),
    yaml: `profile: ti-iwr6843, chirp: ti.cfg, ${radar}`,
    twoPorts: true as const,
    sees: both,
    line: true as const,
  })),
  {
    id: "radar",
    powerUp: simulated("hilink-ld2450"),
    yaml: `profile: hilink-ld2450, ${radar}`,
    sees: both,
    line: true,
  },
  {
    id: "beam",
    powerUp: simulated("benewake-tfmini"),
    yaml: "profile: benewake-tfmini, nearerThanMetres: 3.2",
    sees: (truth) => ({ in: truth.in + truth.out, out: 0 }),
    slow: true,
  },
  {
    id: "ebyte",
    powerUp: powered(ebytePulse({ unit: 3 })),
    yaml: "profile: ebyte-e8xx-pulse, unit: 3, e831: true",
    sees: both,
  },
  {
    id: "modbus",
    powerUp: powered(
      modbusCounter({
        unit: 7,
        firstRegister: 100,
        readFunction: 4,
        lowWordFirst: true,
        totals: { in: 65_530, out: 131_065 },
      }),
    ),
    yaml: "profile: modbus-counter, unit: 7, firstRegister: 100, readFunction: 4, lowWordFirst: true",
    sees: both,
  },
  {
    id: "dcon",
    powerUp: powered(dconCounter({ unit: 42, checksum: true })),
    yaml: "profile: icpdas-dcon-counter, unit: 42, checksum: true",
    sees: both,
  },
  {
    id: "terabee",
    powerUp: simulated("terabee-people-counter"),
    yaml: "profile: terabee-people-counter",
    // The first person ever shows where counting begins.
    sees: (truth) => ({ in: truth.in - 1, out: truth.out }),
  },
  { id: "icoms", powerUp: simulated("icoms-tma-3b3"), yaml: "profile: icoms-tma-3b3", sees: both },
  {
    id: "doppler",
    powerUp: simulated("omnipresense-ops243"),
    yaml: "profile: omnipresense-ops243",
    // Who comes nearer.
    sees: (truth) => ({ in: truth.out, out: 0 }),
  },
  { id: "camera", powerUp: simulated("sscma-camera"), yaml: "profile: sscma-camera", present: 2 },
  { id: "presence", powerUp: simulated("dfrobot-c4001"), yaml: "profile: dfrobot-c4001", present: 1 },
  {
    id: "gate",
    powerUp: script(50, (scene, fromMs, untilMs) =>
      passagesOf(scene, 2)
        .filter(({ atMs }) => atMs > fromMs && atMs <= untilMs)
        .map(({ way }) => `{"${way}":1}\n`)
        .join(""),
    ),
    yaml: "profile: generic-jsonl, sends: [passages]",
    sees: both,
  },
  {
    id: "turnstile",
    powerUp: script(500, (scene, _, untilMs) => {
      const { in: entered, out: left } = countUntil(passagesOf(scene, 2), untilMs);
      return `${1000 + entered},${2000 + left}\n`;
    }),
    yaml: "profile: generic-csv, sends: [totals], columns: [inTotal, outTotal]",
    sees: both,
  },
  {
    id: "tracker",
    powerUp: script(100, (scene, _, untilMs) => {
      const tracks = peopleAt(scene, untilMs).map(({ person, x, y }) => ({ id: person, x, y }));
      return `${JSON.stringify({ tracks })}\n`;
    }),
    yaml: `profile: generic-jsonl, sends: [tracks], ${radar}`,
    sees: both,
    line: true,
  },
  {
    id: "terrace",
    powerUp: script(200, (scene, _, untilMs) => `{"present":${peopleAt(scene, untilMs).length}}\n`),
    yaml: "profile: generic-jsonl, sends: [present]",
    present: 2,
  },
];

function simulated(id: string): PowerUp {
  const powerUp = SIMULATORS[id];
  if (!powerUp) throw new Error(`nobody simulates ${id}`);
  return powerUp;
}

/** A script of one's own behind a serial line: says every so often what happened since. */
function script(
  everyMs: number,
  says: (scene: readonly Walker[], fromMs: number, untilMs: number) => string,
): PowerUp {
  return (scene, atMs) => {
    let toldMs = atMs;
    return {
      hear: () => [],
      tick(nowMs) {
        const bytes = Buffer.from(says(scene, toldMs, nowMs));
        toldMs = nowMs;
        return bytes.length > 0 ? [{ port: "main", bytes }] : [];
      },
      get dueMs() {
        return toldMs + everyMs;
      },
      reboot(nowMs) {
        toldMs = nowMs;
      },
    };
  };
}

/** One sensor of the test: its device behind terminals, and what is true about it. */
export class Sensor {
  readonly kind: Kind;
  readonly plugged: PluggedDevice;
  /** How often the device answered something. */
  answers = 0;
  readonly #scene: readonly Walker[];

  constructor(
    kind: Kind,
    scene: readonly Walker[],
    { clock, folder }: { clock: SceneClock; folder: string },
  ) {
    this.kind = kind;
    this.#scene = scene;
    const own = join(folder, kind.id);
    mkdirSync(own);
    const device = this.#counting(kind.powerUp(scene, clock.monotonic()));
    this.plugged = new PluggedDevice(device, {
      clock,
      folder: own,
      ports: kind.twoPorts ? ["main", "command"] : ["main"],
    });
  }

  get yaml(): string {
    const { id, yaml, twoPorts } = this.kind;
    const { plugged } = this;
    const place = twoPorts
      ? `ports: { data: ${plugged.path("main")}, command: ${plugged.path("command")} }`
      : `port: ${plugged.path()}`;
    return `id: ${id}, ${place}, ${yaml.replace("ID", id)}`;
  }

  /** The name of its records of passages. */
  get output(): string {
    return this.kind.line ? `${this.kind.id}-line` : this.kind.id;
  }

  /** What it should have counted up to a moment of the scene; with `since` only from there on. */
  truth(untilMs: number, sinceMs = 0): Counts {
    const passages = passagesOf(this.#scene, 2);
    const [before, after] = [countUntil(passages, sinceMs), countUntil(passages, untilMs)];
    const truth = { in: after.in - before.in, out: after.out - before.out };
    return this.kind.sees?.(truth) ?? { in: 0, out: 0 };
  }

  #counting(device: SimulatedDevice): SimulatedDevice {
    const sensor = this;
    return {
      hear(heard, atMs) {
        const said = device.hear(heard, atMs);
        if (said.length > 0) sensor.answers++;
        return said;
      },
      tick: (atMs) => device.tick(atMs),
      get dueMs() {
        return device.dueMs;
      },
      reboot: (atMs) => device.reboot(atMs),
    };
  }
}

/** When each of the scenes begins: so far apart that a test is done with whatever it does in between. */
export const SCENES_MS = [1e6, 2e6, 3e6] as const;
export const SCENE_MS = 6000;

/** People who walk straight past, a different number for each sensor; or two who stand there. */
function sceneOf(kind: Kind, number: number): Walker[] {
  return SCENES_MS.flatMap((startMs) => {
    if (kind.present) return [-0.5, 0.5].map((x) => standing(x, startMs));
    if (kind.slow) return [0, 1, 2].map((at) => walking(at, startMs + at * 1600, 4000));
    const people = 6 + (number % 5);
    return Array.from({ length: people }, (_, at) => walking(at, startMs + at * 500, 1400));
  });
}

/** Two of three come in; neighbours walk in lanes of their own. */
function walking(at: number, fromMs: number, takesMs: number): Walker {
  const x = (at % 3) - 1;
  const [low, high] = [[x, 1] as const, [x, 3] as const];
  const [from, to] = at % 3 === 2 ? [high, low] : [low, high];
  return { fromMs, untilMs: fromMs + takesMs, from, to };
}

function standing(x: number, startMs: number): Walker {
  return { fromMs: startMs, untilMs: startMs + SCENE_MS, from: [x, 1.5], to: [x, 1.5] };
}

/** All of them, plugged in, in a folder of their own. */
export class Boulevard {
  readonly sensors: readonly Sensor[];
  readonly #folder = mkdtempSync(join(tmpdir(), "telpost-devices-"));

  constructor(clock: SceneClock, kinds = KINDS) {
    const place = { clock, folder: this.#folder };
    this.sensors = kinds.map((kind, number) => new Sensor(kind, sceneOf(kind, number), place));
    for (const { plugged } of this.sensors) plugged.plug();
  }

  get(id: string): Sensor {
    const sensor = this.sensors.find(({ kind }) => kind.id === id);
    if (!sensor) throw new Error(`no sensor ${id}`);
    return sensor;
  }

  dispose(): void {
    for (const { plugged } of this.sensors) plugged.unplug();
    rmSync(this.#folder, { recursive: true });
  }
}
