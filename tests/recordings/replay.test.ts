import { beforeAll, expect, it } from "vitest";
import { bottleneckTracks, doors, trackIds, turnstiles } from "../kit/recorded.ts";
import { EXACT, NOISED, type Replayed, replayConfig, replayed, sums, total } from "../kit/replayed.ts";
import { describeWithRecording, recording, rows } from "../kit/shared-data.ts";

const QUARTER = "flow: { windowSeconds: 900 }";
/** Standard deviation of discrete Laplace noise at epsilon 1. */
const NOISE_SD = 1.36;
const NOISED_RUNS = 10;

function turnstileConfig(ids: Map<string, string>, privacy: string, maxPerSecond: number): string {
  const sensors = [...ids.values()].map(
    (id) =>
      `id: ${id}, profile: generic-jsonl, port: /dev/${id}, sends: [totals], maxPerSecond: ${maxPerSecond}`,
  );
  return replayConfig(sensors, `${privacy}, ${QUARTER}`);
}

describeWithRecording("mta-turnstiles", "a week of ten turnstiles through the production path", () => {
  let exact: Replayed;
  const clean = () => turnstiles("clean");

  beforeAll(async () => {
    exact = await replayed(turnstileConfig(clean().ids, EXACT, 10), clean().events);
  });

  it("gives the known totals exactly", () => {
    expect(total(exact.records)).toEqual({ in: 30_863, out: 73_179 });
  });

  it("gives every quarter of an hour exactly", () => {
    const byEnd = sums(exact.records, ({ end }) => end);
    for (const row of rows("mta-turnstiles/clean.site15.csv")) {
      const end = `${row.end_local?.replace(" ", "T")}Z`;
      expect([end, byEnd.get(end)]).toEqual([end, { in: Number(row.in), out: Number(row.out) }]);
    }
  });

  it("says in every message that there is no noise, and why", () => {
    expect(exact.sealed.length).toBeGreaterThan(600);
    expect(exact.records.every(({ quality }) => quality !== "not_measured")).toBe(true);
  });

  it(`stays within six standard deviations of the truth in ${NOISED_RUNS} noised runs`, async () => {
    const { events, ids } = clean();
    const day = events.filter(({ t }) => t < "2023-12-31");
    const exactly = await replayed(turnstileConfig(ids, EXACT, 10), day);
    const truth = total(exactly.records);
    for (let run = 0; run < NOISED_RUNS; run++) {
      const { records } = await replayed(turnstileConfig(ids, NOISED, 10), day);
      const noised = total(records);
      const bound = 6 * NOISE_SD * Math.sqrt(records.length);
      // Beyond it by chance: 2e-9.
      expect(Math.abs(noised.in - truth.in)).toBeLessThanOrEqual(bound);
      expect(Math.abs(noised.out - truth.out)).toBeLessThanOrEqual(bound);
      // Number by number: sums of a day meet by chance in one run of 11,000.
      expect(records.map(({ value }) => value)).not.toEqual(exactly.records.map(({ value }) => value));
    }
  });
});

describeWithRecording(
  "mta-turnstiles",
  "turnstiles that reset, spike, run backwards and answer for each other",
  () => {
    type Bound = { lower?: number; upper?: number; countdown?: boolean };
    type Truth = {
      id: string;
      clean: boolean;
      in_total?: number;
      out_total?: number;
      in?: Bound;
      out?: Bound;
    };
    let result: Replayed;
    let ids: ReturnType<typeof turnstiles>["ids"];
    let truths: readonly Truth[];

    // Not before: where there are no recordings, this suite is read all the same, to show what is skipped.
    beforeAll(async () => {
      const { events, ids: sensors } = turnstiles("quirks");
      ids = sensors;
      const text = recording("mta-turnstiles/quirks.truth.json");
      truths = (JSON.parse(text) as { turnstiles: Truth[] }).turnstiles;
      result = await replayed(turnstileConfig(ids, EXACT, 1), events);
    });

    it("stay within their bounds and are never negative", () => {
      const bySensor = sums(result.records, ({ sensor }) => sensor);
      for (const truth of truths) {
        const sum = bySensor.get(ids.get(truth.id) ?? "");
        for (const direction of ["in", "out"] as const) {
          const exactly = truth[`${direction}_total`] ?? 0;
          const bound = truth[direction] ?? { lower: exactly, upper: exactly };
          const counted = sum?.[direction] ?? -1;
          expect(counted, `${truth.id} ${direction}`).toBeGreaterThanOrEqual(
            bound.countdown ? 0 : (bound.lower ?? 0),
          );
          expect(counted, `${truth.id} ${direction}`).toBeLessThanOrEqual(
            bound.countdown ? 100 : (bound.upper ?? 0),
          );
        }
      }
      for (const { value } of result.records)
        expect(Math.min(...Object.values(value).map(Number))).toBeGreaterThanOrEqual(0);
    });

    it("show their anomalies in the diagnostics and flag the windows", () => {
      for (const truth of truths) {
        const sensor = ids.get(truth.id) ?? "";
        const flagged = result.records.some(
          (record) => record.sensor === sensor && record.flags?.includes("spike_discarded"),
        );
        expect([truth.id, (result.troubles.get(sensor)?.size ?? 0) > 0, flagged]).toEqual([
          truth.id,
          !truth.clean,
          !truth.clean,
        ]);
      }
    });
  },
);

describeWithRecording("calit2-doors", "fifteen weeks of a main door", () => {
  it("give the known totals exactly", async () => {
    const sensor = "id: door, profile: generic-csv, port: /dev/door, columns: [in, out]";
    const { records } = await replayed(
      replayConfig([sensor], `${EXACT}, flow: { windowSeconds: 3600 }`),
      doors(),
    );
    expect(total(records)).toEqual({ in: 19_597, out: 18_837 });
    const byHour = sums(records, ({ end }) => end);
    for (const row of rows("calit2-doors/calit2.hour.csv")) {
      const end = new Date(Date.parse(`${row.start_local?.replace(" ", "T")}Z`) + 3_600_000)
        .toISOString()
        .replace(".000", "");
      expect([end, byHour.get(end)]).toEqual([end, { in: Number(row.in), out: Number(row.out) }]);
    }
  });
});

describeWithRecording("pedestrian-tracks", "seventy-five people through a bottleneck", () => {
  const sensor =
    "id: camera, profile: generic-jsonl, port: /dev/camera, sends: [tracks], lines: [{ id: exit, from: [-5, 0], to: [5, 0], in: left }]";
  let result: Replayed;

  beforeAll(async () => {
    result = await replayed(
      replayConfig([sensor], `profile: lab, ${EXACT}, flow: { windowSeconds: 10 }`),
      bottleneckTracks(),
    );
  });

  it("cross the line once each, all in one direction", () => {
    expect(total(result.records)).toEqual({ in: 0, out: 75 });
  });

  it("leave no track id in what is sealed, opened or told", () => {
    const told = JSON.stringify([result.sealed, result.records, result.events, [...result.troubles]]);
    for (const id of trackIds()) expect(told.includes(id)).toBe(false);
  });
});
