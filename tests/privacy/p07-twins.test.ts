import { describe, expect, it } from "vitest";
import { isPassages } from "../../src/contract/values.ts";
import { evidence, FULL } from "./evidence.ts";
import { BEAT_MS, beat, exactStreetYaml, MOST_IN_VIEW, streetYaml } from "./street.ts";
import { VirtualGateway } from "./virtual-gateway.ts";

/**
 * P7, P8 and P9 by twins: two gateways with the same configuration and the same clock, one in front of nobody, one in front
 * of 500 people. What somebody who taps the line, who reads status and health, and who stands below the status light, sees of the two must be the same.
 */

const PAIRS = FULL ? 300 : 30;
const MINUTES = 2;
const BEATS = (MINUTES * 60_000) / BEAT_MS;
/** More than 500 pass at the gate alone. */
const PEOPLE = Math.ceil(500 / BEATS);
const LONG_MS = 600_000;

interface Seen {
  readonly tapped: VirtualGateway["tapped"];
  readonly open: readonly string[];
  readonly states: readonly object[];
  readonly baselines: readonly string[];
  readonly light: VirtualGateway["watcher"]["seen"];
}

async function live(
  yaml: string,
  people: number,
  minutes = MINUTES,
): Promise<VirtualGateway & { seen: Seen }> {
  const gateway = new VirtualGateway(yaml, { lookMs: BEAT_MS });
  const states: object[] = [];
  for (let number = 1; number <= (minutes * 60_000) / BEAT_MS; number++) {
    await beat(gateway, number, people);
    states.push(gateway.state());
  }
  // What was sealed at the last end is on its way.
  await gateway.pass(5_000);
  const baselines = gateway.outbox.senseMemory("any").baselines.map(({ channel }) => channel);
  gateway.stop();
  const mask = (text: string) =>
    text.replaceAll(gateway.rig.core.epoch, "EPOCH").replaceAll(/"epoch":"\w{16}"/g, "EPOCH");
  const seen = {
    tapped: gateway.tapped,
    open: gateway.open.map(mask),
    states: JSON.parse(mask(JSON.stringify(states))),
    baselines,
    light: gateway.watcher.seen,
  };
  return Object.assign(gateway, { seen });
}

describe("twins, one of which sees nobody", () => {
  it(
    `P7 P8 P9 look the same to who taps the line and reads status and health`,
    async () => {
      const lengths = new Set<string>();
      let messages = 0;
      for (let pair = 0; pair < PAIRS; pair++) {
        const [quiet, busy] = [await live(streetYaml(), 0), await live(streetYaml(), PEOPLE)];
        expect(busy.seen.tapped).toEqual(quiet.seen.tapped);
        expect(busy.seen.open).toEqual(quiet.seen.open);
        expect(busy.seen.states).toEqual(quiet.seen.states);
        expect(busy.seen.light).toEqual(quiet.seen.light);
        expect(quiet.watcher.read).toContain("beat");
        for (const { topic, length, atMs } of quiet.seen.tapped) lengths.add(`${topic} ${atMs} ${length}`);
        messages += quiet.tapped.length;
      }
      // Not only within a pair: from any run to any other.
      expect(lengths.size).toBe(messages / PAIRS);
      const people = PEOPLE * BEATS;
      evidence(
        "P7",
        `${PAIRS} pairs of twins, 0 versus ${people} passages at each sensor: ${messages} messages a side, same number, topics and times to the millisecond`,
      );
      evidence("P8", `${PAIRS} pairs of twins: ${messages} messages a side, every one as long as its twin`);
      evidence(
        "P9",
        `${PAIRS} pairs of twins: status, health, births, events and the status light equal, looked at ${BEATS} times each, the light all the time`,
      );
    },
    LONG_MS,
  );

  it("P7 seal one message at every end of a window, at a fixed time after it, and no other", async () => {
    const { tapped } = await live(streetYaml(), PEOPLE, 10);
    const sealed = tapped.filter(({ contentType }) => contentType === "application/jose");
    const delays = sealed.map(({ atMs }) => (atMs - 1_000) % 60_000);
    expect(sealed).toHaveLength(10);
    expect(new Set(delays).size).toBe(1);
    expect(delays[0]).toBeLessThanOrEqual(1_251);
    expect(new Set(sealed.map(({ length }) => length)).size).toBe(2);
    expect(tapped.filter(({ topic }) => topic.endsWith("/event"))).toHaveLength(1);
  });

  it("P7 P9 are told apart by the city alone, which opens what they sealed", async () => {
    const busy = await live(exactStreetYaml(), PEOPLE);
    const records = (await busy.opened()).flatMap((message) => message.records);
    const counted = (id: string) =>
      records
        .filter(({ sensor }) => sensor === id)
        .reduce((sum, { value }) => sum + (isPassages(value) ? (value.in ?? 0) : 0), 0);
    const people = PEOPLE * BEATS;
    expect(counted("gate")).toBe(people);
    expect(counted("turnstile")).toBe(people - PEOPLE);
    expect(counted("stairs")).toBe(BEATS);
    const rack = records.filter(({ sensor }) => sensor === "rack").map(({ value }) => value);
    expect(rack).toEqual(
      Array.from({ length: MINUTES }, () => ({
        bicycle: { in: people / MINUTES, out: 0 },
        person: { in: 0, out: BEATS / MINUTES },
      })),
    );
    expect(counted("walk-line")).toBe(MOST_IN_VIEW * BEATS);
    expect(
      records.some(({ sensor, flags = [] }) => sensor === "old-counter" && flags.includes("spike_discarded")),
    ).toBe(true);
  });

  it("P9 keep a box for every running channel, whether it has counted or not", async () => {
    const [quiet, busy] = [await live(streetYaml(), 0), await live(streetYaml(), PEOPLE)];
    expect(quiet.seen.baselines).toEqual(busy.seen.baselines);
  });
});
