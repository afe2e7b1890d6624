import { describe, expect, it } from "vitest";
import { SenseRig } from "../kit/core.ts";
import { EXACT, replayConfig } from "../kit/replayed.ts";
import { evidence } from "./evidence.ts";

/** P6: what comes late or twice does not move the mean over many windows. */

const MINUTE = 60_000;
const WINDOWS = 60;
const TURNSTILE = "id: turnstile, profile: generic-jsonl, port: /dev/turnstile, sends: [totals]";
const GATE = "id: gate, profile: generic-jsonl, port: /dev/gate";
const PULSE = "id: lift, profile: gpio-pulse, gpio: { chip: pinctrl-rp1, line: 17 }";

const counted = async (rig: SenseRig) =>
  (await rig.opened()).flatMap(({ records }) =>
    records.map(({ value }) => ("in" in value ? (value.in ?? 0) : Number.NaN)),
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

evidence(
  "P6",
  "NOT HELD for GPIO edges: one that is read up to 50 ms after the end of its window is counted into the next window, once, instead of being discarded",
);

describe("P6 an edge with the kernel's time", () => {
  // The rule does not hold here: the kernel's queue is read every 50 ms, so that a passage right before the end of a window
  // may be counted into the next one. It counts once all the same. Whoever mends it makes this an ordinary test.
  it.fails("P6 that is read after its window has closed is discarded, not moved", async () => {
    const rig = new SenseRig(replayConfig([PULSE], EXACT));
    const pulse = (agoMs: number) => {
      const line = rig.lines.get("lift");
      const atMs = rig.clock.monotonic() - agoMs;
      line?.feedEdge("pulse", 1, atMs);
      line?.feedEdge("pulse", 0, atMs + 100);
    };
    await rig.advance(30_000);
    pulse(0);
    await rig.advance(30_500);
    // From before the end that has been, and from after it.
    pulse(2_000);
    pulse(200);
    await rig.advance(60_000);
    expect(await counted(rig)).toEqual([1, 1]);
  });
});
