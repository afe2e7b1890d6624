import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { SIMULATORS } from "../../../src/simulators/catalog.ts";
import { passagesOf, type Walker } from "../../../src/simulators/scene.ts";
import { Dice } from "../../kit/dice.ts";
import { atTheCity } from "../city.ts";
import { comesTrue, Outside } from "../outside.ts";
import { type Machine, USB_ADAPTER } from "../qemu.ts";
import type { Bench, Row, Scenario } from "../scenario.ts";
import { shareGuest, tell } from "../share.ts";
import { WiredDevice } from "../wired-device.ts";

const WINDOW_MS = 10_000;
const LIMIT_MS = 20 * 60_000;
const END_LIMIT_MS = 5 * 60_000;
const AWAY_MS = 15_000;
/** One a second. */
const PEOPLE = 20;
const BY_ID = `usb-QEMU_QEMU_USB_SERIAL_${USB_ADAPTER.serial}-if00-port0`;

/** A radar behind a USB adapter that is pulled out and put back, and a counter on a serial port of the board. */
export const usb: Scenario = {
  name: "usb",
  long: true,
  about: "counts by a USB adapter that is unplugged and plugged in again, and by a serial port",
  async run(bench) {
    const outside = await Outside.start(bench, {
      ack: "broker",
      privacy: { windowSeconds: WINDOW_MS / 1000 },
      sensors: [
        `id: radar, profile: icoms-tma-3b3, port: /dev/serial/by-id/${BY_ID}`,
        "id: counter, profile: modbus-counter, port: /dev/ttyS1, firstRegister: 0",
      ],
    });
    try {
      shareGuest(bench, "usb");
      const brokerPort = outside.broker.port;
      const machine = bench.start({
        time: "real",
        over: await bench.installed(),
        brokerPort,
        serial: "sockets",
      });
      const told = await new Unplugged(bench, outside).run(machine);
      tell(bench, "finish");
      const off = bench.ended(await machine.ends(LIMIT_MS));
      return [...rows(bench, outside, told), off];
    } finally {
      await outside.stop();
    }
  },
};

interface Told {
  /** People before the adapter was pulled out, and after it was back; all of them passed the counter as well. */
  readonly before: readonly Walker[];
  readonly after: readonly Walker[];
  /** When sense noticed, by the guest's clock. */
  readonly outMs: number;
  readonly backMs: number;
}

class Unplugged {
  readonly #bench: Bench;
  readonly #outside: Outside;
  readonly #dice: Dice;

  constructor(bench: Bench, outside: Outside) {
    this.#bench = bench;
    this.#outside = outside;
    this.#dice = new Dice(bench.seed);
  }

  async run(machine: Machine): Promise<Told> {
    const [radarAt, counterAt] = ["usb", "uart"].map((name) => join(this.#bench.scratch, name));
    if (!radarAt || !counterAt) throw new Error("unreachable");
    const [before, after] = [this.#people(), this.#people()];
    await this.#soon(() => this.#said("sensor.up").length > 0, "the radar is up");
    // The counter keeps its totals, whatever happens to the adapter. What it shows first is where counting begins.
    const counter = await WiredDevice.plug(counterAt, powerUp("modbus-counter"));
    await this.#soon(() => counter.heard > 1, "the counter is asked");
    let radar = await WiredDevice.plug(radarAt, powerUp("icoms-tma-3b3"));
    for (const device of [radar, counter]) device.people(before);
    await this.#counted(truthOf(before));
    radar.stop();
    const qmp = await machine.qmp();
    await qmp.execute("device_del", { id: USB_ADAPTER.id });
    await wait(AWAY_MS);
    await qmp.execute("device_add", USB_ADAPTER);
    qmp.close();
    tell(this.#bench, "replugged");
    await this.#soon(() => this.#said("sensor.up").length > 1, "the radar is up again");
    radar = await WiredDevice.plug(radarAt, powerUp("icoms-tma-3b3"));
    radar.people(after);
    await this.#counted(truthOf(before, after));
    await wait(2 * WINDOW_MS);
    radar.stop();
    counter.stop();
    const [outMs = 0] = this.#said("sensor.down");
    const [, backMs = 0] = this.#said("sensor.up");
    return { before, after, outMs, backMs };
  }

  /** Waits for what the city should have of the radar, or for long: the table tells. */
  async #counted(wanted: string): Promise<void> {
    await comesTrue(() => seenOf(this.#outside, "radar") === wanted, END_LIMIT_MS);
  }

  #people(): Walker[] {
    return Array.from({ length: PEOPLE }, (_, person) => {
      const [from, to] = this.#dice.below(3) === 0 ? ([3, 1] as const) : ([1, 3] as const);
      const fromMs = 1_000 + person * 1_000;
      return { fromMs, untilMs: fromMs + 600, from: [0, from], to: [0, to] };
    });
  }

  /** When sense said so of the radar, in ms by the guest's clock: "<seconds> <host> <name>: <JSON>". */
  #said(event: string): number[] {
    const lines = this.#bench.text("sense.log").split("\n");
    return lines
      .filter((line) => line.includes(event) && line.includes('"radar"'))
      .map((line) => Number.parseFloat(line) * 1000);
  }

  async #soon(condition: () => boolean, what: string): Promise<void> {
    if (!(await comesTrue(condition, LIMIT_MS))) throw new Error(`usb: it never happened that ${what}`);
  }
}

function powerUp(profile: string) {
  const known = SIMULATORS[profile];
  if (!known) throw new Error(`there is no simulated ${profile}`);
  return known;
}

function seenOf(outside: Outside, sensor: string): string {
  const totals = atTheCity(outside.printed.map((line) => JSON.stringify(line)).join("\n"), sensor);
  return `${totals.in} in, ${totals.out} out`;
}

function truthOf(...scenes: readonly (readonly Walker[])[]): string {
  const all = scenes.flatMap((scene) => passagesOf(scene, 2));
  const inward = all.filter(({ way }) => way === "in").length;
  return `${inward} in, ${all.length - inward} out`;
}

function rows(bench: Bench, outside: Outside, { before, after, outMs, backMs }: Told): Row[] {
  const windows = outside.records("radar").slice(1);
  const touched = (end: unknown) => {
    const endMs = Date.parse(String(end));
    return endMs > outMs && endMs - WINDOW_MS < backMs;
  };
  const wrong = windows.filter(({ end, quality }) => touched(end) === (quality === "ok"));
  const properties = bench.text("udev.txt");
  const firstWord = (name: string) => bench.text(name).split("\n")[0];
  return [
    {
      what: `a radar on a USB adapter that is out for ${AWAY_MS / 1000} s and back: who passed while it was in`,
      wanted: truthOf(before, after),
      got: seenOf(outside, "radar"),
      notes: `down for ${((backMs - outMs) / 1000).toFixed(1)} s`,
    },
    {
      what: "its windows without the adapter say so, and no others",
      wanted: "0 wrong",
      got: `${wrong.length} wrong`,
      notes: windows.map(({ quality }) => quality).join(" "),
    },
    {
      what: "a Modbus counter on ttyS1, all the time",
      wanted: truthOf(before),
      got: seenOf(outside, "counter"),
      notes: outside
        .records("counter")
        .map(({ quality }) => quality)
        .join(" "),
    },
    {
      what: "the adapter has one name and the group of the sensors, before and after",
      wanted: `${BY_ID} dialout ${BY_ID} dialout`,
      got: ["before", "after"]
        .map((when) => `${firstWord(`by-id.${when}.txt`)} ${firstWord(`group.${when}.txt`)}`)
        .join(" "),
    },
    {
      what: "ModemManager is told to leave it alone",
      wanted: "ID_MM_DEVICE_IGNORE=1",
      got: /ID_MM_DEVICE_IGNORE=\S+/.exec(properties)?.[0] ?? "nothing",
    },
  ];
}
