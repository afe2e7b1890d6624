import { BARE_INSERT, bareValues, offersOf, openBare, openBenchOutbox, sealedWindows } from "../kit/rows.ts";
import { report, Stopwatch } from "../kit/stopwatch.ts";
import { START_MS } from "../kit/virtual-sense.ts";

/** `append telpost|bare FILE ROWS BATCH [FROM_MS]`: rows of real sealed messages, committed batch by batch. */
const [, , what = "", file = "", rows = "0", batch = "1", fromMs = String(START_MS)] = process.argv;

async function main(): Promise<void> {
  const offers = offersOf(await sealedWindows(20), Number(rows), Number(fromMs));
  const batches = Array.from({ length: Math.ceil(offers.length / Number(batch)) }, (_, n) =>
    offers.slice(n * Number(batch), (n + 1) * Number(batch)),
  );
  const jwsBytes = offers[0]?.type === "message" ? offers[0].message.jws.length : 0;
  const worked = what === "telpost" ? telpost(batches) : bare(batches);
  report({ ...worked, jwsBytes });
}

type Batches = readonly ReturnType<typeof offersOf>[];

function telpost(batches: Batches) {
  const outbox = openBenchOutbox(file, Number(fromMs));
  const watch = new Stopwatch();
  for (const some of batches) outbox.append(some, Number(fromMs));
  const worked = watch.read(Number(rows));
  outbox.close();
  return worked;
}

function bare(batches: Batches) {
  const database = openBare(file);
  const insert = database.prepare(BARE_INSERT);
  const watch = new Stopwatch();
  for (const some of batches) {
    database.transaction(() => {
      for (const offer of some) insert.run(...bareValues(offer));
    })();
  }
  const worked = watch.read(Number(rows));
  database.close();
  return worked;
}

void main();
