import { expect, test } from "vitest";
import { alarmLine, eventLine, gapLine, recordLines, statusLine } from "../../../src/city/ndjson.ts";
import { eventMessageForReaders } from "../../../src/contract/event.ts";
import { status } from "../../../src/contract/status.ts";
import { windowsMessageForReaders } from "../../../src/contract/windows.ts";
import { EPOCH, GATEWAY, START_MS } from "./fixtures.ts";

const meta = { gateway: GATEWAY, epoch: EPOCH, seq: 184220, endMs: START_MS, receivedLate: false };
const head = { tenant: "denhaag", site: "scheveningen", gateway: "gw07", epoch: EPOCH };

test("records are one line each, with their keys in the documented order", () => {
  const laplace = { mechanism: "discrete-laplace", epsilon: "1" };
  const windows = windowsMessageForReaders.parse({
    ...{ schema: "telpost/windows/1", ...head, seq: 184220, end: "2026-07-18T14:05:00Z" },
    privacy: {
      flow: { ...laplace, unit: "passage" },
      occupancy: { ...laplace, unit: "person-window", w: 3 },
    },
    records: [
      {
        ...{ value: { out: -1, in: 41 }, flags: ["catch_up", "new_flag"], since: null },
        ...{ quality: "partial", method: "counted", covered: 60, seconds: 60, kind: "flow", sensor: "a" },
      },
      {
        ...{ stat: "max", value: { present: null }, quality: "not_measured", method: "derived" },
        ...{ covered: 0, seconds: 300, kind: "occupancy", sensor: "b" },
      },
    ],
  });
  const from = `{"type":"record","gateway":"${GATEWAY}","end":"2026-07-18T14:05:00Z"`;
  expect(recordLines(windows, meta)).toEqual([
    `${from},"sensor":"a","kind":"flow","seconds":60,"covered":60,"value":{"in":41,"out":-1},"quality":"partial",` +
      `"method":"counted","flags":["catch_up","new_flag"],"since":null,"epoch":"${EPOCH}","seq":184220}`,
    `${from},"sensor":"b","kind":"occupancy","seconds":300,"covered":0,"value":{"present":null},` +
      `"quality":"not_measured","method":"derived","stat":"max","epoch":"${EPOCH}","seq":184220}`,
  ]);
  expect(recordLines(windows, { ...meta, receivedLate: true })[0]).toMatch(
    /"seq":184220,"receivedLate":true}$/,
  );
});

test("events, gaps, alarms and births say what they are first", () => {
  const event = eventMessageForReaders.parse({
    ...{ schema: "telpost/event/1", ...head, seq: 3, at: "2026-07-18T14:05:00Z", kind: "clock_step" },
    ...{ from: "2026-07-18T14:05:00Z", to: "2026-07-18T14:05:01.500Z" },
  });
  expect(eventLine(event, { ...meta, seq: 3 })).toBe(
    `{"type":"event","gateway":"${GATEWAY}","epoch":"${EPOCH}","seq":3,"at":"2026-07-18T14:05:00Z",` +
      `"kind":"clock_step","from":"2026-07-18T14:05:00Z","to":"2026-07-18T14:05:01.500Z"}`,
  );
  const numbers = { epoch: EPOCH, ranges: [[1, 2]] as const };
  expect(gapLine({ type: "gap", gateway: GATEWAY, declared: true, reason: "max_age", numbers })).toBe(
    `{"type":"gap","gateway":"${GATEWAY}","declared":true,"reason":"max_age","numbers":{"epoch":"${EPOCH}","ranges":[[1,2]]}}`,
  );
  const windows = [{ seconds: 60, fromMs: START_MS, toMs: START_MS + 60_000 }];
  expect(gapLine({ type: "gap_closed", gateway: GATEWAY, windows })).toBe(
    `{"type":"gap_closed","gateway":"${GATEWAY}","windows":[{"seconds":60,"from":"2026-07-18T14:00:00Z","to":"2026-07-18T14:01:00Z"}]}`,
  );
  expect(alarmLine({ reason: "signature", gateway: GATEWAY, suppressed: 4 })).toBe(
    `{"type":"alarm","reason":"signature","gateway":"${GATEWAY}","suppressed":4}`,
  );
  const run = { bootId: "b", connection: 3 };
  const death = status.parse({ schema: "telpost/status/1", state: "offline", reason: "lost", ...run });
  expect(statusLine(death, GATEWAY)).toBe(
    `{"type":"status","gateway":"${GATEWAY}","state":"offline","reason":"lost","bootId":"b","connection":3}`,
  );
});
