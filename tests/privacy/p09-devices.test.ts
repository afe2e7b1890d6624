import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Tallies } from "../../src/sense/sensor/dialogue/state.ts";
import type { SimulatedDevice } from "../../src/simulators/catalog.ts";
import type { Walker } from "../../src/simulators/scene.ts";
import type { LineBytes } from "../../src/simulators/simulator.ts";
import { earFor } from "../../src/sniff/ear.ts";
import { planOf } from "../../src/sniff/plan.ts";
import { Sniffer } from "../../src/sniff/sniffer.ts";
import { CHIRP, KINDS, type Kind } from "../e2e/devices-rig.ts";
import { EXACT, replayConfig } from "../kit/replayed.ts";
import { evidence, FULL } from "./evidence.ts";
import { VirtualGateway } from "./virtual-gateway.ts";

/**
 * P9 for every serial profile that comes with the product: its simulated device in front of nobody, and in front of people
 * who walk past one behind the other. Status and messages must not tell which is which.
 */

const AS_THEY_COME = KINDS.filter(({ yaml }) => !yaml.includes("generic-"));
/** The camera once more, where it tells people from bicycles; and where people fall in other. */
const CLASSED = ["person, bicycle", "other, bicycle"].flatMap((set, at): Kind[] =>
  AS_THEY_COME.filter(({ id }) => id === "camera").map((camera) => ({
    ...camera,
    id: `camera-${at + 1}`,
    yaml: `${camera.yaml}, classes: [${set}]`,
  })),
);
const DEVICES = [...AS_THEY_COME, ...CLASSED];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "telpost-p09-"));
  writeFileSync(join(folder, "ti.cfg"), CHIRP);
});
afterAll(() => rmSync(folder, { recursive: true }));

const LASTS_MS = FULL ? 300_000 : 70_000;
const LOOK_MS = 5_000;
const PRIVACY = `${EXACT}, override: a test, occupancy: { windowSeconds: 60 }`;

/** Somebody comes in, somebody goes out, for as long as it lasts; slowly and far apart where one beam must tell them. */
function crowd({ slow }: Kind): Walker[] {
  const [everyMs, takesMs] = slow ? [4_500, 4_000] : [700, 1_400];
  return Array.from({ length: Math.floor(LASTS_MS / everyMs) }, (_, at): Walker => {
    const fromMs = 1_000 + at * everyMs;
    const [low, high] = [[(at % 3) - 1, 1] as const, [(at % 3) - 1, 3] as const];
    const [from, to] = at % 3 === 2 ? [high, low] : [low, high];
    return { fromMs, untilMs: fromMs + takesMs, from, to };
  });
}

/** Somebody who listens to the line as `telpost sniff` does, again and again. */
class Sniffs {
  readonly told: unknown[] = [];
  readonly #rig: VirtualGateway["rig"];
  readonly #id: string;
  #sniffer: Sniffer | null = null;
  #before: Tallies | undefined;

  constructor({ rig }: VirtualGateway, id: string) {
    this.#rig = rig;
    this.#id = id;
    this.#begin();
  }

  bytes(bytes: Uint8Array): void {
    this.#sniffer?.bytes(bytes, this.#rig.clock.monotonic());
  }

  sent(bytes: Uint8Array): void {
    this.#sniffer?.sent(bytes, this.#rig.clock.monotonic());
  }

  /** Ends this one and begins the next. */
  end(seconds: number): void {
    const after = this.#feed()?.tallies;
    const before = this.#before;
    this.told.push(this.#sniffer?.findings(seconds, before && after && { before, after }) ?? "refused");
    this.#begin();
  }

  #begin(): void {
    const feed = this.#feed();
    const plan = feed && planOf(feed.sensor);
    this.#sniffer = plan ? new Sniffer(plan, earFor(feed.sensor)) : null;
    this.#before = feed?.tallies;
  }

  #feed() {
    return this.#rig.core.feeds.find(({ sensor }) => sensor.id === this.#id);
  }
}

/** Puts a device on the line of a sensor, as a cable would. */
function plugIn({ rig }: VirtualGateway, id: string, device: SimulatedDevice, sniffs: Sniffs): void {
  const { clock, core } = rig;
  const say = (said: readonly LineBytes[]) => {
    for (const { port, bytes } of said) {
      if (port === "main") sniffs.bytes(bytes);
      rig.sendBytes(port === "main" ? id : `${id} ${port}`, bytes);
    }
  };
  core.feeds
    .find(({ sensor }) => sensor.id === id)
    ?.connect({
      send: ({ port, bytes }) => {
        sniffs.sent(bytes);
        clock.after("cable", 1, () => say(device.hear({ port, bytes }, clock.monotonic())));
      },
      drain() {},
      remembers: false,
    });
  const tick = () => {
    say(device.tick(clock.monotonic()));
    const { dueMs } = device;
    clock.after("device", dueMs === null ? 100 : Math.max(1, dueMs - clock.monotonic()), tick);
  };
  clock.after("device", 1, tick);
}

/** Where a device says things by itself when somebody passes, failures are not told at all. */
const ERRORS = ({ id }: Kind) => (id === "doppler" ? null : "none");

async function live(kind: Kind, scene: readonly Walker[]) {
  const place = kind.twoPorts
    ? `ports: { data: /dev/${kind.id}, command: /dev/${kind.id}-command }`
    : `port: /dev/${kind.id}`;
  const sensor = `id: ${kind.id}, ${place}, ${kind.yaml.replace("ID", kind.id)}`;
  const gateway = new VirtualGateway(replayConfig([sensor], PRIVACY), { folder });
  const sniffs = new Sniffs(gateway, kind.id);
  plugIn(gateway, kind.id, kind.powerUp(scene, gateway.rig.clock.monotonic()), sniffs);
  const states: unknown[] = [];
  for (let passed = 0; passed < LASTS_MS; passed += LOOK_MS) {
    await gateway.pass(LOOK_MS);
    states.push(gateway.rig.core.pipeline.states());
    sniffs.end(LOOK_MS / 1000);
  }
  const { tapped, watcher } = gateway;
  const values = (await gateway.opened()).flatMap(({ records }) => records.map(({ value }) => value));
  gateway.stop();
  return { states, light: watcher.seen, sniffed: sniffs.told, tapped, values: JSON.stringify(values) };
}

it.each(DEVICES)("P9 tells nothing of people by the state of a device: $id", async (kind) => {
  const [quiet, busy] = [await live(kind, []), await live(kind, crowd(kind))];
  expect(busy.states).toEqual(quiet.states);
  expect(busy.light).toEqual(quiet.light);
  expect(busy.sniffed).toEqual(quiet.sniffed);
  const works =
    kind.id === "icoms" ? "refused" : expect.objectContaining({ hears: "frames", errors: ERRORS(kind) });
  expect(busy.sniffed).toContainEqual(works);
  expect(busy.tapped).toEqual(quiet.tapped);
  // The city sees the difference.
  expect(busy.values).not.toBe(quiet.values);
  evidence(
    "P9",
    `Simulated ${kind.id} in front of nobody and of ${crowd(kind).length} people: same states, same messages, and the same to who sniffs at its line`,
  );
});
