import { randomInt } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Log } from "../../src/base/log.ts";
import { createLog } from "../../src/ops/log.ts";
import { replayConfig } from "../kit/replayed.ts";
import { evidence, pText } from "./evidence.ts";
import { linesOf } from "./people.ts";
import { ALPHA, binomialTail } from "./statistics.ts";
import { VirtualGateway } from "./virtual-gateway.ts";

/** P10: the log of both halves at its loudest, over windows with true values that are all different. */

const WINDOWS = 300;
const GATE = "id: gate, profile: generic-jsonl, port: /dev/gate";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "telpost-p10-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** How often five digits in a row are all that a text holds of a number: the chance that a number is in it by accident. */
function accident(text: string): number {
  const fives = new Set<string>();
  for (const [digits] of text.matchAll(/\d{5,}/g)) {
    for (let at = 0; at + 5 <= digits.length; at++)
      if (digits[at] !== "0") fives.add(digits.slice(at, at + 5));
  }
  return fives.size / 90_000;
}

/** The chance of so many of the values being in a text, or more, if the text knew nothing of them. */
function judged(values: readonly number[], text: string) {
  const hits = values.filter((value) => text.includes(String(value))).length;
  return { hits, chance: accident(text), p: binomialTail(values.length, accident(text), hits) };
}

function distinctValues(): number[] {
  const values = new Set<number>();
  while (values.size < WINDOWS) values.add(randomInt(10_000, 100_000));
  return [...values];
}

it("P10 has an exact five-digit value in the log no more often than chance, over 300 windows at trace", async () => {
  const file = join(folder, "log");
  let clock: VirtualGateway["rig"]["clock"] | undefined;
  // Its lines carry the time of the test, which passes with it.
  const time = {
    monotonic: () => 0,
    realtime: () => clock?.realtime() ?? 0,
    after: () => ({ name: "", cancel() {} }),
  };
  const log = createLog({ process: "sense", level: "trace", destination: file, clock: time, env: {} });
  const gateway = new VirtualGateway(replayConfig([GATE], "mechanism: discrete-laplace"), {
    log,
    lookMs: 30_000,
  });
  clock = gateway.rig.clock;
  const values = distinctValues();
  for (const value of values) {
    gateway.rig.send("gate", linesOf(value));
    gateway.rig.send("gate", '{"in":"a line that makes trouble"}\n');
    await gateway.pass(60_000);
  }
  gateway.stop();
  log.flush();
  const text = readFileSync(file, "utf8");
  const { hits, chance, p } = judged(values, text);
  expect(text.match(/"window\.closed"/g)).toHaveLength(WINDOWS);
  expect(p).toBeGreaterThan(ALPHA);
  evidence(
    "P10",
    `${WINDOWS} windows with different five-digit counts, ${text.split("\n").length} lines of log at trace: ${hits} of the counts in it, ${(WINDOWS * chance).toFixed(1)} by chance, p = ${pText(p)}`,
  );
});

it("P10 would find a log that tells one exact value in ten windows", () => {
  const values = distinctValues();
  const times = values.map((_, window) => new Date(1_780_000_000_000 + window * 60_000).toISOString());
  const said = (tells: (window: number) => boolean) =>
    times
      .map((end, window) => JSON.stringify({ end, ...(tells(window) ? { count: values[window] } : {}) }))
      .join("\n");
  expect(
    judged(
      values,
      said(() => false),
    ).p,
  ).toBeGreaterThan(ALPHA);
  expect(
    judged(
      values,
      said((window) => window % 10 === 0),
    ).p,
  ).toBeLessThan(ALPHA);
});

it("P10 drops what must never be logged, whoever logs it", () => {
  const file = join(folder, "log");
  const log: Log & { flush(): void } = createLog({ process: "sense", destination: file, env: {} });
  log.warn("window.held", { value: 86_413, frame: "deadbeef", payload: "x.y.z", box: "AAAA" });
  log.flush();
  expect(readFileSync(file, "utf8")).not.toMatch(/86413|deadbeef|x\.y\.z|AAAA/);
});
