import { edgesOf } from "../../src/simulators/edges.ts";
import { gpioTwoBeam } from "../../src/simulators/gpio-two-beam.ts";
import { passagesOf, type Walker } from "../../src/simulators/scene.ts";
import { Dice } from "../kit/dice.ts";

/** One scenario for lines: what to drive, as `<microsecond> <line> <level>`, and how many passages that is each way. */
export interface LineScript {
  readonly text: string;
  readonly edges: number;
  readonly in: number;
  readonly out: number;
}

/** A line changes so many times, evenly. */
export function toggles(count: number, perSecond: number, line = 4): LineScript {
  const rows = Array.from({ length: count }, (_, index) => {
    return `${Math.round(((index + 1) * 1e6) / perSecond)} ${line} ${index % 2 === 0 ? 1 : 0}`;
  });
  return { text: `${rows.join("\n")}\n`, edges: count, in: 0, out: 0 };
}

/** Pulses of 40 ms with 60 to 900 ms between them, as people pass a light beam, for so long. */
export function pulses(seconds: number, seed: number, line: number): LineScript {
  const dice = new Dice(seed);
  const rows: string[] = [];
  for (let atMs = 200; atMs < seconds * 1000; atMs += 40 + dice.between(60, 900))
    rows.push(`${atMs * 1000} ${line} 1`, `${(atMs + 40) * 1000} ${line} 0`);
  return { text: `${rows.join("\n")}\n`, edges: rows.length, in: rows.length / 2, out: 0 };
}

const LINE_OF: Readonly<Record<string, number>> = { a: 4, b: 5 };

/**
 * So many people, one after the other, at 0.7 to 1.8 m/s through two beams 70 mm apart whose contacts bounce for 3 ms,
 * and after every tenth somebody who turns back between the beams, which is no passage.
 */
export function passages(count: number, seed: number): LineScript {
  const dice = new Dice(seed);
  let atMs = 500;
  const walkers: Walker[] = [];
  const shy: { readonly fromMs: number; readonly untilMs: number }[] = [];
  for (let person = 0; person < count; person++) {
    const [from, to] = dice.below(2) === 0 ? ([1.7, 2.3] as const) : ([2.3, 1.7] as const);
    const untilMs = atMs + 600 / (dice.between(70, 180) / 100);
    walkers.push({ fromMs: atMs, untilMs, from: [0, from], to: [0, to] });
    atMs = untilMs + dice.between(80, 400);
    if (person % 10 !== 9) continue;
    shy.push({ fromMs: atMs, untilMs: atMs + 150 });
    atMs += 400;
  }
  const edges = [...gpioTwoBeam(walkers, { bounceMs: 3 }), ...edgesOf("a", shy, 3)];
  const rows = edges
    .sort((one, other) => one.atMs - other.atMs)
    .map(({ name, level, atMs: ms }) => `${Math.round(ms * 1000)} ${LINE_OF[name]} ${level}`);
  const truth = passagesOf(walkers, 2);
  const inward = truth.filter(({ way }) => way === "in").length;
  return { text: `${rows.join("\n")}\n`, edges: rows.length, in: inward, out: truth.length - inward };
}
