import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TelpostError } from "../../../src/base/errors.ts";
import { openOutbox } from "../../../src/forward/outbox/outbox.ts";
import type { Outbox } from "../../../src/forward/ports.ts";
import { ALL, message, offer, optionsFor, T0 } from "../../kit/outbox-data.ts";

/**
 * Runs on a file system of a few megabytes, named on the command line: appends until long after it is full, meets one
 * that another program has filled to the last byte, gets room again, and prints what it saw as one JSON object.
 */
const [folder = ""] = process.argv.slice(2);
const file = join(folder, "outbox.db");
const filler = join(folder, "filler");
const BALLAST = 8 * 2 ** 20;
const open = () => openOutbox(optionsFor(file, { ballastBytes: BALLAST }));
const sealed = (seq: number) => offer(message(seq, { jws: `${seq}.${"x".repeat(24_000)}` }));
const refusals = new Set<string>();
const troubles: (string | null)[] = [];
let seq = 0;

function appendSome(outbox: Outbox, count: number): void {
  for (const end = seq + count; seq < end; seq++) {
    try {
      outbox.append([sealed(seq)], T0);
    } catch (failure) {
      if (!(failure instanceof TelpostError)) throw failure;
      refusals.add(failure.code);
      return;
    }
  }
}

function fillDisk(): void {
  try {
    for (;;) writeFileSync(filler, Buffer.alloc(2 ** 16), { flag: "a" });
  } catch {
    // ENOSPC: it is full.
  }
}

let outbox = open();
troubles.push(outbox.trouble());
writeFileSync(filler, Buffer.alloc(24 * 2 ** 20));
appendSome(outbox, 1500);
troubles.push(outbox.trouble());
fillDisk();
appendSome(outbox, 500);
outbox.close();
outbox = open();
appendSome(outbox, 125);
troubles.push(outbox.trouble());
const keptWhileFull = seq;
rmSync(filler, { force: true });
const gaps: string[] = [];
const accepted: number[] = [];
for (const { id, stream, seq: number, payload } of outbox.lease({ ...ALL, limit: 100 })) {
  outbox.settle(id, "accepted");
  if (stream === "sealed") accepted.push(number);
  else gaps.push(payload);
}
outbox.tidy(T0);
troubles.push(outbox.trouble());
appendSome(outbox, 10);
const queued: number[] = [];
for (let afterId = 0; ; ) {
  const rows = outbox.lease({ ...ALL, afterId });
  if (rows.length === 0) break;
  for (const row of rows) {
    if (row.stream === "sealed") queued.push(row.seq);
    else gaps.push(row.payload);
    afterId = row.id;
  }
}
const stats = outbox.stats();
outbox.close();
console.log(
  JSON.stringify({ seq, keptWhileFull, refusals: [...refusals], troubles, accepted, queued, gaps, stats }),
);
