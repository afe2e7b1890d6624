import { describe, expect, it } from "vitest";
import { systemRandom } from "../../../src/base/random.ts";
import { FLAGS, windowsMessage, windowsMessageForReaders } from "../../../src/contract/windows.ts";
import type { Output } from "../../../src/model.ts";
import { outputsClosing, paddedLength, plaintext } from "../../../src/sense/guard/envelope.ts";
import { LARGEST_WINDOW_VALUE, release } from "../../../src/sense/guard/release.ts";
import {
  END_MS,
  EPOCH,
  examplePlaintext,
  flowOutput,
  gaugeOutput,
  originOf,
  privacyOf,
  windowOf,
} from "./fixtures.ts";

function parsed(bytes: Uint8Array): Record<string, unknown> {
  return JSON.parse(Buffer.from(bytes).toString("utf8"));
}

describe("the plaintext", () => {
  it("is what the contract says, and fits the writer's closed schema", () => {
    const message = windowsMessage.parse(parsed(examplePlaintext(184_220)));
    expect(message).toMatchObject({
      schema: "telpost/windows/1",
      tenant: "denhaag",
      site: "scheveningen",
      gateway: "gw07",
      epoch: EPOCH,
      seq: 184_220,
      end: "2026-07-18T14:05:00Z",
      privacy: {
        flow: { mechanism: "discrete-laplace", epsilon: "1", unit: "passage" },
        occupancy: { mechanism: "discrete-laplace", epsilon: "1/3", unit: "person-window", w: 3 },
      },
    });
    expect(message.records.map(({ sensor }) => sensor)).toEqual(["blvd-noord-03", "plein"]);
  });

  it("names the privacy of the kinds present only", () => {
    const privacy = privacyOf();
    const record = release(windowOf(flowOutput, { in: 1, out: 1 }), privacy, systemRandom);
    const closing = { epoch: EPOCH, seq: 1, endMs: END_MS, outputs: [flowOutput], records: [record] };
    expect(Object.keys(parsed(plaintext(originOf(privacy), closing)).privacy as object)).toEqual(["flow"]);
  });

  it("tells the reason for mechanism none, in any script", () => {
    const privacy = privacyOf({ mechanism: "none", reason: 'proef "Kaíro" в парке 🙂' });
    const record = release(windowOf(flowOutput, { in: 1, out: 1 }), privacy, systemRandom);
    const closing = { epoch: EPOCH, seq: 1, endMs: END_MS, outputs: [flowOutput], records: [record] };
    const message = windowsMessage.parse(parsed(plaintext(originOf(privacy), closing)));
    expect(message.privacy.flow).toEqual({ mechanism: "none", reason: 'proef "Kaíro" в парке 🙂' });
  });

  it("is refused when a record is missing, too much or out of order", () => {
    const privacy = privacyOf();
    const outputs = [flowOutput, gaugeOutput];
    const records = [
      release(windowOf(flowOutput, null), privacy, systemRandom),
      release(windowOf(gaugeOutput, null), privacy, systemRandom),
    ];
    const base = { epoch: EPOCH, seq: 1, endMs: END_MS };
    for (const wrong of [records.slice(0, 1), records.toReversed(), [...records, ...records]]) {
      expect(() => plaintext(originOf(privacy), { ...base, outputs, records: wrong })).toThrow(
        "one record, in order",
      );
    }
  });
});

describe("the padded length", () => {
  it("depends on which windows close together, and is a multiple of 256", () => {
    const outputs = Array.from(
      { length: 10 },
      (_, index): Output => ({ ...flowOutput, id: `sensor-${index}` }),
    );
    const all = [...outputs, gaugeOutput];
    const origin = originOf();
    const minute = paddedLength(origin, outputsClosing(all, [60]));
    const both = paddedLength(origin, outputsClosing(all, [60, 300]));
    expect(minute % 256).toBe(0);
    expect(both).toBeGreaterThan(minute);
    expect(outputsClosing(all, [300])).toEqual([gaugeOutput]);
  });
});

/** The longest message that eight outputs with ids of this length can make. */
function longestText(idLength: number, reason: string): { text: string; padded: number } {
  const privacy = privacyOf({ profile: "lab", mechanism: "none", reason });
  const outputs = [...Array(8).keys()].map(
    (n): Output => ({ ...flowOutput, id: `${n}`.padEnd(idLength, "a") }),
  );
  const value = { in: -LARGEST_WINDOW_VALUE, out: -LARGEST_WINDOW_VALUE };
  const longest = { coveredMs: 59_949, flags: [...FLAGS], sinceMs: 0 };
  const records = outputs.map((output) => release(windowOf(output, value, longest), privacy, systemRandom));
  const closing = { epoch: EPOCH, seq: Number.MAX_SAFE_INTEGER, endMs: END_MS, outputs, records };
  const bytes = Buffer.from(plaintext(originOf(privacy), closing));
  return { text: bytes.toString("utf8").trimEnd(), padded: bytes.length };
}

it("the padded length has room for the longest message, and less than 256 bytes more", () => {
  // Every id length moves the text by 8 bytes, every letter of the reason by 2: all ways to meet a multiple of 256.
  for (let idLength = 1; idLength <= 32; idLength++) {
    for (const reason of ["proef", "é".repeat(idLength), "🙂".repeat(100)]) {
      const { text, padded } = longestText(idLength, reason);
      expect(padded).toBe(Math.ceil(Buffer.byteLength(text) / 256) * 256);
    }
  }
});

describe("the reader's schema", () => {
  const message = () => parsed(examplePlaintext()) as { records: object[] };
  const withRecord = (more: object) => {
    const { records, ...rest } = message();
    return { ...rest, records: [{ ...records[0], ...more }, ...records.slice(1)] };
  };

  it("accepts flags and optional fields it does not know; the writer's does not", () => {
    for (const unknown of [
      withRecord({ flags: ["fog"] }),
      withRecord({ shade: 1 }),
      { ...message(), extra: {} },
    ]) {
      expect(windowsMessageForReaders.safeParse(unknown).success).toBe(true);
      expect(windowsMessage.safeParse(unknown).success).toBe(false);
    }
  });

  it.each<[string, object]>([
    ["0 that was not measured", { quality: "not_measured" }],
    ["null that was measured", { value: { in: null, out: 1 } }],
    ["half a flow", { value: { in: 1 } }],
    ["a fraction of a passage", { value: { in: 1.5, out: 0 } }],
    ["a value beyond 15 digits", { value: { in: 1e15, out: 0 } }],
    ["more coverage than window", { covered: 60.1 }],
    ["coverage finer than a tenth", { covered: 1.23 }],
    ["a window that does not divide a day", { seconds: 70 }],
    ["a window whose end is off the grid", { seconds: 3600 }],
    ["since without catch_up", { since: null }],
    ["catch_up without since", { flags: ["catch_up"] }],
    ["flags out of order", { flags: ["lab", "calibration"] }],
    ["a flag twice", { flags: ["lab", "lab"] }],
    ["a name that is none", { sensor: "Plein 1944" }],
    ["another kind", { kind: "level" }],
  ])("refuses %s", (_, more) => {
    expect(windowsMessageForReaders.safeParse(withRecord(more)).success).toBe(false);
  });

  it("refuses two records for one window and a kind without its privacy", () => {
    const { records, ...rest } = message();
    expect(windowsMessageForReaders.safeParse({ ...rest, records: [...records, records[0]] }).success).toBe(
      false,
    );
    expect(windowsMessageForReaders.safeParse({ ...rest, records, privacy: {} }).success).toBe(false);
  });
});
