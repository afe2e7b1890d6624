import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { started, text } from "../../kit/devices.ts";
import { describeWithRecording, recording } from "../../kit/shared-data.ts";

const bytesOf = (path: string) =>
  new Uint8Array(readFileSync(new URL(`../../../../shared/data/${path}`, import.meta.url)));

const present = (...counts: readonly number[]) =>
  counts.map((count) => ({ type: "present", present: count }));

/** A capture in one piece, and byte by byte. */
const cuts = (bytes: Uint8Array) => [[bytes], Array.from(bytes, (byte) => Uint8Array.of(byte))];

describeWithRecording("sensor-bytes", "captures of real devices", () => {
  it("C4001: garbage at power-up and a sentence cut by the next one cost nobody", () => {
    for (const chunks of cuts(bytesOf("sensor-bytes/dfrobot-c4001.bin"))) {
      const bench = started("dfrobot-c4001").bytes(...chunks);
      expect(bench.readings).toEqual(present(1, 0, 1, 1, 1, 0));
      expect(bench.discarded).toEqual(["not_parsable"]);
      expect(bench.engine.condition).toBe("working");
    }
  });

  it("SSCMA: a log with pictures gives no reading, raises the alarm, and boot text does no harm", () => {
    const log = bytesOf("sensor-bytes/sscma-lines.txt");
    expect(recording("sensor-bytes/sscma-lines.txt")).toContain('"image"');
    for (const chunks of cuts(log)) {
      const bench = started("sscma-camera").bytes(...chunks);
      expect(bench.readings).toEqual([]);
      expect(bench.engine.condition).toBe("forbidden");
      // The event with the picture, and the one that a stray end of line broke in two.
      expect(bench.discarded.sort()).toEqual(["not_parsable", "wrong_form"]);
    }
  });

  it("SSCMA: the same boxes without their picture are counted by class and score", () => {
    const bench = started("sscma-camera");
    const event = (boxes: unknown) =>
      text(`\r${JSON.stringify({ type: 1, name: "INVOKE", code: 0, data: { count: 8, boxes } })}\n`);
    bench.bytes(event([[85, 112, 73, 82, 86, 3]]), event([[87, 83, 77, 65, 70, 0]]));
    bench.bytes(
      event([]),
      event([
        [1, 1, 1, 1, 59, 0],
        [1, 1, 1, 1, 60, 0],
        [1, 1, 1, 1, 255, 0],
      ]),
    );
    expect(bench.readings).toEqual(present(0, 1, 0, 2));
  });
});
