import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Bench, type Measure, work } from "../kit/bench.ts";
import { type DecoderWork, decoderWorks, GOOD } from "../kit/decoder-work.ts";
import { FORMS, type FormName } from "../kit/forms.ts";
import type { Figure } from "../report/figures.ts";

/** Each decoder keeps up with so many lines as its own at once, on one core. */
const LEAST_RATIO = 10;
/** A start bit, eight data bits and a stop bit. */
const BITS_PER_BYTE = 10;

const HOW = { chunks: "chunks of 64 to 512", bytes: "byte by byte" } as const;

/** Bytes through whole engines, good ones and the worst there are, beside what the line of the device can bring. */
export const decoders: Measure = {
  name: "decoders",
  async run(bench) {
    const figures: Figure[] = [];
    for (const one of decoderWorks())
      for (const form of FORMS) figures.push(...(await measured(bench, one, form)));
    return figures;
  },
};

async function measured(bench: Bench, one: DecoderWork, form: FormName): Promise<Figure[]> {
  const file = join(bench.folder, `decoder-${one.id.replaceAll(/\W/g, "-")}.json`);
  writeFileSync(file, JSON.stringify(one));
  const { seconds, cpuSeconds, count, ...rates } = await work(bench, {
    form: bench.forms[form],
    worker: "decoders",
    args: [file],
  });
  return (["chunks", "bytes"] as const).flatMap((how) => {
    const [good, ...bad] = Object.entries(rates)
      .filter(([name]) => name.endsWith(`|${how}`))
      .map(([name, rate]) => ({ name: name.slice(0, -how.length - 1), rate }))
      .sort((a, b) => Number(b.name === GOOD) - Number(a.name === GOOD) || a.rate - b.rate);
    const shown = good?.name === GOOD ? [good, ...bad.slice(0, 1)] : good ? [good] : [];
    return shown.map(({ name, rate }): Figure => {
      return {
        name: `${one.id}, ${name}, ${HOW[how]}, ${form}`,
        unit: "kB/s",
        limit: `its line at ${one.baudRate} baud`,
        pairs: [{ telpost: rate / 1000, bare: one.baudRate / BITS_PER_BYTE / 1000 }],
        budget: { of: "ratio", is: "at least", limit: LEAST_RATIO },
      };
    });
  });
}
