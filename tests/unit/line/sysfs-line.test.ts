import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { errorLine } from "../../../src/base/errors.ts";
import { VirtualClock } from "../../../src/base/virtual-clock.ts";
import type { GpioSettings } from "../../../src/sense/line/gpio-request.ts";
import { loadOnoff, type OnoffGpio } from "../../../src/sense/line/onoff.ts";
import type { Line } from "../../../src/sense/line/port.ts";
import { globalNumbers, type Sysfs } from "../../../src/sense/line/sysfs.ts";
import { SysfsLine } from "../../../src/sense/line/sysfs-line.ts";
import { CountingClock } from "../../kit/counting-clock.ts";
import { LineRecorder } from "../../kit/line-recorder.ts";
import { FakeSysfsChip } from "../../kit/sysfs-chip.ts";
import { until } from "../../kit/until.ts";

const SETTINGS = {
  chip: "fake",
  lines: { a: 4, b: 5 },
  bias: "as-is",
  activeLow: false,
  debounceMs: 0,
} as const satisfies GpioSettings;
const clock = new CountingClock();

let chip: FakeSysfsChip;
let told: LineRecorder;
let line: Line | undefined;
beforeEach(() => {
  chip = new FakeSysfsChip();
  told = new LineRecorder();
  chip.plug();
});
afterEach(async () => {
  await line?.stop();
  chip.dispose();
});

interface Other {
  readonly settings?: Partial<GpioSettings>;
  readonly sysfs?: Partial<Sysfs>;
  readonly Gpio?: OnoffGpio;
}

/** Starts a line that differs in one thing from one that opens. */
function start({ settings = {}, sysfs = {}, Gpio = chip.gpio }: Other = {}): void {
  line = new SysfsLine({
    settings: { ...SETTINGS, ...settings },
    clock,
    jitterBelow: () => 0,
    sysfs: { ...chip.sysfs, ...sysfs },
    load: async () => Gpio,
  });
  line.start(told);
}
const up = () => until(() => told.ups === 1, "the line is up");
const down = () => until(() => told.downs.length > 0, "the line is down");

test("a line's number is the base of the chip with this label, plus its number on the chip", () => {
  const other = join(chip.root, "gpiochip544");
  mkdirSync(other);
  for (const [file, text] of Object.entries({ label: "other", base: "544", ngpio: "8" }))
    writeFileSync(join(other, file), `${text}\n`);
  expect(globalNumbers(SETTINGS, chip.sysfs)).toEqual([
    [516, "a"],
    [517, "b"],
  ]);
  expect(globalNumbers({ ...SETTINGS, chip: "other", lines: { x: 7 } }, chip.sysfs)).toEqual([[551, "x"]]);
});

describe("what cannot be opened has a code, and nothing stays exported", () => {
  const failing = (code: string) => () => {
    throw Object.assign(new Error(code), { code });
  };

  test("device.no_sysfs where the kernel has no such files", async () => {
    start({ sysfs: { root: join(chip.root, "nothing") } });
    await down();
    expect(told.downs).toEqual(["device.no_sysfs"]);
  });

  test.each(["EACCES", "EPERM", "EROFS"])("device.sysfs_denied for %s", async (code) => {
    start({ sysfs: { write: failing(code) } });
    await down();
    expect(told.downs).toEqual(["device.sysfs_denied"]);
  });

  test("device.line_refused for a bias, which sysfs does not know", async () => {
    start({ settings: { bias: "pull-up" } });
    await down();
    expect([told.downs, chip.held()]).toEqual([["device.line_refused"], []]);
  });

  test("device.line_refused for a line without an interrupt", async () => {
    const write: Sysfs["write"] = (file, number) => {
      chip.sysfs.write(file, number);
      if (file === "export") rmSync(join(chip.root, `gpio${number}`, "edge"));
    };
    start({ sysfs: { write } });
    await down();
    expect([told.downs, chip.held()]).toEqual([["device.line_refused"], []]);
  });

  test("device.line_refused where onoff could not set the line, of which it says nothing", async () => {
    class Unset extends chip.gpio {
      override edge = () => "none";
    }
    start({ Gpio: Unset });
    await down();
    expect([told.downs, chip.held()]).toEqual([["device.line_refused"], []]);
  });

  test("device.line_busy when the second of two lines is taken: the first is given back", async () => {
    chip.take(5);
    start();
    await down();
    expect([told.downs, chip.held()]).toEqual([["device.line_busy"], []]);
  });

  test("device.line_busy for two inputs that are one line", async () => {
    start({ settings: { lines: { a: 3, b: chip.lineName } } });
    await down();
    expect([told.downs, chip.held()]).toEqual([["device.line_busy"], []]);
  });
});

test("lines that a killed process left exported are taken over, and given back at the stop", async () => {
  chip.sysfs.write("export", 516);
  start();
  await up();
  expect(chip.held()).toEqual(["gpio516", "gpio517"]);
  chip.set(4, 1);
  await until(() => told.edges.length === 1, "it is heard");
  await line?.stop();
  expect(chip.held()).toEqual([]);
});

test("a read that fails where onoff cannot catch it takes the line down, not the process", async () => {
  let broken = false;
  class Breaking extends chip.gpio {
    override readSync(): 0 | 1 {
      if (broken) throw Object.assign(new Error("read"), { code: "ENODEV" });
      return super.readSync();
    }
  }
  start({ Gpio: Breaking });
  await up();
  broken = true;
  chip.set(4, 1);
  await down();
  expect([told.downs[0], told.edges]).toEqual(["device.gone", []]);
});

test("a line that is stopped by what it told goes on with nothing", async () => {
  start({ settings: { debounceMs: 5 } });
  await up();
  told.edge = () => void line?.stop();
  chip.set(4, 1);
  await until(() => chip.held().length === 0, "it is closed");
  expect(clock.pending).toEqual([]);
});

test("a level counts when nothing has changed for debounceMs, and only if it is new", async () => {
  const virtual = new VirtualClock(0);
  const settings = { ...SETTINGS, lines: { a: 4 }, debounceMs: 10 };
  const load = async () => chip.gpio;
  line = new SysfsLine({ settings, clock: virtual, jitterBelow: () => 0, sysfs: chip.sysfs, load });
  line.start(told);
  await up();
  /** At so many ms the line has this level. */
  const at = async (ms: number, level: 0 | 1) => {
    virtual.advance(ms - virtual.monotonic());
    chip.set(4, level);
    await new Promise((resolve) => setImmediate(resolve));
  };
  await at(1, 1); // Bounces until 12, holds.
  await at(8, 0);
  await at(12, 1);
  await at(40, 0); // A glitch.
  await at(43, 1);
  await at(60, 0); // Falls, for good.
  virtual.advance(100);
  expect(told.edges).toEqual([
    { name: "a", level: 1, atMs: 22 },
    { name: "a", level: 0, atMs: 70 },
  ]);
  expect(told.edgesLost).toBe(0);
});

test("device.no_onoff says how to compile what is missing", async () => {
  const folder = mkdtempSync(join(tmpdir(), "telpost-onoff-"));
  const modules = join(import.meta.dirname, "../../../node_modules");
  for (const name of ["onoff", "epoll", "bindings", "file-uri-to-path", "lodash.debounce"]) {
    const filter = (path: string) => !path.includes("/epoll/build");
    cpSync(join(modules, name), join(folder, "node_modules", name), { recursive: true, filter });
  }
  const load = async () => createRequire(join(folder, "here.cjs"))("onoff");
  const failure = await loadOnoff(load).catch((reason: unknown) => reason);
  rmSync(folder, { recursive: true });
  expect(failure).toMatchObject({
    code: "device.no_onoff",
    detail: expect.stringContaining("bindings file"),
  });
  expect(errorLine(failure)).toContain("npm run epoll");
});
