import { expect, it } from "vitest";
import { type ChannelState, stepTotal } from "../../../src/sense/count/totals.ts";
import { decoder } from "../../../src/sense/sensor/generic-csv.ts";
import { describeWithRecording, recording, rows } from "../../kit/shared-data.ts";

type Channel = "in" | "out";
const CHANNELS: readonly Channel[] = ["in", "out"];

interface Counted {
  /** Passages by reading, in the order of the recording. */
  readonly steps: { readonly atMs: number; readonly delta: number; readonly anomaly?: string }[];
  readonly sum: number;
}

/** Counts every turnstile of a recording: "id/in" and "id/out" to what was counted. */
function countTurnstiles(path: string, maxPerSecond: number): Map<string, Counted> {
  const states = new Map<string, ChannelState>();
  const counted = new Map<string, { steps: Counted["steps"]; sum: number }>();
  for (const row of rows(path)) {
    const atMs = Date.parse(`${row.DATE} ${row.TIME} UTC`);
    for (const channel of CHANNELS) {
      const key = `${row.CA}/${row.UNIT}/${row.SCP}/${channel}`;
      const total = Number(channel === "in" ? row.ENTRIES : row.EXITS);
      const { state, delta, anomaly } = stepTotal(states.get(key), total, atMs, { maxPerSecond });
      states.set(key, state);
      const own = counted.get(key) ?? { steps: [], sum: 0 };
      own.steps.push({ atMs, delta, ...(anomaly && { anomaly }) });
      own.sum += delta;
      counted.set(key, own);
    }
  }
  return counted;
}

interface Bounds {
  readonly lower?: number;
  readonly upper?: number;
  readonly countdown?: boolean;
}
interface Turnstile {
  readonly id: string;
  readonly clean: boolean;
  readonly in_total: number;
  readonly out_total: number;
  readonly in?: Bounds;
  readonly out?: Bounds;
}

function truth(path: string): readonly Turnstile[] {
  return JSON.parse(recording(path)).turnstiles;
}

describeWithRecording("mta-turnstiles", "running totals of ten clean New York turnstiles", () => {
  it("counts exactly what each turnstile counted in the week", () => {
    const counted = countTurnstiles("mta-turnstiles/clean.csv", 10);
    const turnstiles = truth("mta-turnstiles/clean.truth.json");
    expect(turnstiles).toHaveLength(10);
    for (const { id, in_total, out_total } of turnstiles) {
      const sums = CHANNELS.map((channel) => counted.get(`${id}/${channel}`)?.sum);
      expect([id, ...sums]).toEqual([id, in_total, out_total]);
    }
    expect(total(counted, "in")).toBe(30_863);
    expect(total(counted, "out")).toBe(73_179);
    expect([...counted.values()].flatMap(({ steps }) => steps.filter((step) => step.anomaly))).toEqual([]);
  });

  it("gives the sums of every quarter of an hour when each reading comes a second early", () => {
    const counted = countTurnstiles("mta-turnstiles/clean.csv", 10);
    const quarter = 900_000;
    const sums = new Map<number, { in: number; out: number }>();
    for (const [key, { steps }] of counted) {
      const channel = key.endsWith("/in") ? "in" : "out";
      for (const { atMs, delta } of steps) {
        const endMs = (Math.floor((atMs - 1000) / quarter) + 1) * quarter;
        const sum = sums.get(endMs) ?? { in: 0, out: 0 };
        sum[channel] += delta;
        sums.set(endMs, sum);
      }
    }
    const expected = rows("mta-turnstiles/clean.site15.csv");
    expect(expected.length).toBeGreaterThan(600);
    for (const row of expected) {
      const sum = sums.get(Date.parse(`${row.end_local} UTC`));
      expect([row.end_local, sum]).toEqual([row.end_local, { in: Number(row.in), out: Number(row.out) }]);
    }
  });
});

describeWithRecording("mta-turnstiles", "running totals of turnstiles with every known fault", () => {
  const counted = () => countTurnstiles("mta-turnstiles/quirks.csv", 1);
  const channels = () =>
    truth("mta-turnstiles/quirks.truth.json").flatMap((turnstile) =>
      CHANNELS.map((channel) => {
        const whole = turnstile[`${channel}_total`];
        const bounds = turnstile[channel] ?? { lower: whole, upper: whole };
        return { key: `${turnstile.id}/${channel}`, bounds };
      }),
    );

  it("stays within the bounds of what can have passed, for every turnstile and direction", () => {
    const sums = counted();
    const bounded = channels().filter(({ bounds }) => !bounds.countdown);
    expect(bounded).toHaveLength(19);
    const outside = bounded.filter(({ key, bounds: { lower = 0, upper = 0 } }) => {
      const sum = sums.get(key)?.sum ?? -1;
      return sum < lower || sum > upper;
    });
    expect(outside).toEqual([]);
  });

  it("never counts below zero", () => {
    const deltas = [...counted().values()].flatMap(({ steps }) => steps.map(({ delta }) => delta));
    expect(deltas.every((delta) => Number.isInteger(delta) && delta >= 0)).toBe(true);
  });

  it("counts nothing of counters that count down, and reports every one of their steps", () => {
    const sums = counted();
    const down = channels().filter(({ bounds }) => bounds.countdown);
    expect(down).toHaveLength(5);
    const readings = rows("mta-turnstiles/quirks.csv");
    for (const { key } of down) {
      const [id, channel] = [key.slice(0, key.lastIndexOf("/")), key.slice(key.lastIndexOf("/") + 1)];
      const totals = readings
        .filter((row) => `${row.CA}/${row.UNIT}/${row.SCP}` === id)
        .map((row) => Number(channel === "in" ? row.ENTRIES : row.EXITS));
      const falls = totals.filter((total, at) => at > 0 && total < (totals[at - 1] ?? 0)).length;
      const one = sums.get(key);
      expect([key, one?.sum]).toEqual([key, 0]);
      expect(falls).toBeGreaterThan(20);
      expect([key, one?.steps.filter((step) => step.anomaly).length]).toEqual([key, falls]);
    }
  });

  it.each([
    ["N605/R024/00-05-01/in", "2023-12-30T02:15Z", "reset"],
    ["R610/R057/00-05-00/in", "2023-12-30T07:00Z", "reset"],
    ["R610/R057/00-05-00/in", "2024-01-04T11:15Z", "reset"],
    ["N546/R204/00-00-00/in", "2023-12-31T03:00Z", "spike"],
    ["N546/R204/00-00-00/out", "2023-12-31T03:00Z", "spike"],
    ["N546/R204/00-00-00/in", "2023-12-31T23:00Z", "spike"],
    ["N546/R204/00-00-00/in", "2024-01-02T15:00Z", "reset"],
    ["PTH22/R540/00-01-07/out", "2024-01-04T07:22:58Z", "reset"],
    ["PTH22/R540/00-04-03/out", "2024-01-04T15:00:14Z", "reset"],
    ["N306/R017/00-00-00/in", "2023-12-30T03:00Z", "spike"],
    ["N306/R017/00-00-00/in", "2023-12-30T07:00Z", "second_counter"],
  ])("reports at %s on %s: %s", (key, at, anomaly) => {
    const steps = counted().get(key)?.steps ?? [];
    expect(steps.find(({ atMs }) => atMs === Date.parse(at))).toMatchObject({ delta: 0, anomaly });
  });

  it("reports nothing where nothing is wrong", () => {
    const sums = counted();
    for (const key of ["A002/R051/02-00-00/in", "A002/R051/02-00-00/out", "A066/R118/00-00-00/out"]) {
      expect(sums.get(key)?.steps.filter((step) => step.anomaly)).toEqual([]);
    }
  });
});

describeWithRecording("calit2-doors", "fifteen weeks of a building's main door", () => {
  /** The recording holds two empty lines. */
  const flows = () =>
    recording("calit2-doors/CalIt2.data")
      .trim()
      .split(/\r?\n/)
      .map((line) => line.split(","))
      .filter((cells) => cells.length === 4)
      .map(([flow, , , passages]) => ({ channel: flow === "9" ? "in" : "out", passages: Number(passages) }));

  it("counts them as a running total of twelve bits, a reading every half-hour", () => {
    const sums: Record<string, number> = {};
    for (const channel of CHANNELS) {
      let shown = 0;
      let state = stepTotal(undefined, shown, 0, { maxPerSecond: 10 }).state;
      let sum = 0;
      for (const [at, flow] of flows()
        .filter((one) => one.channel === channel)
        .entries()) {
        shown += flow.passages;
        const stepped = stepTotal(state, shown % 4096, (at + 1) * 1_800_000, { maxPerSecond: 10, bits: 12 });
        state = stepped.state;
        sum += stepped.delta;
      }
      sums[channel] = sum;
    }
    expect(sums).toEqual({ in: 19_597, out: 18_837 });
  });

  it("counts them as passages on a serial line", () => {
    const { start, decode } = decoder({ forms: ["passages"], columns: ["in", "out"] });
    const lines = flows().map(({ channel, passages }) =>
      channel === "in" ? `${passages},0` : `0,${passages}`,
    );
    const { readings, discarded } = decode(start, Buffer.from(`${lines.join("\r\n")}\r\n`));
    const sums = { in: 0, out: 0 };
    for (const reading of readings) {
      if (reading.type !== "passages") continue;
      sums.in += reading.in;
      sums.out += reading.out;
    }
    expect({ ...sums, readings: readings.length, discarded }).toEqual({
      in: 19_597,
      out: 18_837,
      readings: 10_080,
      discarded: [],
    });
  });
});

/** Counts a dense crowd: passages of every minute, and the anomalies. */
function countFestival(street: string, maxPerSecond: number) {
  const minutes: Record<string, number> = {};
  const anomalies: string[] = [];
  let state: ChannelState | undefined;
  for (const { time = "", nb_people } of rows(`festival-flow/${street}_2022_1210.csv`)) {
    const stepped = stepTotal(state, Number(nb_people), Date.parse(`2022-12-10T${time}Z`), { maxPerSecond });
    state = stepped.state;
    minutes[time.slice(0, 5)] = (minutes[time.slice(0, 5)] ?? 0) + stepped.delta;
    if (stepped.anomaly) anomalies.push(stepped.anomaly);
  }
  return { minutes, anomalies };
}

describeWithRecording("festival-flow", "a dense crowd at a festival", () => {
  const minutesOf = (street: string) =>
    Object.fromEntries(
      rows(`festival-flow/${street}.minute.csv`).map((row) => [row.minute_local ?? "", Number(row.people)]),
    );

  it.each(["chenavard", "constantine"])("is counted exactly, every minute, in rue %s", (street) => {
    const { minutes, anomalies } = countFestival(street, 20);
    expect(minutes).toEqual(minutesOf(street));
    expect(anomalies).toEqual([]);
  });

  it("loses the two steps faster than ten people a second where no more is allowed, and says so", () => {
    const { minutes, anomalies } = countFestival("constantine", 10);
    const sum = Object.values(minutes).reduce((all, people) => all + people, 0);
    expect({ lost: 1803 - sum, anomalies }).toEqual({ lost: 125, anomalies: ["spike", "spike"] });
  });
});

function total(counted: ReadonlyMap<string, Counted>, channel: Channel): number {
  return [...counted]
    .filter(([key]) => key.endsWith(`/${channel}`))
    .reduce((sum, [, one]) => sum + one.sum, 0);
}
