import { type Bench, type Measure, pairs, perSecond, pick, type Worked, work } from "../kit/bench.ts";
import { FORMS, type FormName } from "../kit/forms.ts";
import { VirtualSense } from "../kit/virtual-sense.ts";
import type { Figure } from "../report/figures.ts";

const RUNS = 3;
/** Packaged, everything runs without a compiler, so fewer suffice. */
const READINGS: Record<FormName, number> = { source: 30_000, packaged: 15_000 };
const DRAWS = 20_000;
const SEALS = 500;

interface Run {
  readonly telpost: Worked;
  readonly bare: Worked;
}

/** From bytes to noised windows: bytes, decoder, windows, crash copy for each chunk. */
export const readings: Measure = {
  name: "readings",
  async run(bench) {
    const figures: Figure[] = [];
    for (const form of FORMS) {
      const run = (what: string) => worker(bench, form, "readings", [what, bench.memory, READINGS[form]]);
      const parsed: Run[] = [];
      const copied: Run[] = [];
      for (let n = 0; n < RUNS; n++) {
        const telpost = await run("telpost");
        parsed.push({ telpost, bare: await run("parse") });
        copied.push({ telpost, bare: await run("copy") });
      }
      const name = `readings through sense, ${form}`;
      figures.push(
        { name, unit: "a second", limit: "JSON.parse of the same lines", pairs: pick(parsed, perSecond) },
        {
          name,
          unit: "a second",
          limit: "JSON.parse and a write of the same size",
          pairs: pick(copied, perSecond),
        },
        {
          name: `CPU of a million readings, ${form}`,
          unit: "s",
          limit: "JSON.parse and a write of the same size",
          pairs: pick(copied, ({ cpuSeconds, count }) => (cpuSeconds / count) * 1e6),
        },
      );
    }
    return figures;
  },
};

/** Noise and sealing. */
export const guard: Measure = {
  name: "noise and sealing",
  async run(bench) {
    const figures: Figure[] = [];
    const bytes = await plaintextBytes();
    for (const form of FORMS) {
      const run = (what: string, count: number) => () => worker(bench, form, "guard", [what, count, bytes]);
      const noise = await pairs(RUNS, run("noise", DRAWS), run("random", DRAWS));
      const seal = await pairs(RUNS, run("seal", SEALS), run("encrypt", SEALS));
      figures.push(
        {
          name: `draws of noise, ${form}`,
          unit: "a second",
          limit: "one random byte each",
          pairs: pick(noise, perSecond),
        },
        {
          name: `sealed messages, ${form}`,
          unit: "a second",
          limit: "the same cryptography alone",
          pairs: pick(seal, perSecond),
        },
      );
    }
    return figures;
  },
};

function worker(bench: Bench, form: FormName, name: string, args: (string | number)[]): Promise<Worked> {
  return work(bench, { form: bench.forms[form], worker: name, args });
}

/** What a message of the ten sensors measures before it is sealed: its characters shrink by 3/4 twice. */
async function plaintextBytes(): Promise<number> {
  const { message } = await new VirtualSense().nextWindow(0);
  return Math.floor((message.jws.length * 9) / 16);
}
