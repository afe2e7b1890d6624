import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ErrorCode } from "../../src/base/errors.ts";
import type { GpioOutput, OutputSettings } from "../../src/sense/line/gpio-request.ts";
import type { OutputBench } from "../kit/gpio-chip.ts";

/** What a driven line promises, on a chip of the kernel and on a made one. */
export function gpioOutputContract(title: string, makeBench: () => OutputBench): void {
  describe(`${title} keeps the contract of an output`, () => {
    let bench: OutputBench;
    let output: GpioOutput | undefined;
    beforeEach(() => {
      bench = makeBench();
      bench.plug();
    });
    afterEach(() => {
      output?.close();
      output = undefined;
      bench.dispose();
    });
    const settings = (more: Partial<OutputSettings> = {}) => ({
      chip: bench.label,
      line: 6,
      activeLow: false,
      ...more,
    });
    const codeOf = (deed: () => unknown): ErrorCode | undefined => {
      try {
        deed();
      } catch (failure) {
        return (failure as { code?: ErrorCode }).code;
      }
      return undefined;
    };

    test("it is inactive at first, and follows", async () => {
      output = bench.drive(settings());
      expect(bench.driven(6)).toBe(0);
      for (const level of [1, 0, 1, 1, 0] as const) {
        output.set(level);
        expect(bench.driven(6)).toBe(level);
      }
    });

    test("it is turned round where the line is active-low", async () => {
      output = bench.drive(settings({ activeLow: true }));
      expect(bench.driven(6)).toBe(1);
      output.set(1);
      expect(bench.driven(6)).toBe(0);
    });

    test("its line is found by the name that the board gives it", async () => {
      output = bench.drive(settings({ line: bench.lineName }));
      output.set(1);
      expect(bench.driven(3)).toBe(1);
    });

    test("no other line changes", async () => {
      output = bench.drive(settings());
      output.set(1);
      expect([5, 7].map((line) => bench.driven(line))).toEqual([0, 0]);
    });

    test("codes say what is not there, and nothing is held then", async () => {
      expect(codeOf(() => bench.drive(settings({ chip: "no-such-chip" })))).toBe("device.no_chip");
      expect(codeOf(() => bench.drive(settings({ line: 32 })))).toBe("device.no_line");
      expect(codeOf(() => bench.drive(settings({ line: "no-such-name" })))).toBe("device.no_line");
      expect(bench.held()).toEqual([]);
    });

    test("device.line_busy says that somebody else has the line", async () => {
      const letGo = bench.take(6);
      expect(codeOf(() => bench.drive(settings()))).toBe("device.line_busy");
      letGo();
    });

    test("it is its own until it is let go", async () => {
      output = bench.drive(settings());
      expect(codeOf(() => bench.drive(settings()))).toBe("device.line_busy");
      output.close();
      expect(bench.held()).toEqual([]);
      output = bench.drive(settings());
      output.set(1);
      expect(bench.driven(6)).toBe(1);
    });

    test("device.gone says that the chip went away while it was driven", async () => {
      output = bench.drive(settings());
      const { set } = output;
      bench.unplug();
      expect(codeOf(() => set(1))).toBe("device.gone");
    });
  });
}
