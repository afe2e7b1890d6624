import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Line, LineListener } from "../../src/sense/line/port.ts";
import { LineRecorder } from "../kit/line-recorder.ts";

/** A line, the device at its other end, and a way to let time pass. */
export interface LineRig {
  readonly line: Line;
  start(listener: LineListener): void;
  plug(): void;
  unplug(): void;
  /** The device sends. */
  send(bytes: Uint8Array): void;
  /** What the device received. */
  received(): Buffer;
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

    test("it says up before the first bytes, and never goes back in time", async () => {
      await opened();
      rig.send(Buffer.from("abc"));
      await rig.until(() => told.bytesHeard === 3, "the bytes arrive");
      expect(told.told[0]?.kind).toBe("up");
      const times = told.told.map(({ atMs }) => atMs);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
    });

    test("it says down once, with the reason, when the device was never there", async () => {
      rig.start(told);
      await rig.until(() => told.downs.length > 0, "the line is down");
      await rig.aWhile();
      expect(told.downs).toEqual(["device.absent"]);
      rig.plug();
      await rig.until(() => told.ups === 1, "the line is up");
      expect(told.downs).toEqual(["device.absent"]);
    });

    test("all bytes arrive unchanged and in order, in whatever pieces they are sent", async () => {
      await opened();
      const sent: Buffer[] = [];
      const pieces = fc.array(fc.uint8Array({ minLength: 1, maxLength: 600 }), {
        minLength: 1,
        maxLength: 8,
      });
      await fc.assert(
        fc.asyncProperty(pieces, async (chunks) => {
          for (const chunk of chunks) rig.send(chunk);
          sent.push(...chunks.map((chunk) => Buffer.from(chunk)));
          const all = Buffer.concat(sent);
          await rig.until(() => told.bytesHeard >= all.length, "the pieces arrive");
          expect(told.heard.equals(all)).toBe(true);
        }),
        { numRuns: 30 },
      );
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
        const before = told.bytesHeard;
        rig.send(Buffer.from([round]));
        await rig.until(() => told.bytesHeard > before, "bytes again");
      }
      expect([...told.heard]).toEqual([1, 2, 3, 4, 5]);
    });

    test("what is written reaches an open device, and is dropped while the line is down", async () => {
      rig.start(told);
      rig.line.write(Buffer.from("lost"));
      await rig.until(() => told.downs.length > 0, "the line is down");
      rig.line.write(Buffer.from("lost"));
      rig.plug();
      await rig.until(() => told.ups === 1, "the line is up");
      rig.line.write(Buffer.from("kept"));
      await rig.until(() => rig.received().length >= 4, "the device hears");
      expect(rig.received().toString()).toBe("kept");
    });

    test("after stop nothing is heard, nothing is written and nothing is held", async () => {
      await opened();
      await rig.line.stop();
      expect(rig.held()).toEqual([]);
      const before = told.told.length;
      rig.line.write(Buffer.from("x"));
      rig.send(Buffer.from("late"));
      rig.unplug();
      rig.plug();
      await rig.aWhile();
      expect(told.told).toHaveLength(before);
      expect(rig.received()).toHaveLength(0);
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
