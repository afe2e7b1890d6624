import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { describeWith } from "../kit/programs.ts";
import { runHistory } from "./history.ts";
import { WINDOW_MS } from "./rig.ts";
import { describeSchedule, type Schedule, scheduleFor, stallsOf, sweepOf } from "./schedule.ts";
import { makeTools, type Tools } from "./tools.ts";

/** Only to end a run that hangs. */
const LONG_MS = 600_000;
const SEEDS = [1, 2, 3, 4, 5];
const KILLS = 40;

/** The bounded run of `npm run test:faults`; docs/faults.md has the long one. */
describeWith(["gcc", "mosquitto"], "a gateway under faults", () => {
  let folder: string;
  let tools: Tools;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "telpost-faults-"));
    tools = await makeTools(folder);
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  async function wrongWith(seed: number, schedule: Schedule): Promise<string[]> {
    const { violations } = await runHistory({ seed, schedule, tools, endsWithKill: true });
    const wrong = violations.map(({ rule, what }) => `${rule}: ${what}`);
    return wrong.length > 0 ? [`seed ${seed}`, ...wrong, describeSchedule(schedule)] : [];
  }

  it.concurrent(
    "tells the truth, or says what it lost, through histories of twenty faults",
    async () => {
      const wrong = SEEDS.map((seed) => wrongWith(seed, scheduleFor(seed, { faults: 20, everyMs: 700 })));
      expect((await Promise.all(wrong)).flat()).toEqual([]);
    },
    LONG_MS,
  );

  it.concurrent(
    "loses nothing when the card stalls for five seconds at a commit",
    async () => expect(await wrongWith(6, stallsOf(2))).toEqual([]),
    LONG_MS,
  );

  it.concurrent(
    "loses only what passed while it was dead when its processes are killed all over a window",
    async () => {
      const parts = 4;
      const wrong = Array.from({ length: parts }, (_, part) =>
        wrongWith(part, sweepOf(KILLS, WINDOW_MS, { part, parts })),
      );
      expect((await Promise.all(wrong)).flat()).toEqual([]);
    },
    LONG_MS,
  );
});
