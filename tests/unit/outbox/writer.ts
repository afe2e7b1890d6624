import { writeSync } from "node:fs";
import { openOutbox } from "../../../src/forward/outbox/outbox.ts";
import { ALL, EPOCH_A, message, offer, optionsFor, T0 } from "../../kit/outbox-data.ts";

/**
 * A process that is going to be killed: appends one message after the other to the outbox named on its command line,
 * settles most of them, and says on standard output what it did: `kept SEQ` after a commit, `settling ID` before a verdict.
 */
const [file = ""] = process.argv.slice(2);
const outbox = openOutbox(optionsFor(file));
const first = (outbox.senseMemory(EPOCH_A).lastSeqKept ?? -1) + 1;
for (let seq = first; ; seq++) {
  outbox.append([offer(message(seq))], T0);
  writeSync(1, `kept ${seq}\n`);
  for (const { id, seq: settled } of outbox.lease({ ...ALL, limit: 2 })) {
    if (settled % 3 === 0) continue;
    writeSync(1, `settling ${settled}\n`);
    outbox.settle(id, "accepted");
  }
}
