import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { systemRandom } from "../../src/base/random.ts";
import type { Outbox } from "../../src/forward/ports.ts";
import { makeGatewayKey } from "../../src/keys/make.ts";
import { baselineKey, boxBaseline } from "../../src/sense/guard/baseline.ts";
import { message, offer, openForTest } from "../kit/outbox.ts";
import { evidence } from "./evidence.ts";
import { totalsOnCard } from "./thief.ts";

/** A card is taken out, or copied: its finder has the gateway's own key too, and reads what the database has forgotten. */

const CHANNEL = "turnstile/in";
const FIRST = 86_413;
const WINDOWS = 40;

let folder: string;
let file: string;
let gatewayKey: ReturnType<typeof makeGatewayKey>;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "telpost-p02-"));
  file = join(folder, "outbox.db");
  gatewayKey = makeGatewayKey();
});
afterEach(() => rmSync(folder, { recursive: true }));

const totalAfter = (window: number) => FIRST + 7 * window;

/** A window ends: its message comes with the last total of the counter, and the one before is delivered. */
function closeWindow(outbox: Outbox, window: number): void {
  const sealed = message(window);
  const boxed = boxBaseline(
    { channel: CHANNEL, endMs: sealed.endMs },
    { total: totalAfter(window), atMs: sealed.endMs },
    { key: baselineKey(gatewayKey), random: systemRandom },
  );
  outbox.append([offer(sealed, [boxed])], sealed.endMs);
  for (const { id } of outbox.lease({ afterId: 0, upToId: Number.MAX_SAFE_INTEGER, limit: 100 }))
    outbox.settle(id, "accepted");
}

const found = () => totalsOnCard(folder, gatewayKey);

it("P2 keeps one last total of a running channel on the card, and none of the totals before, in any file of it", () => {
  const outbox = openForTest(file);
  for (let window = 0; window < WINDOWS; window++) closeWindow(outbox, window);
  expect(found()).toEqual([totalAfter(WINDOWS - 1)]);
  expect(outbox.senseMemory("any").baselines.map(({ channel }) => channel)).toEqual([CHANNEL]);
  outbox.close();
  expect(found()).toEqual([totalAfter(WINDOWS - 1)]);
  evidence(
    "P2",
    `After ${WINDOWS} windows the card and the gateway's key open the last total of a counter, and none of the ${WINDOWS - 1} before`,
  );
});

it("P2 opens the last total after a power cut, also when the key on the card is behind", () => {
  const outbox = openForTest(file);
  closeWindow(outbox, 0);
  const behind = readFileSync(`${file}.boxkey`);
  closeWindow(outbox, 1);
  const cut = join(folder, "after-the-cut.db");
  for (const side of ["", "-wal"]) copyFileSync(file + side, cut + side);
  writeFileSync(`${cut}.boxkey`, behind);
  const again = openForTest(cut);
  expect(again.senseMemory("any").baselines).toEqual(outbox.senseMemory("any").baselines);
});

it("P2 cannot open the totals of an old copy of the database, and starts anew", () => {
  const outbox = openForTest(file);
  closeWindow(outbox, 0);
  const old = join(folder, "copy.db");
  for (const side of ["", "-wal"]) copyFileSync(file + side, old + side);
  closeWindow(outbox, 1);
  outbox.close();
  for (const side of ["-wal", "-shm"]) if (existsSync(file + side)) rmSync(file + side);
  for (const side of ["", "-wal"]) copyFileSync(old + side, file + side);
  expect(found()).toEqual([]);
  const again = openForTest(file);
  expect(again.senseMemory("any").baselines).toEqual([]);
  closeWindow(again, 1);
  expect(again.senseMemory("any").baselines).toHaveLength(1);
  expect(basename(file)).toBe("outbox.db");
});

it("P2 goes on with a new key when the one on the card is lost or damaged", () => {
  const outbox = openForTest(file);
  closeWindow(outbox, 0);
  outbox.close();
  writeFileSync(`${file}.boxkey`, "no key at all");
  const again = openForTest(file);
  expect(again.senseMemory("any").baselines).toEqual([]);
  closeWindow(again, 1);
  again.close();
  expect(openForTest(file).senseMemory("any").baselines).toHaveLength(1);
  expect(found()).toEqual([totalAfter(1)]);
});
