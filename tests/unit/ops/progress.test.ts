import { describe, expect, it } from "vitest";
import { VirtualClock } from "../../../src/base/virtual-clock.ts";
import { tellSystemd } from "../../../src/ops/process.ts";
import { Progress } from "../../../src/ops/progress.ts";
import { SenseRig } from "../../kit/core.ts";
import { EXACT, replayConfig } from "../../kit/replayed.ts";

describe("progress", () => {
  it("is work that moves on, or that there is none of", () => {
    let mark: number | null = 1;
    const progress = new Progress([{ name: "polls", limitMs: 1000, mark: () => mark }]);
    expect(progress.stalled(0)).toBeUndefined();
    expect(progress.stalled(1000)).toBeUndefined();
    expect(progress.stalled(1001)).toEqual({ name: "polls", forMs: 1001 });
    mark = 2;
    expect(progress.stalled(2000)).toBeUndefined();
    mark = null;
    expect(progress.stalled(9000)).toBeUndefined();
    mark = 2;
    expect(progress.stalled(9500)).toBeUndefined();
    expect(progress.stalled(10_600)).toEqual({ name: "polls", forMs: 1100 });
  });
});

describe("systemd", () => {
  /** What is told in `forMs`, with a work that stands still from `stopsMs` on. */
  function told(env: NodeJS.ProcessEnv, forMs: number, stopsMs = Number.POSITIVE_INFINITY) {
    const clock = new VirtualClock(0);
    const said: string[] = [];
    const errors: unknown[] = [];
    const mark = () => Math.min(clock.monotonic(), stopsMs);
    const stop = tellSystemd(
      { works: [{ name: "reading sensors", limitMs: 15_000, mark }], summary: () => "2 of 2 sensors up" },
      { clock, env, log: { error: (event) => errors.push(event) }, notify: (state) => said.push(state) },
    );
    clock.advance(forMs);
    stop();
    clock.advance(forMs);
    return { said, errors };
  }

  it("is fed twice in each interval while the work goes on, and told the state once", () => {
    const { said, errors } = told({ WATCHDOG_USEC: "30000000" }, 45_000);
    expect(said).toEqual(["STATUS=2 of 2 sensors up\nWATCHDOG=1", "WATCHDOG=1", "WATCHDOG=1", "WATCHDOG=1"]);
    expect(errors).toEqual([]);
  });

  it("is not fed while the work stands still, however well the timer runs", () => {
    const { said, errors } = told({ WATCHDOG_USEC: "30000000" }, 90_000, 10_000);
    expect(said.slice(-1)).toEqual(["STATUS=stands still: reading sensors"]);
    expect(said.filter((one) => one.includes("WATCHDOG=1"))).toHaveLength(3);
    expect(errors.length).toBeGreaterThan(1);
  });

  it("is told the state without a watchdog too", () => {
    expect(told({}, 60_000).said).toEqual(["STATUS=2 of 2 sensors up"]);
  });
});

it("goes on in sense on an empty street: a turn every second, and nothing that waits", async () => {
  const rig = new SenseRig(replayConfig(["id: gate, profile: generic-jsonl, port: /dev/gate"], EXACT));
  const { pipeline, sealing } = rig.core;
  const before = pipeline.turns;
  await rig.advance(10_000);
  expect(pipeline.turns - before).toBeGreaterThanOrEqual(10);
  expect(sealing.waitingSince).toBeNull();
});

it("does not take a window that is held for a missing key for work that stands still", async () => {
  const rig = new SenseRig(replayConfig(["id: gate, profile: generic-jsonl, port: /dev/gate"], EXACT));
  rig.hasKey = false;
  await rig.advance(120_000);
  expect([rig.core.sealing.waiting, rig.core.sealing.waitingSince]).toEqual([2, null]);
});
