import fc from "fast-check";
import { expect, it } from "vitest";
import { isPassages } from "../../src/contract/values.ts";
import { GpioLine } from "../../src/sense/line/gpio-line.ts";
import { SenseRig } from "../kit/core.ts";
import { FakeGpioChip } from "../kit/gpio-chip.ts";
import { EXACT, replayConfig } from "../kit/replayed.ts";
import { evidence } from "./evidence.ts";

/**
 * P9, P7: a process that stands still, a clock that steps and a sense that is killed leave traces in what is published: gaps,
 * covered seconds, times of events. None of them may tell of passages, also not of the last one before.
 */

const MINUTE = 60_000;
const BEAMS = { lift: 17, stairs: 18 } as const;
type Beam = keyof typeof BEAMS;
const BEAM_IDS = ["lift", "stairs"] as const;
const YAML = replayConfig(
  [
    ...BEAM_IDS.map(
      (id) => `id: ${id}, profile: gpio-pulse, gpio: { chip: c, line: ${BEAMS[id]}, debounceMs: 0 }`,
    ),
    "id: gate, profile: generic-jsonl, port: /dev/gate",
    "id: cam, profile: generic-jsonl, port: /dev/cam, sends: [present]",
  ],
  EXACT,
);

/** What happens to the gateway; a crowd passes meanwhile, or nobody. */
type Event =
  | { readonly what: "passes" | "stands" | "steps"; readonly ms: number }
  | { readonly what: "killed" };

/** Ms from one passage to the next, turn by turn, and at which beam. */
type Crowd = readonly { readonly afterMs: number; readonly beam: Beam }[];

class Street {
  readonly rig = new SenseRig(YAML);
  /** Passages in each window, by its end. */
  readonly passed = new Map<string, number>();
  readonly #chip = new FakeGpioChip(() => this.rig.clock.monotonic());
  readonly #crowd: Crowd;
  #next = 0;
  #lines: GpioLine[] = [];

  constructor(crowd: Crowd) {
    this.#crowd = crowd;
    this.#chip.plug();
  }

  async open(): Promise<void> {
    const { rig } = this;
    for (const id of BEAM_IDS) {
      const feed = rig.core.feeds.find(({ sensor }) => sensor.id === id);
      if (!feed) throw new Error(`no sensor ${id}`);
      rig.lines.get(id)?.fail("device.gone", rig.clock.monotonic());
      await rig.lines.get(id)?.stop();
      const common = { chip: this.#chip.label, bias: "as-is", activeLow: false, debounceMs: 0 } as const;
      const settings = { ...common, lines: { pulse: BEAMS[id] } };
      const { request } = this.#chip;
      const line = new GpioLine({ settings, clock: rig.clock, jitterBelow: () => 0, request });
      feed.connect({ send() {}, drain: (beforeMs) => line.drain(beforeMs), remembers: line.remembers });
      line.start(rig.core.pipeline.listenerFor(feed));
      this.#lines.push(line);
    }
    await this.#advance(137);
  }

  async meet(event: Event): Promise<void> {
    const { clock } = this.rig;
    if (event.what === "killed") return this.#killed();
    if (event.what === "steps") return clock.step(event.ms);
    const untilMs = clock.monotonic() + event.ms;
    while (clock.monotonic() < untilMs) {
      const { afterMs = MINUTE } = this.#crowd[this.#next % this.#crowd.length] ?? {};
      const ms = Math.min(afterMs, untilMs - clock.monotonic());
      if (event.what === "stands") clock.standStill(ms);
      else await this.#advance(ms);
      if (ms === afterMs) this.#pass();
    }
    await this.rig.advance(0);
  }

  /** Timer by timer, so that what a turn leaves for behind it is done at its time. */
  async #advance(ms: number): Promise<void> {
    const { clock } = this.rig;
    const untilMs = clock.monotonic() + ms;
    for (let due = clock.nextDue(); due !== undefined && due <= untilMs; due = clock.nextDue()) {
      clock.advanceTo(due);
      await Promise.resolve();
    }
    clock.advanceTo(untilMs);
    await this.rig.advance(0);
  }

  async #killed(): Promise<void> {
    this.rig.kill();
    for (const line of this.#lines.splice(0)) await line.stop();
    this.rig.start(YAML);
    await this.open();
  }

  #pass(): void {
    const one = this.#crowd[this.#next++ % this.#crowd.length];
    if (!one) return;
    this.#chip.set(BEAMS[one.beam], 1);
    this.#chip.set(BEAMS[one.beam], 0);
    const endMs = (Math.floor(this.rig.clock.realtime() / MINUTE) + 1) * MINUTE;
    const key = `${new Date(endMs).toISOString()} ${one.beam}`;
    this.passed.set(key, (this.passed.get(key) ?? 0) + 1);
  }
}

/** A day in the life of a gateway: what the city opens, what was told in the clear, and the passages of each window. */
async function lived(events: readonly Event[], crowd: Crowd) {
  const street = new Street(crowd);
  await street.open();
  for (const event of events) await street.meet(event);
  await street.rig.advance(30 * MINUTE);
  const messages = await street.rig.opened();
  const records = messages.flatMap(({ end, records }) => records.map((record) => ({ ...record, end })));
  const counted = records.map(({ end, sensor, value }) => {
    return [`${new Date(end).toISOString()} ${sensor}`, isPassages(value) ? (value.in ?? 0) : 0] as const;
  });
  return {
    seen: {
      messages: messages.map(({ end, seq }) => [end, seq]),
      events: street.rig.core.events.unkept().map(({ event, atMs }) => ({ ...event, atMs })),
      records: records.map(({ value, ...told }) => told),
    },
    counted: new Map(counted.filter(([, count]) => count > 0)),
    passed: street.passed,
  };
}

const passes = fc.record({ what: fc.constant("passes" as const), ms: fc.integer({ min: 1, max: 90_000 }) });
const stands = fc.record({ what: fc.constant("stands" as const), ms: fc.integer({ min: 1, max: 400_000 }) });
const steps = fc.record({
  what: fc.constant("steps" as const),
  ms: fc.integer({ min: -600_000, max: 600_000 }),
});
const killed = fc.constant({ what: "killed" as const });
const crowds = fc.array(
  fc.record({ afterMs: fc.integer({ min: 400, max: 9_000 }), beam: fc.constantFrom(...BEAM_IDS) }),
  { minLength: 5, maxLength: 20 },
);
const RUNS = 8;

it("P9 P7 of a standstill, a step of the clock and a kill nothing that is published tells whether anybody passed", async () => {
  const event = fc.oneof(passes, passes, stands, stands, steps, killed);
  await fc.assert(
    fc.asyncProperty(fc.array(event, { minLength: 6, maxLength: 14 }), crowds, async (events, crowd) => {
      const [busy, empty] = [await lived(events, crowd), await lived(events, [])];
      expect(busy.seen).toEqual(empty.seen);
      expect(empty.counted.size).toBe(0);
    }),
    { numRuns: RUNS },
  );
  evidence(
    "P9",
    `${RUNS} random lives of a gateway that stands still, is killed and has its clock stepped: the same messages, gaps, covered seconds and times of events in front of nobody and of a crowd`,
  );
});

it("P6 every passage counts in the window in which it happened, however long the process stood still", async () => {
  const event = fc.oneof(passes, stands);
  await fc.assert(
    fc.asyncProperty(fc.array(event, { minLength: 4, maxLength: 10 }), crowds, async (events, crowd) => {
      const { counted, passed } = await lived(events, crowd);
      expect(counted).toEqual(passed);
    }),
    { numRuns: RUNS },
  );
});
