import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ErrorCode } from "../../src/base/errors.ts";
import type { Line, LineListener } from "../../src/sense/line/port.ts";
import { LineRecorder } from "../kit/line-recorder.ts";

/** A line, the device at its other end, and a way to let time pass. */
export interface LineRig {
  readonly line: Line;
  /** Why it is down while the device was never there. */
  readonly absent: ErrorCode;
  start(listener: LineListener): void;
  plug(): void;
  unplug(): void;
  /** The device says one thing, of whatever kind its line carries. */
  say(): void;
  until(condition: () => boolean, what: string): Promise<void>;
  aWhile(): Promise<void>;
  /** Descriptors, timers and the like that the line holds now, in words. */
  held(): string[];
  dispose(): Promise<void>;
}

/** What every line promises to those who listen. */
export function lineContract(title: string, makeRig: () => LineRig): void {
  describe(`${title} keeps the contract of a line`, () => {
    let rig: LineRig;
    let told: LineRecorder;

    beforeEach(() => {
      rig = makeRig();
      told = new LineRecorder();
    });
    afterEach(() => rig.dispose());

    const opened = async () => {
      rig.plug();
      rig.start(told);
      await rig.until(() => told.ups === 1, "the line is up");
    };
    const hears = async () => {
      const before = told.heardThings;
      rig.say();
      await rig.until(() => told.heardThings > before, "it is heard");
    };

    test("it says up before anything else, and never goes back in time", async () => {
      await opened();
      await hears();
      await hears();
      expect(told.told[0]?.kind).toBe("up");
      const times = told.told.map(({ atMs }) => atMs);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
    });

    test("it says down once, with the reason, when the device was never there", async () => {
      rig.start(told);
      await rig.until(() => told.downs.length > 0, "the line is down");
      await rig.aWhile();
      expect(told.downs).toEqual([rig.absent]);
      rig.plug();
      await rig.until(() => told.ups === 1, "the line is up");
      expect(told.downs).toEqual([rig.absent]);
    });

    test("it says device.gone exactly once when the device is unplugged, and nothing is heard after it", async () => {
      await opened();
      rig.unplug();
      await rig.until(() => told.downs.length > 0, "the line is down");
      await rig.aWhile();
      expect(told.downs[0]).toBe("device.gone");
      expect(told.downs.filter((code) => code === "device.gone")).toHaveLength(1);
      expect(told.told.slice(1).every(({ kind }) => kind === "down")).toBe(true);
    });

    test("it comes up again when the device is back, every time", async () => {
      await opened();
      for (let round = 1; round <= 5; round++) {
        rig.unplug();
        await rig.until(
          () => told.downs.filter((code) => code === "device.gone").length === round,
          "down again",
        );
        rig.plug();
        await rig.until(() => told.ups === round + 1, "up again");
        await hears();
      }
      expect(told.heardThings).toBe(5);
    });

    test("after stop nothing is heard and nothing is held", async () => {
      await opened();
      await rig.line.stop();
      expect(rig.held()).toEqual([]);
      const before = told.told.length;
      rig.say();
      rig.unplug();
      rig.plug();
      await rig.aWhile();
      expect(told.told).toHaveLength(before);
    });

    test("it can be stopped twice, while the device is away, and before it was started", async () => {
      await makeAndStopUnstarted();
      rig.start(told);
      await rig.until(() => told.downs.length > 0, "the line is down");
      await rig.line.stop();
      await rig.line.stop();
      expect(rig.held()).toEqual([]);
      rig.plug();
      await rig.aWhile();
      expect(told.ups).toBe(0);
    });

    const makeAndStopUnstarted = async () => {
      const unstarted = makeRig();
      await unstarted.line.stop();
      expect(unstarted.held()).toEqual([]);
      await unstarted.dispose();
    };
  });
}
