import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Answers } from "../../../src/probe/asking.ts";
import { best, Hearing } from "../../../src/probe/finding.ts";
import { HEARD_NOTHING } from "../../../src/probe/hearing.ts";
import { judgeAnswers, judgeHeard } from "../../../src/probe/judge.ts";
import { candidatesOf, keyOf, planOf, SCRIPT_LINE } from "../../../src/probe/plan.ts";
import { proofOf } from "../../../src/probe/proof.ts";
import { deviceFolders, deviceProfile } from "../../kit/devices.ts";
import { describeWithRecording, recordingBytes } from "../../kit/shared-data.ts";
import { CANARIES, SOUNDS, sound } from "../../kit/sounds.ts";

const candidates = candidatesOf(deviceFolders.map(deviceProfile));

/** All findings of some bytes that came in 3 s, cut anyhow. */
function heard(bytes: Uint8Array, chunk = 64) {
  const hearing = new Hearing(candidates, SCRIPT_LINE);
  for (let at = 0; at < bytes.length; at += chunk) hearing.push(bytes.subarray(at, at + chunk));
  return hearing.round(3000);
}

/** Frames that prove nearly nothing: one byte, and then anything. */
const weak = [4, 240].map((size) => ({
  ...deviceProfile("benewake-tfmini"),
  id: `weak-${size}`,
  frames: [{ name: "measure", kind: "binary" as const, sync: Uint8Array.of(0x59), size }],
  messages: [
    {
      frame: "measure",
      when: {},
      lists: {},
      fields: { any: { at: 1, type: "u8" as const } },
      emit: { occupancy: { field: "any" } },
    },
  ],
}));
const withWeak = candidatesOf([...weak, ...candidates.map(({ profile }) => profile)]);

function fitting(bytes: Uint8Array, fit = "fits"): string[] {
  return heard(bytes)
    .findings.filter((one) => one.fit === fit)
    .map(({ profile }) => profile);
}

/** Reproducible bytes without any order (xorshift32). */
function noise(seed: number, length: number): Uint8Array {
  let state = seed * 2_654_435_761 || 1;
  return Uint8Array.from({ length }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state & 0xff;
  });
}

describe("what is heard", () => {
  // The OPS243 says of itself only what could be anybody's JSON: it is known when it is asked.
  const telling = Object.keys(SOUNDS).filter((id) => id !== "omnipresense-ops243");
  it.each(telling)("of %s fits its own profile and no other", (id) => {
    expect(fitting(sound(id))).toEqual([id]);
    expect(fitting(sound(id), "maybe")).toEqual([]);
  });

  it("of the objects of an OPS243 fits nothing, and says that it is some JSON", () => {
    const { findings } = heard(sound("omnipresense-ops243"));
    expect(findings.filter(({ fit }) => fit !== "no")).toEqual([]);
    expect(findings.find(({ profile }) => profile === "sscma-camera")?.reason).toContain("JSON came");
  });

  it("in random bytes never fits anything, and is not even thought possible", () => {
    for (let seed = 1; seed <= 40; seed++) {
      const hearing = new Hearing(withWeak, SCRIPT_LINE);
      hearing.push(noise(seed, 4_000));
      const wrong = hearing.round(3000).findings.filter(({ fit }) => fit !== "no");
      expect(wrong, `seed ${seed}`).toEqual([]);
    }
  });

  it("with half of the bytes damaged is no more than possible", () => {
    const good = sound("hilink-ld2450");
    const bytes = Buffer.concat([good, noise(7, 2 * good.length)]);
    expect(fitting(bytes)).toEqual([]);
    expect(fitting(bytes, "maybe")).toEqual(["hilink-ld2450"]);
  });

  it("gives the same whatever the chunks", () => {
    const bytes = Buffer.concat([sound("terabee-people-counter"), noise(3, 50)]);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 }), (chunk) => {
        expect(heard(bytes, chunk)).toEqual(heard(bytes));
      }),
      { numRuns: 20 },
    );
  });

  it("lists two profiles that fit equally, both", () => {
    const twin = { ...deviceProfile("hilink-ld2450"), id: "own-radar" };
    const both = candidatesOf([deviceProfile("hilink-ld2450"), twin]);
    const hearing = new Hearing(both, SCRIPT_LINE);
    hearing.push(sound("hilink-ld2450"));
    const fits = best(hearing.round(3000).findings, both).filter(({ fit }) => fit === "fits");
    expect(fits.map(({ profile }) => profile)).toEqual(["hilink-ld2450", "own-radar"]);
  });

  it("says at what rate frames come that come anyhow", () => {
    const found = heard(sound("hilink-ld2450")).findings.find(({ profile }) => profile === "hilink-ld2450");
    expect(found).toMatchObject({
      frames: { good: 30, perSecond: 10, failed: 0 },
      nominalHz: 10,
      share: "all",
    });
  });
});

describe("privacy", () => {
  it.each(["icoms-tma-3b3", "terabee-people-counter", "generic-jsonl"])(
    "of %s the findings are the same however many pass",
    (id) => {
      const one = Buffer.concat([quiet(id), passing(id, 1)]);
      const many = Buffer.concat([quiet(id), passing(id, 40)]);
      expect(heard(many)).toEqual(heard(one));
    },
  );

  it.each(Object.keys(SOUNDS))("of %s nothing that its bytes say is in the findings", (id) => {
    const told = JSON.stringify(heard(sound(id)));
    for (const canary of CANARIES) expect(told).not.toContain(canary);
  });

  /** What a device says while nobody passes. */
  function quiet(id: string): Uint8Array {
    if (id !== "terabee-people-counter") return Buffer.alloc(0);
    return Buffer.concat([0, 1, 2, 4, 5, 6, 7, 8].map((step) => SOUNDS[id]?.(step) ?? Buffer.alloc(0)));
  }

  function passing(id: string, times: number): Uint8Array {
    const step = { "icoms-tma-3b3": 2, "terabee-people-counter": 3 }[id] ?? 0;
    const bytes = SOUNDS[id]?.(step) ?? Buffer.alloc(0);
    const only = id === "terabee-people-counter" ? bytes.subarray(7) : bytes;
    return Buffer.concat(Array.from({ length: times }, () => only));
  }
});

describe("the rule", () => {
  const whole = { ...HEARD_NOTHING, fittingBytes: 100 };

  it("wants more frames of those that prove less", () => {
    const fitOf = (steady: number, bits: number) =>
      judgeHeard({ ...whole, steady, proofBits: steady * bits }).fit;
    expect([fitOf(2, 80), fitOf(3, 40), fitOf(4, 24), fitOf(5, 24)]).toEqual([
      "maybe",
      "fits",
      "maybe",
      "fits",
    ]);
  });

  it("counts a checksum and refused numbers as proof, and free numbers not", () => {
    const proof = (id: string, frame: string) => proofOf(deviceProfile(id), frame);
    expect(proof("hilink-ld2450", "report")).toBe(48);
    expect(proof("terabee-people-counter", "distances")).toBe(24);
    expect(proof("icoms-tma-3b3", "passage")).toBeGreaterThan(48);
  });

  it("never is sure of a device of which only the manual knows the registers", () => {
    const answers: Answers = { asked: 3, answers: 3, timeouts: 0, refusals: 0, proofBits: 120 };
    expect(judgeAnswers(answers, true).fit).toBe("maybe");
    expect(judgeAnswers(answers, false).fit).toBe("fits");
  });

  it("takes a refusal for a no where the registers are known", () => {
    const answers: Answers = { asked: 3, answers: 0, timeouts: 0, refusals: 3, proofBits: 0 };
    expect(judgeAnswers(answers, false).fit).toBe("no");
    expect(judgeAnswers(answers, true).fit).toBe("maybe");
  });
});

describe("the plan", () => {
  it("has each setting once, and those of proven profiles first", () => {
    const keys = planOf(candidates).map(keyOf);
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys[0]).toBe("9600 8N1");
    expect(new Set(keys)).toEqual(new Set(candidates.map(({ line }) => keyOf(line))));
  });

  it("has only the baud rate that was asked for", () => {
    expect(planOf(candidates, 19_200).map(keyOf)).toEqual(["19200 8N1"]);
  });
});

describeWithRecording("sensor-bytes", "recorded bytes", () => {
  it("of a C4001 are known as its own", () => {
    expect(fitting(recordingBytes("sensor-bytes/dfrobot-c4001.bin"))).toEqual(["dfrobot-c4001"]);
  });

  it("of an SSCMA camera, with its start and replies, are its own as far as events come", () => {
    const bytes = recordingBytes("sensor-bytes/sscma-lines.txt");
    const own = [...fitting(bytes), ...fitting(bytes, "maybe")];
    expect(own.filter((id) => id !== "sscma-camera")).toEqual([]);
  });
});
