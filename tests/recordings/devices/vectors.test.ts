import { expect, it } from "vitest";
import { type Bench, hex, started, text } from "../../kit/devices.ts";
import { describeWithRecording, recording } from "../../kit/shared-data.ts";

interface Vector {
  readonly protocol: string;
  readonly name: string;
  readonly hex: string;
  readonly expect: Record<string, unknown>;
}

/** Devices for which there is no profile. */
const WITHOUT_PROFILE = ["ld6001a", "ld6001"];

const vectors = () => JSON.parse(recording("sensor-bytes/vectors.json")) as Vector[];
const of = (protocol: string) => vectors().filter((vector) => vector.protocol === protocol);
const only = (protocol: string, name: RegExp) => {
  const found = of(protocol).find((vector) => name.test(vector.name));
  if (!found) throw new Error(`no vector ${name}`);
  return found;
};

function cumulative(bench: Bench) {
  return bench.readings.filter((reading) => reading.type === "totals");
}

describeWithRecording("sensor-bytes", "the worked frames of the manuals", () => {
  it("give the positions that the LD2450 protocol prints", () => {
    const reports = of("ld2450").filter((vector) => "targets" in vector.expect);
    expect(reports.length).toBe(3);
    for (const vector of reports) {
      const targets = vector.expect.targets as { x: number; y: number }[];
      const bench = started("hilink-ld2450").bytes(hex(vector.hex));
      expect(bench.readings).toEqual(
        [
          { type: "present", present: targets.length },
          { type: "targets", targets: targets.map(({ x, y }) => ({ x: x * 0.001, y: y * 0.001 })) },
        ].sort((one) => (one.type === "present" ? -1 : 1)),
      );
      expect(bench.discarded).toEqual([]);
    }
  });

  it("are no people where they are answers of the LD2450, and the MAC address goes nowhere", () => {
    const answers = of("ld2450").filter((vector) => "ack" in vector.expect);
    expect(answers.length).toBe(3);
    const bench = started("hilink-ld2450").bytes(...answers.map((vector) => hex(vector.hex)));
    expect(bench.readings).toEqual([]);
    expect(bench.discarded).toEqual([]);
  });

  it("are what the Ebyte is asked, and what its answer means", () => {
    const request = only("modbus-ebyte", /request/);
    const answer = only("modbus-ebyte", /answer/);
    const bench = started("ebyte-e8xx-pulse", { e831: false }, (heard) =>
      Buffer.from(heard).equals(hex(request.hex)) ? hex(answer.hex) : undefined,
    );
    expect(bench.sent[0]).toBe(request.hex);
    expect(cumulative(bench)[0]).toEqual({ type: "totals", in: 16, out: 3 });
    expect(bench.sent).not.toContain(only("modbus-ebyte", /clear/).hex);
  });

  it("are what the I-7080 answers", () => {
    const answer = only("dcon-i7080", /read counter/);
    const bench = started("icpdas-dcon-counter", {}, (heard) =>
      Buffer.from(heard).equals(text("#010\r")) ? hex(answer.hex) : undefined,
    );
    expect(bench.sent[0]).toBe(Buffer.from("#010\r").toString("hex"));
    expect(bench.readings[0]).toEqual({ type: "totals", in: 30 });
  });

  it("never hold the command that sets a Terabee back to 0 among what is sent to it", () => {
    const bench = started("terabee-people-counter");
    expect(bench.sent).toEqual([]);
    bench.bytes(hex(only("terabee-evo", /reset/).hex));
    expect(bench.readings).toEqual([]);
  });

  it("are all looked at", () => {
    const known = ["ld2450", "modbus-ebyte", "dcon-i7080", "terabee-evo", ...WITHOUT_PROFILE];
    expect(
      [...new Set(vectors().map(({ protocol }) => protocol))].filter((one) => !known.includes(one)),
    ).toEqual([]);
  });
});
