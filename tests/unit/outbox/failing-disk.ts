import { rmSync, writeFileSync } from "node:fs";
import { TelpostError } from "../../../src/base/errors.ts";
import { openOutbox } from "../../../src/forward/outbox/outbox.ts";
import { ALL, EPOCH_A, message, offer, optionsFor, T0 } from "../../kit/outbox-data.ts";

/**
 * Runs with a disk that can be told to fail (failing-disk.c): appends, fails twice, recovers, and prints what it saw as
 * one JSON object. Arguments: the outbox, and the file whose being there makes the disk fail.
 */
const [file = "", switchFile = "", fault = ""] = process.argv.slice(2);
const outbox = openOutbox(optionsFor(file));

function append(seq: number): string {
  try {
    return outbox.append([offer(message(seq))], T0).join();
  } catch (failure) {
    if (failure instanceof TelpostError) return failure.code;
    throw failure;
  }
}

const outcomes = [append(0), append(1)];
outbox.settleNumbers("sealed", EPOCH_A, [[0, 0]]);
const before = outbox.stats();
writeFileSync(switchFile, fault);
outcomes.push(append(2), append(2));
const during = outbox.stats();
rmSync(switchFile);
outcomes.push(append(2), append(3));
const rows = outbox.lease(ALL).filter(({ stream }) => stream === "sealed");
const after = outbox.stats();
outbox.close();
console.log(JSON.stringify({ outcomes, before, during, after, seqs: rows.map(({ seq }) => seq) }));
