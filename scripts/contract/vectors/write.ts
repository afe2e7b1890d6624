import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { MadeKey } from "../../../src/keys/make.ts";
import { GW07, GW08, KEYS } from "./forge.ts";
import { gapSequences } from "./gaps.ts";
import { keySetVectors, ROOT } from "./key-sets.ts";
import { sealedVectors } from "./sealed.ts";
import { sequences } from "./sequences.ts";
import { walkRecordVectors } from "./walk-records.ts";

/**
 * Writes `contract/vectors/` with new keys: `sh scripts/n24 scripts/contract/vectors/write.ts`. Sealing draws a fresh key
 * for every message, so every run writes other files; run it only when a vector is added or the contract changes.
 */
const FOLDER = fileURLToPath(new URL("../../../contract/vectors", import.meta.url));
const WARNING = "TEST KEYS. Their private halves are public. Never register, pin or use them.";

const publicOf = ({ kid, publicJwk }: MadeKey) => ({ ...publicJwk, kid });
const privateOf = ({ kid, privateJwk }: MadeKey) => ({ ...privateJwk, kid });

const keys = {
  warning: WARNING,
  gateways: [
    { id: GW07, keys: [KEYS.gw07, KEYS.gw07Next].map(publicOf) },
    { id: GW08, keys: [publicOf(KEYS.gw08)] },
  ],
  cityKeys: [KEYS.city, KEYS.cityOld].map(privateOf),
  root: ROOT,
};

function write(name: string, value: object): void {
  writeFileSync(join(FOLDER, name), `${JSON.stringify(value, null, 1)}\n`);
}

mkdirSync(FOLDER, { recursive: true });
write("keys.json", keys);
write("sealed.json", { warning: WARNING, groups: sealedVectors() });
write("sequences.json", { warning: WARNING, sequences: sequences() });
write("gaps.json", { warning: WARNING, sequences: gapSequences() });
write("key-sets.json", { warning: WARNING, vectors: keySetVectors() });
write("walk-records.json", { warning: WARNING, vectors: walkRecordVectors() });
