import { join } from "node:path";
import { outboxContract } from "../../contract/outbox.contract.ts";
import { MemoryOutbox } from "../../kit/memory-outbox.ts";
import { countingRandom, identity, openForTest, tempFolder } from "../../kit/outbox.ts";

outboxContract("outbox on SQLite", (quota) => openForTest(join(tempFolder(), "outbox.db"), { quota }));
outboxContract(
  "outbox in memory",
  (quota) => new MemoryOutbox({ identity, quota, random: countingRandom() }),
);
