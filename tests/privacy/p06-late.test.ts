import { describe, expect, it } from "vitest";
import { isPassages } from "../../src/contract/values.ts";
import { GpioLine } from "../../src/sense/line/gpio-line.ts";
import { SenseRig } from "../kit/core.ts";
import { FakeGpioChip } from "../kit/gpio-chip.ts";
import { EXACT, replayConfig } from "../kit/replayed.ts";
import { evidence } from "./evidence.ts";

/** P6: what comes late or twice does not move the mean over many windows. */

const MINUTE = 60_000;
const WINDOWS = 60;
const TURNSTILE = "id: turnstile, profile: generic-jsonl, port: /dev/turnstile, sends: [totals]";
const GATE = "id: gate, profile: generic-jsonl, port: /dev/gate";
const OTHER = "id: stairs, profile: gpio-pulse, gpio: { chip: pinctrl-rp1, line: 18, debounceMs: 0 }";
const PULSE = "id: lift, profile: gpio-pulse, gpio: { chip: pinctrl-rp1, line: 17, debounceMs: 0 }";

const counted = async (rig: SenseRig) =>
  (await rig.opened()).flatMap(({ records }) =>
    records.map(({ value }) => (isPassages(value) ? (value.in ?? 0) : Number.NaN)),
  );

describe("P6 a counter's total", () => {
  it("P6 that comes twice, three times, or after a newer one counts once", async () => {
    const rig = new SenseRig(replayConfig([TURNSTILE], EXACT));
    let total = 1000;
    rig.send("turnstile", `{"inTotal":${total}}\n`);
    for (let window = 0; window < WINDOWS; window++) {
      rig.clock.advance(20_000);
      const old = total;
      total += window % 7;
      const line = `{"inTotal":${total}}\n`;
      rig.send("turnstile", line + line);
      // An answer of before, delayed: it goes back, and the next one forward again.
      if (window % 5 === 4 && total > old) rig.send("turnstile", `{"inTotal":${old}}\n${line}`);
      await rig.advance(40_000);
    }
    const sum = (await counted(rig)).reduce((all, one) => all + one, 0);
    expect(sum).toBe(total - 1000);
    evidence(
      "P6",
      `${WINDOWS} windows of a running total with every line doubled and every fifth answer late: ${sum} counted, ${total - 1000} passed`,
    );
  });
});

describe("P6 a line that tells of passages", () => {
  it("P6 counts in the window in which it comes, and in no other", async () => {
    const rig = new SenseRig(replayConfig([GATE], EXACT));
    for (let window = 0; window < WINDOWS; window++) {
      await rig.advance(MINUTE - 1);
      rig.send("gate", '{"in":1}\n');
      await rig.advance(1);
      rig.send("gate", '{"in":2}\n');
    }
    const values = await counted(rig);
    expect(values).toEqual([1, ...new Array<number>(WINDOWS - 1).fill(3)]);
  });

  it("P6 is never believed about a time of its own", async () => {
    const rig = new SenseRig(replayConfig([GATE], EXACT));
    await rig.advance(MINUTE);
    rig.send("gate", '{"in":5,"at":"2026-06-01T12:00:30Z","time":1780315230}\n');
    await rig.advance(MINUTE);
    expect(await counted(rig)).toEqual([0, 5]);
  });
});

describe("P6 an edge with the kernel's time", () => {
  it("P6 counts in the window in which it happened, though it is read after the end of it", async () => {
    const rig = new SenseRig(replayConfig([PULSE, OTHER], EXACT));
    const chip = new FakeGpioChip(() => rig.clock.monotonic());
    chip.plug();
    for (const [id, offset] of [
      ["lift", 17],
      ["stairs", 18],
    ] as const)
      await wire(rig, chip, id, offset);
    // The queue is looked at every 50 ms: what comes right before the end has not been read when the window closes.
    for (let window = 0; window < WINDOWS; window++) {
      await rig.advance(MINUTE - (rig.clock.realtime() % MINUTE) - 3);
      for (const offset of [17, 18]) pulse(chip, offset);
      await rig.advance(4);
      pulse(chip, 17);
    }
    await rig.advance(MINUTE);
    const messages = await rig.opened();
    const of = (sensor: string) =>
      messages.map(({ records }) => records.find((one) => one.sensor === sensor)?.value).map(inOf);
    expect(of("lift")).toEqual([1, ...new Array<number>(WINDOWS - 1).fill(2), 1]);
    expect(of("stairs")).toEqual([...new Array<number>(WINDOWS).fill(1), 0]);
    evidence(
      "P6",
      `${3 * WINDOWS} pulses on two GPIO lines, 3 ms before the end of a window or 1 ms after it: each counted once, in the window in which it happened`,
    );
  });

  it("P6 counts in its window while the process stands still, which only a line without times does not survive", async () => {
    const rig = new SenseRig(replayConfig([PULSE, GATE], EXACT));
    const chip = new FakeGpioChip(() => rig.clock.monotonic());
    chip.plug();
    await wire(rig, chip, "lift", 17);
    for (let window = 0; window < WINDOWS; window++) {
      await rig.advance(MINUTE - (rig.clock.realtime() % MINUTE) - 4_500);
      // Over the end of a window: five before it, three after it.
      for (let second = 0; second < 8; second++) {
        pulse(chip, 17);
        rig.clock.standStill(1_000);
      }
    }
    await rig.advance(MINUTE);
    const messages = await rig.opened();
    const of = (sensor: string) =>
      messages.map(({ records }) => records.find((one) => one.sensor === sensor));
    expect(of("lift").map((one) => inOf(one?.value))).toEqual([
      5,
      ...new Array<number>(WINDOWS - 1).fill(8),
      3,
    ]);
    expect(of("lift").every((one) => one?.quality === "ok" && !one.flags)).toBe(true);
    expect(of("gate").every((one) => one?.quality === "partial" && one.covered < 57)).toBe(true);
    evidence(
      "P6",
      `${8 * WINDOWS} pulses on a GPIO line while the process stood still for 8 s around the end of a window, ${WINDOWS} times: each counted once, in the window in which it happened, and every window whole`,
    );
  });

  it("P6 P9 that the process stood still for many windows: each has its record, with passages in it or not", async () => {
    const [crowd, nobody] = await Promise.all([stoodStill(2), stoodStill(0)]);
    expect(crowd.shape).toEqual(nobody.shape);
    expect(crowd.shape.events).toEqual([]);
    expect(crowd.lift).toEqual([2, 2, 2, 2, 2, 2, 2, 0]);
    expect(nobody.lift).toEqual(new Array<number>(8).fill(0));
    evidence(
      "P6",
      "7 minutes in which the process stood still, in front of nobody and of 14 passages at a GPIO line: the same records of the same windows, no gap, each passage in the window in which it happened",
    );
  });

  it("P6 is read before anything is judged of its line, though the process stood still", async () => {
    const beam = PULSE.replace("gpio: {", "stuckAfterMs: 5000, gpio: {");
    const rig = new SenseRig(replayConfig([beam], EXACT));
    const chip = new FakeGpioChip(() => rig.clock.monotonic());
    rig.lines.get("lift")?.fail("device.gone", rig.clock.monotonic());
    await rig.advance(20_007);
    chip.plug();
    await wire(rig, chip, "lift", 17);
    await rig.advance(800);
    // Somebody is in the beam when the process begins to stand still, and leaves at once.
    chip.set(17, 1);
    await rig.advance(70);
    chip.set(17, 0);
    rig.clock.standStill(20_000);
    await rig.advance(MINUTE);
    const [record] = (await rig.opened()).flatMap(({ records }) => records);
    expect(record).toMatchObject({ quality: "partial", value: { in: 1 } });
    expect(record?.covered).toBeLessThan(41);
  });

  it("P6 that is told after its window has closed all the same is discarded, and the windows say so", async () => {
    const rig = new SenseRig(replayConfig([PULSE], EXACT));
    const line = rig.lines.get("lift");
    const pulseOf = (agoMs: number) => {
      const atMs = rig.clock.monotonic() - agoMs;
      line?.feedEdge("pulse", 1, atMs);
      line?.feedEdge("pulse", 0, atMs + 100);
    };
    await rig.advance(30_000);
    pulseOf(0);
    await rig.advance(30_500);
    // From before the end that has been, and from after it.
    pulseOf(2_000);
    pulseOf(200);
    await rig.advance(60_000);
    const records = (await rig.opened()).flatMap(({ records }) => records);
    expect(records.map(({ value }) => inOf(value))).toEqual([1, 1]);
    expect(records.map(({ flags = [] }) => flags)).toEqual([[], ["edges_lost"]]);
  });
});

const inOf = (value: object | undefined) => (value && "in" in value ? value.in : Number.NaN);

/** What is published of a process that stood still for seven windows while so many pulses came in each. */
async function stoodStill(pulses: number) {
  const rig = new SenseRig(replayConfig([PULSE, GATE], EXACT));
  const chip = new FakeGpioChip(() => rig.clock.monotonic());
  chip.plug();
  await wire(rig, chip, "lift", 17);
  await rig.advance(MINUTE - (rig.clock.realtime() % MINUTE) - 10_000);
  for (let window = 0; window < 7; window++) {
    for (let count = 0; count < pulses; count++) {
      pulse(chip, 17);
      rig.clock.standStill(500);
    }
    rig.clock.standStill(MINUTE - pulses * 500);
  }
  await rig.advance(MINUTE);
  const messages = await rig.opened();
  const records = messages.flatMap(({ records }) => records);
  return {
    shape: {
      events: rig.core.events.unkept().map(({ event }) => event),
      records: records.map(({ value, ...told }) => ({ ...told, isMeasured: value !== null })),
    },
    lift: records.filter(({ sensor }) => sensor === "lift").map(({ value }) => inOf(value)),
  };
}

/** Puts the real line of a sensor between a chip and its feed. */
async function wire(rig: SenseRig, chip: FakeGpioChip, id: string, offset: number): Promise<void> {
  const feed = rig.core.feeds.find(({ sensor }) => sensor.id === id);
  if (!feed) throw new Error(`no sensor ${id}`);
  await rig.lines.get(id)?.stop();
  const settings = {
    chip: chip.label,
    lines: { pulse: offset },
    bias: "as-is",
    activeLow: false,
    debounceMs: 0,
  } as const;
  const line = new GpioLine({ settings, clock: rig.clock, jitterBelow: () => 0, request: chip.request });
  feed.connect({ send() {}, drain: (beforeMs) => line.drain(beforeMs), remembers: line.remembers });
  line.start(rig.core.pipeline.listenerFor(feed));
  await rig.advance(100);
}

function pulse(chip: FakeGpioChip, offset: number): void {
  chip.set(offset, 1);
  chip.set(offset, 0);
}
