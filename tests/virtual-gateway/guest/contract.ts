import { test } from "node:test";
import { SystemClock } from "../../../src/base/clock.ts";
import { GpioLine } from "../../../src/sense/line/gpio-line.ts";
import { gpioLineContract } from "../../contract/gpio-line.contract.ts";
import { gpioOutputContract } from "../../contract/gpio-output.contract.ts";
import { LineRecorder } from "../../kit/line-recorder.ts";
import { aWhile, until } from "../../kit/until.ts";
import { LABEL, SimulatedChip } from "./simulated-chip.ts";
import { expect } from "./small-vitest.ts";

gpioLineContract("GpioLine on a chip of the kernel", () => new SimulatedChip(GpioLine));
gpioOutputContract("a line driven on a chip of the kernel", () => new SimulatedChip(GpioLine));

/** What only the kernel does. */
async function withLine(settings: object, body: (chip: SimulatedChip, told: LineRecorder) => Promise<void>) {
  const chip = new SimulatedChip(GpioLine);
  const told = new LineRecorder();
  chip.plug();
  const whole = {
    chip: LABEL,
    lines: { a: 4 },
    bias: "as-is",
    activeLow: false,
    debounceMs: 0,
    ...settings,
  } as const;
  const line = new GpioLine({ settings: whole, clock: new SystemClock(), jitterBelow: () => 0 });
  line.start(told);
  await until(() => told.ups === 1, "the line is up");
  await body(chip, told);
  await line.stop();
  chip.dispose();
}

test("the kernel debounces: a level that holds is one edge, a glitch is none", async () => {
  await withLine({ debounceMs: 10 }, async (chip, told) => {
    for (let bounce = 0; bounce < 5; bounce++) {
      chip.set(4, 1);
      chip.set(4, 0);
    }
    chip.set(4, 1);
    await until(() => told.edges.length > 0, "the level has held");
    chip.set(4, 0);
    chip.set(4, 1);
    await aWhile();
    expect(told.edges.map(({ level }) => level)).toEqual([1]);
    expect(told.edgesLost).toBe(0);
  });
});

test("the kernel pulls an open line where the bias says", async () => {
  await withLine({ bias: "pull-up" }, async (chip, told) => {
    chip.set(4, 0);
    await until(() => told.edges.length > 0, "it falls from where it was pulled to");
    expect(told.edges.map(({ level }) => level)).toEqual([0]);
  });
});
