import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { profileEngine } from "../../src/sense/sensor/profile/engine.ts";
import { type PowerUp, powered } from "../../src/simulators/catalog.ts";
import {
  cut,
  type Damage,
  type Dice,
  diceOf,
  flip,
  insert,
  noise,
  sometimes,
} from "../../src/simulators/damage.ts";
import { ebytePulse } from "../../src/simulators/ebyte-e8xx-pulse.ts";
import { icomsRadar } from "../../src/simulators/icoms-tma-3b3.ts";
import { dconCounter } from "../../src/simulators/icpdas-dcon-counter.ts";
import { modbusCounter } from "../../src/simulators/modbus-counter.ts";
import { countUntil, passagesOf, type Walker } from "../../src/simulators/scene.ts";
import { terabeeCounter } from "../../src/simulators/terabee-people-counter.ts";
import { deviceProfile, settingsOf } from "../kit/devices.ts";
import { Meeting } from "../kit/meeting.ts";
import { walks } from "../kit/scenes.ts";

interface Counter {
  readonly name: string;
  readonly profile: string;
  readonly settings: Record<string, unknown>;
  readonly powerUp: PowerUp;
  /** A damaged answer cannot be told from a good one. */
  readonly withoutCheck?: true;
}

const map = { unit: 9, firstRegister: 4, readFunction: 3, lowWordFirst: false } as const;
const COUNTERS: readonly Counter[] = [
  {
    name: "an Ebyte that clears by reading until it is told not to",
    profile: "ebyte-e8xx-pulse",
    settings: { e831: true },
    powerUp: powered(ebytePulse({ clearsOnRead: true })),
  },
  {
    name: "a Modbus counter",
    profile: "modbus-counter",
    settings: map,
    powerUp: powered(modbusCounter(map)),
  },
  {
    name: "an I-7080 with check sums",
    profile: "icpdas-dcon-counter",
    settings: { checksum: true },
    powerUp: powered(dconCounter({ checksum: true })),
  },
  {
    name: "an I-7080 without check sums",
    profile: "icpdas-dcon-counter",
    settings: {},
    powerUp: powered(dconCounter()),
    withoutCheck: true,
  },
  { name: "a Terabee", profile: "terabee-people-counter", settings: {}, powerUp: powered(terabeeCounter()) },
];

/** Back-off of the longest damage here, a round of polls, and people to count behind them. */
const RECOVERED_MS = 60_000;
const END_MS = 110_000;

/** People who pass one after the other, the last of them near the end. */
const scenes = fc
  .array(
    fc.record({
      way: fc.constantFrom("in" as const, "out" as const),
      gapMs: fc.integer({ min: 100, max: 4000 }),
    }),
    {
      minLength: 10,
      maxLength: 60,
    },
  )
  .map((people) => {
    let atMs = 1500;
    const walkers = people.map(({ way, gapMs }): Walker => {
      atMs += gapMs;
      return walks(way, atMs);
    });
    return [...walkers, walks("in", END_MS - 8000), walks("out", END_MS - 7000)];
  });
const bad = fc.record({
  seed: fc.integer(),
  share: fc.double({ min: 0.1, max: 1, noNaN: true }),
  fromMs: fc.integer({ min: 0, max: 10_000 }),
  forMs: fc.integer({ min: 1, max: 30_000 }),
});

/** An engine and its device on a line that is bad for a while and cuts whatever it carries into pieces. */
function talk(
  { profile: id, settings, powerUp }: Omit<Counter, "name">,
  scene: readonly Walker[],
  { seed, share, fromMs, forMs }: { seed: number; share: number; fromMs: number; forMs: number },
  damages: (dice: Dice) => readonly Damage[],
) {
  const profile = deviceProfile(id);
  const meeting = new Meeting(profileEngine(profile, settingsOf(profile, settings)), powerUp(scene, 0));
  const dice = diceOf(seed);
  const damage = sometimes(dice, share, damages(dice));
  meeting.pieces = ({ bytes }) => {
    const isBad = meeting.nowMs >= fromMs && meeting.nowMs <= fromMs + forMs;
    const carried = isBad ? damage(bytes) : bytes;
    const at = Math.floor(dice() * (carried.length + 1));
    return [carried.subarray(0, at), carried.subarray(at)].filter(({ length }) => length > 0);
  };
  return meeting;
}

const everything = (dice: Dice) => [flip(dice), cut(dice), insert(dice), noise(dice), () => new Uint8Array()];
const flips = (dice: Dice) => [flip(dice)];

/** What a counter shows at a moment, in the channels that a reading tells. */
function shown(scene: readonly Walker[], { atMs, reading }: Meeting["heard"][number]) {
  const totals = countUntil(passagesOf(scene, 2), atMs);
  return Object.fromEntries(
    Object.keys(reading).map((key) => [key, key === "type" ? "totals" : totals[key as "in"]]),
  );
}

for (const counter of COUNTERS) {
  describe(`${counter.name} on a line that is bad for a while`, () => {
    it("is asked and heard again soon after, and then shows everybody", () => {
      fc.assert(
        fc.property(scenes, bad, (scene, line) => {
          const meeting = talk(counter, scene, line, everything).run(END_MS);
          const recovered = meeting.heard.filter(
            ({ atMs }) => atMs > line.fromMs + line.forMs + RECOVERED_MS,
          );
          expect(meeting.engine.condition).toBe("working");
          expect(recovered.length).toBeGreaterThan(0);
          for (const heard of recovered) expect(heard.reading).toEqual(shown(scene, heard));
        }),
      );
    });

    if (counter.withoutCheck) return;
    it("never shows anybody who was not there, whatever single bits turn", () => {
      fc.assert(
        fc.property(scenes, bad, (scene, line) => {
          const meeting = talk(counter, scene, line, flips).run(line.fromMs + line.forMs);
          for (const heard of meeting.heard) expect(heard.reading).toEqual(shown(scene, heard));
        }),
      );
    });
  });
}

describe("an Icoms radar on a line that is bad for a while", () => {
  const radar = { profile: "icoms-tma-3b3", settings: {}, powerUp: powered(icomsRadar()) };

  it("never counts more than passed, and everybody again from the first good message on", () => {
    fc.assert(
      fc.property(scenes, bad, (scene, line) => {
        const meeting = talk(radar, scene, line, everything).run(END_MS);
        const passages = passagesOf(scene, 2);
        const goodFromMs = line.fromMs + line.forMs;
        const sum = { in: 0, out: 0 };
        let during = 0;
        for (const { atMs, reading } of meeting.heard) {
          if (reading.type !== "passages") throw new Error("only passages");
          if (atMs <= goodFromMs) during += reading.in + reading.out;
          else {
            sum.in += reading.in;
            sum.out += reading.out;
          }
        }
        const [before, all] = [countUntil(passages, goodFromMs), countUntil(passages, END_MS)];
        expect(during).toBeLessThanOrEqual(before.in + before.out);
        expect(sum).toEqual({ in: all.in - before.in, out: all.out - before.out });
        expect(meeting.engine.condition).toBe("working");
      }),
    );
  });
});
