import { expect, it } from "vitest";
import { Paced } from "../../../src/base/paced.ts";
import { VirtualClock } from "../../../src/base/virtual-clock.ts";

function rig() {
  const clock = new VirtualClock(0);
  const passed: [number, string][] = [];
  const paced = new Paced<string>(clock, { name: "test", ms: 100 }, (value) => {
    passed.push([clock.monotonic(), value]);
  });
  return { clock, passed, paced };
}

it("passes the first value on at once, and then the newest only, once in each interval", () => {
  const { clock, passed, paced } = rig();
  for (const value of ["a", "b", "c"]) paced.push(value);
  clock.advance(150);
  paced.push("d");
  clock.advance(1_000);
  paced.push("e");
  expect(passed).toEqual([
    [0, "a"],
    [100, "c"],
    [200, "d"],
    [1_150, "e"],
  ]);
});

it("passes nothing on after it was stopped, and waits for nothing", () => {
  const { clock, passed, paced } = rig();
  paced.push("a");
  paced.push("b");
  paced.stop();
  expect(clock.nextDue()).toBeUndefined();
  clock.advance(1_000);
  expect(passed).toEqual([[0, "a"]]);
});
