import { join } from "node:path";
import { expect, it } from "vitest";
import { offers, openForTest, sealedRows, tempFolder } from "../../kit/outbox.ts";

const YEAR_MS = 365 * 86_400_000;

it("drops nothing for its age while the clock is not believed, so that one wrong step cannot empty it", () => {
  let synced = false;
  const outbox = openForTest(join(tempFolder(), "outbox.db"), { clockSynced: () => synced });
  const nowMs = Date.parse("2026-06-01T12:00:00Z");
  outbox.append(offers(1), nowMs);
  outbox.tidy(nowMs + YEAR_MS);
  expect(sealedRows(outbox)).toHaveLength(1);
  outbox.releaseAll();
  synced = true;
  outbox.tidy(nowMs + YEAR_MS);
  expect(sealedRows(outbox)).toHaveLength(0);
  expect(outbox.stats().dropped).toBe(2);
});
