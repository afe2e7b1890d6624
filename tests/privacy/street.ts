import { EXACT, replayConfig } from "../kit/replayed.ts";
import type { VirtualGateway } from "./virtual-gateway.ts";

/** A street with a sensor of every way of counting, once with people and once without: everything else is the same. */

const SENSORS = [
  "id: gate, profile: generic-jsonl, port: /dev/gate",
  "id: door, profile: generic-csv, port: /dev/door, sends: [totals], columns: [inTotal, outTotal], liveness: none",
  "id: old-counter, profile: generic-jsonl, port: /dev/old, sends: [totals], bits: 8, liveness: none",
  "id: turnstile, profile: generic-jsonl, port: /dev/turnstile, sends: [totals]",
  "id: terrace, profile: generic-jsonl, port: /dev/terrace, sends: [present]",
  "id: rack, profile: generic-jsonl, port: /dev/rack, classes: [bicycle, person]",
  "id: square, profile: generic-jsonl, port: /dev/square, sends: [present], classes: [bicycle, person]",
  "id: walk, profile: generic-jsonl, port: /dev/walk, sends: [tracks], lines: [{ id: walk-line, from: [-3, 2], to: [3, 2], in: left }]",
  "id: stairs, profile: gpio-two-beam, gpio: { chip: pinctrl-rp1, a: 5, b: 6 }",
  "id: lift, profile: gpio-pulse, gpio: { chip: pinctrl-rp1, line: 17 }, maxPerSecond: 2",
] as const;

export const streetYaml = (privacy = "mechanism: discrete-laplace") => replayConfig(SENSORS, privacy);
export const exactStreetYaml = () => streetYaml(EXACT);

/** How often the sensors speak. */
export const BEAT_MS = 10_000;

/** One beat of every sensor: time passes as much for either twin. @param people how many pass in it, and are there */
export async function beat(gateway: VirtualGateway, number: number, people: number): Promise<void> {
  const { rig } = gateway;
  const total = 1000 + people * number;
  for (let passed = 0; passed < people; passed += 7)
    rig.send("gate", `{"in":${Math.min(7, people - passed)},"out":1}\n`);
  if (people > 0) rig.send("door", `${total},${total}\n`);
  // Eight bits, and a whole crowd between two lines: a counter that seems to run backwards.
  if (people > 0) rig.send("old-counter", `{"inTotal":${(total * 4) % 256}}\n`);
  rig.send("turnstile", `{"inTotal":${total}}\n`);
  rig.send("terrace", `{"present":${people}}\n`);
  if (people > 0) {
    rig.send("rack", `{"in":${people},"class":"bicycle"}\n{"out":1,"class":"person"}\n`);
    // Of no class of the set: not counted, and not told.
    rig.send("rack", `{"in":3,"class":"scooter"}\n{"in":2}\n`);
  }
  const square = people > 0 ? { bicycle: people, dog: 2 } : {};
  rig.send("square", `${JSON.stringify({ present: square })}\n`);
  for (const y of [1, 1.5, 2.5, 3]) rig.send("walk", tracksLine(number, people, y));
  // Faster than people are believed to be.
  for (let edge = 0; edge < Math.min(40, people); edge++) rig.edge("lift", "pulse", edge % 2 === 0 ? 1 : 0);
  for (const [beam, level] of BEAMS) {
    if (people > 0) rig.edge("stairs", beam, level);
    await gateway.pass(100);
  }
  await gateway.pass(BEAT_MS - 100 * BEAMS.length);
}

/** Somebody comes in: the outer beam first. */
const BEAMS = [
  ["a", 1],
  ["b", 1],
  ["a", 0],
  ["b", 0],
] as const;

/** At most nine can be seen at a time. */
export const MOST_IN_VIEW = 9;

function tracksLine(number: number, people: number, y: number): string {
  const inView = Array.from({ length: Math.min(MOST_IN_VIEW, people) }, (_, id) => ({
    id: `p${number}-${id}`,
    x: id / 4 - 1,
    y,
  }));
  return `${JSON.stringify({ tracks: inView })}\n`;
}
