import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type {
  DialogueEvent,
  DialogueScript,
  InitStep,
  Liveness,
  Poll,
} from "../../src/sense/sensor/dialogue/dialogue.ts";
import { readAnswer, readRequest } from "../../src/sense/sensor/dialogue/modbus.ts";
import { type Course, type Fate, type Sending, talk } from "../unit/dialogue/device.ts";
import { latin1 } from "../unit/dialogue/rig.ts";

/** The device is bad for this long, and has this long to be found working again: the longest back-off, and an init. */
const FAULTY_MS = 8000;
const RECOVERY_MS = 75_000;
const RUNS = 40;
const UNTIL_MS = FAULTY_MS + RECOVERY_MS;

const steps: fc.Arbitrary<readonly InitStep[]> = fc
  .array(
    fc.record({
      answer: fc.constantFrom("frame" as const, "text" as const, "Done" as const, "nothing" as const),
      timeoutMs: fc.integer({ min: 20, max: 300 }),
      retries: fc.integer({ min: 0, max: 2 }),
      gapMs: fc.integer({ min: 0, max: 120 }),
      always: fc.boolean(),
    }),
    { maxLength: 5 },
  )
  .map((list) =>
    list.map(({ answer, ...rest }, at) => ({
      ...rest,
      port: "main" as const,
      send: latin1(`${answer[0]}${at}`),
      expect: expectOf(answer, at),
    })),
  );

function expectOf(answer: "frame" | "text" | "Done" | "nothing", at: number): InitStep["expect"] {
  if (answer === "nothing") return null;
  if (answer === "frame") return { kind: "frame", starts: latin1(`ok f${at};`) };
  return { kind: "text", any: [answer === "Done" ? "Done" : `ok t${at};`], refuse: ["Error"] };
}

/** All polls are alike: an answer tells them apart in nothing but a value that the machine does not look at. */
const polls: fc.Arbitrary<readonly Poll[]> = fc
  .array(
    fc.record({
      everyMs: fc.integer({ min: 100, max: 2000 }),
      timeoutMs: fc.integer({ min: 20, max: 200 }),
      retries: fc.integer({ min: 0, max: 2 }),
    }),
    { maxLength: 3 },
  )
  .map((list) =>
    list.map((times, at) => ({
      ...times,
      name: Buffer.from(readRequest(1, 3, at, 2)).toString("latin1"),
      port: "main" as const,
      send: readRequest(1, 3, at, 2),
      expect: readAnswer(1, 3, 2),
    })),
  );

const liveness: fc.Arbitrary<Liveness> = fc.oneof(
  fc.record({
    kind: fc.constant("poll" as const),
    silentAfterMs: fc.integer({ min: 500, max: 5000 }),
    missedPolls: fc.integer({ min: 1, max: 4 }),
  }),
  fc.record({
    kind: fc.constantFrom("frames" as const, "heartbeat" as const),
    silentAfterMs: fc.integer({ min: 500, max: 5000 }),
  }),
  fc.constant({ kind: "none" as const }),
);

const scripts: fc.Arbitrary<DialogueScript> = fc.record({
  init: steps,
  polls,
  liveness,
  gapMs: fc.integer({ min: 0, max: 20 }),
});

const fateOf = (...kinds: Fate["kind"][]) =>
  fc.record({
    kind: fc.constantFrom(...kinds),
    lateMs: fc.integer({ min: 0, max: 3000 }),
    tickLateMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 60 })),
  });
const fates = fc.array(fateOf("good", "lost", "late", "twice", "denied", "rubbish"), { maxLength: 30 });

function answer(what: string, denied: boolean): DialogueEvent {
  const text = (words: string): DialogueEvent => ({ type: "text", port: "main", bytes: latin1(words) });
  if (kindOf(what) === "poll") return { type: "frame", port: "main", name: "modbus", bytes: modbus(denied) };
  if (what.startsWith("f")) return { type: "frame", port: "main", name: "ack", bytes: latin1(`ok ${what};`) };
  if (denied) return text("Error 1");
  return text(what.startsWith("D") ? "Done" : `ok ${what};`);
}

function modbus(denied: boolean): Uint8Array {
  return denied ? Uint8Array.of(1, 0x83, 2, 0, 0) : Uint8Array.of(1, 3, 4, 0, 1, 0, 2, 0, 0);
}

const course = (script: DialogueScript, list: readonly Fate[]): Course =>
  talk(script, { fates: list, faultyUntilMs: FAULTY_MS, untilMs: UNTIL_MS, framesEveryMs: 250 }, answer);

function neighbours(sendings: readonly Sending[]): (readonly [Sending, Sending])[] {
  return sendings.slice(1).map((later, at) => [sendings[at] as Sending, later] as const);
}

const isPoll = ({ what }: Sending) => kindOf(what) === "poll";

/** Requests of one kind may be ended by the same answers. */
function kindOf(what: string): "poll" | "frame" | "text" {
  if (what.charCodeAt(0) === 1) return "poll";
  return what.startsWith("f") ? "frame" : "text";
}

describe("a dialogue under loss, delay, duplication, refusal and rubbish", () => {
  it("never sends faster than its script allows, and one request at a time", () => {
    fc.assert(
      fc.property(scripts, fates, (script, list) => {
        const { sendings, delivered, restarts } = course(script, list);
        for (const [one, next] of neighbours(sendings)) {
          if (one.run !== next.run) continue;
          const waited = next.atMs - one.atMs;
          const ended = delivered.some(
            ({ atMs, what }) => atMs >= one.atMs && atMs <= next.atMs && kindOf(what) === kindOf(one.what),
          );
          const least = next.sends === 1 && (one.blind || ended) ? one.gapMs : one.timeoutMs;
          expect(waited).toBeGreaterThanOrEqual(least);
        }
        for (const { name, everyMs } of script.polls) {
          const rounds = sendings.filter(({ what, sends }) => what === name && sends === 1);
          for (const [at, { atMs }] of rounds.slice(2).entries())
            expect(atMs - (rounds[at]?.atMs ?? 0)).toBeGreaterThanOrEqual(everyMs);
        }
        for (const { atMs } of restarts) {
          const next = sendings.find((sending) => sending.atMs > atMs);
          if (next) expect(next.atMs - atMs).toBeGreaterThanOrEqual(1000);
        }
      }),
      { numRuns: RUNS },
    );
  });

  it("never hangs: something is due, later than now, unless it works with nothing to ask or to watch", () => {
    fc.assert(
      fc.property(scripts, fates, (script, list) => {
        const idle =
          script.polls.length === 0 &&
          script.liveness.kind !== "frames" &&
          script.liveness.kind !== "heartbeat";
        for (const { atMs, told, condition, dueMs } of course(script, list).looks) {
          if (dueMs === null) expect(idle && condition === "working").toBe(true);
          else expect(dueMs).toBeGreaterThan(told === "text" ? -1 : atMs);
        }
      }),
      { numRuns: RUNS },
    );
  });

  it("works again, and stays so, once the device answers properly", () => {
    fc.assert(
      fc.property(scripts, fates, (script, list) => {
        const { looks, last } = course(script, list);
        const late = looks.filter(({ atMs }) => atMs > UNTIL_MS - 5000);
        for (const { condition } of late) expect(condition).toBe("working");
        expect(last.condition).toBe("working");
      }),
      { numRuns: RUNS },
    );
  });

  it("sends the steps that run always in every run of the init, whatever failed", () => {
    fc.assert(
      fc.property(scripts, fates, (script, list) => {
        const { sendings, last, restarts } = course(script, list);
        const always = script.init
          .filter((step) => step.always)
          .map(({ send }) => Buffer.from(send).toString("latin1"));
        for (let run = 0; run <= last.tallies.restarts; run++) {
          const sent = sendings.filter((one) => one.run === run && !isPoll(one)).map(({ what }) => what);
          if (run < last.tallies.restarts || last.phase.at === "running")
            expect(sent).toEqual(expect.arrayContaining(always));
        }
        expect(restarts).toHaveLength(last.tallies.restarts);
      }),
      { numRuns: RUNS },
    );
  });

  it("gives each answer to the poll that it belongs to, if it comes within twice its time", () => {
    const late = fc.array(fateOf("good", "lost", "late"), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(polls, late, (list, some) => {
        const script: DialogueScript = { init: [], polls: list, liveness: { kind: "none" } };
        const shortest = Math.min(...list.map(({ timeoutMs }) => timeoutMs), 1000);
        const bounded = some.map((fate) => ({
          ...fate,
          tickLateMs: 0,
          lateMs: fate.lateMs % (2 * shortest),
        }));
        const device = { fates: bounded, faultyUntilMs: 20_000, untilMs: 20_000, framesEveryMs: 0 };
        for (const { to, from } of talk(script, device, answer).given) expect(to).toBe(from);
      }),
      { numRuns: RUNS },
    );
  });
});
