import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { LineRecorder } from "../kit/line-recorder.ts";
import { type LineRig, lineContract } from "./line.contract.ts";

/** A line that carries bytes both ways. */
export interface ByteRig extends LineRig {
  /** The device sends. */
  send(bytes: Uint8Array): void;
  /** What the device received. */
  received(): Buffer;
}

/** What a line of bytes promises beyond what every line does. */
export function byteLineContract(title: string, makeRig: () => ByteRig): void {
  lineContract(title, makeRig);

  describe(`${title} keeps the contract of a line of bytes`, () => {
    let rig: ByteRig;
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

    test("after stop nothing is written", async () => {
      await opened();
      await rig.line.stop();
      rig.line.write(Buffer.from("x"));
      await rig.aWhile();
      expect(rig.received()).toHaveLength(0);
    });
  });
}
