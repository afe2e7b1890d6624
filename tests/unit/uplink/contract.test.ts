import { describe, expect, it } from "vitest";
import { readAck } from "../../../src/contract/ack.ts";
import { health } from "../../../src/contract/health.ts";
import { status } from "../../../src/contract/status.ts";
import { parseTopic, topics } from "../../../src/contract/topics.ts";
import { conditionsOf, nothingKnown } from "../../../src/forward/platform/judge.ts";
import { drainSeconds, gatewayOffsetMs } from "../../../src/forward/uplink/pace.ts";
import { birthMessage, deathMessage, healthMessage } from "../../../src/forward/uplink/status.ts";

const IDENTITY = { tenant: "denhaag", site: "scheveningen", gateway: "gw07" };
const RUN = { bootId: "5f3a6c1e", connection: 7 };
const STATS = {
  queued: 3,
  queuedBytes: 900,
  oldestAtMs: Date.UTC(2026, 6, 18, 14),
  appended: 5,
  accepted: 2,
  rejected: 0,
  dropped: 0,
  lastId: 5,
};

describe("topics", () => {
  it("are read back as they were made", () => {
    for (const leaf of ["sealed", "status", "health", "privacy", "event", "keys", "ack"] as const) {
      expect(parseTopic(topics(IDENTITY)[leaf])).toEqual({ ...IDENTITY, leaf });
    }
  });

  it.each([
    "telpost/v2/denhaag/scheveningen/gw07/sealed",
    "telpost/v1/denhaag/scheveningen/gw07",
    "telpost/v1/denhaag/scheveningen/gw07/other",
    "telpost/v1/denhaag/scheveningen/gw07/sealed/x",
    "telpost/v1/Denhaag/scheveningen/gw07/sealed",
    "telpost/v1/denhaag//gw07/sealed",
    "/telpost/v1/denhaag/scheveningen/gw07/sealed",
    "",
  ])("%s is not one of them", (topic) => {
    expect(parseTopic(topic)).toBe(null);
  });
});

describe("an acknowledgement of the city", () => {
  const good = { stream: "sealed", epoch: "0123456789abcdef", ranges: [[0, 4]] };
  const read = (value: unknown) => readAck(Buffer.from(JSON.stringify(value)));

  it("is read, also with keys of a later version", () => {
    expect(read({ ...good, later: 1 })).toEqual(good);
  });

  it.each([
    { ...good, ranges: [] },
    { ...good, ranges: [[4, 0]] },
    { ...good, ranges: [[-1, 0]] },
    { ...good, ranges: [[0, 1.5]] },
    { ...good, ranges: Array.from({ length: 257 }, (_, n) => [n, n]) },
    { ...good, epoch: "short" },
    { ...good, stream: "status" },
    null,
  ])("is nothing when it does not fit: %j", (value) => {
    expect(read(value)).toBe(null);
  });

  it("is nothing when it is not JSON or not UTF-8", () => {
    expect([readAck(Buffer.from("{")), readAck(Buffer.from([0x22, 0xff, 0x22]))]).toEqual([null, null]);
  });
});

describe("what the gateway says about itself", () => {
  it("fits its schemas, with and without what sense told", () => {
    const outputs = [{ id: "gate-3", kind: "flow" as const, seconds: 60 }];
    const kids = { gatewayKid: "a".repeat(43), cityKid: null, cityKeyUntilMs: Date.UTC(2027, 0, 1) };
    const about = { isolation: "kernel" as const, outputs, ...kids };
    for (const one of [null, about]) {
      const birth = birthMessage(RUN, { software: "telpost 0.1.0", configHash: "abc", about: one }, STATS);
      expect(status.parse(birth)).toEqual(birth);
      const until = one && { cityKeyUntil: "2027-01-01T00:00:00.000Z" };
      expect(birth).toMatchObject({ about: until });
    }
    for (const reason of ["lost", "stopped"] as const) status.parse(deathMessage(RUN, reason));
  });

  it("tells in health how much waits and since when, and that the last good configuration runs", () => {
    const context = {
      ...RUN,
      nowMs: Date.UTC(2026, 6, 18, 14, 5),
      clockSynced: true,
      delivery: "broker.no_subscriber",
      lastProofMs: null,
      backlogPerSecond: 2,
      storage: "outbox.full",
      stats: STATS,
    };
    const made = healthMessage({ uptimeSeconds: 9, sensors: [], cityKeyUntilMs: null }, context);
    expect(health.parse(made)).toEqual(made);
    const contacts = [
      { id: "mains", use: "power-fail", condition: "alarm", code: "contact.power_fail" },
    ] as const;
    const platform = conditionsOf(nothingKnown);
    const whole = healthMessage({ uptimeSeconds: 9, sensors: [], contacts, platform }, context);
    expect(health.parse(whole)).toEqual(whole);
    expect(whole).toMatchObject({ contacts, platform: { hot: "unknown", disk_full: "unknown" } });
    expect("configuration" in made).toBe(false);
    const instead = healthMessage(
      { uptimeSeconds: 9, sensors: [], configuration: "config.last_good" },
      context,
    );
    expect(health.parse(instead)).toEqual({ ...made, configuration: "config.last_good" });
    expect(made).toMatchObject({
      queued: 3,
      oldestSeconds: 300,
      lastProof: null,
      drainSeconds: null,
      storage: "outbox.full",
      at: "2026-07-18T14:05:00.000Z",
      cityKeyDays: null,
    });
    const until = { uptimeSeconds: 9, sensors: [], cityKeyUntilMs: context.nowMs + 41.9 * 86_400_000 };
    expect(healthMessage(until, context)).toMatchObject({ cityKeyDays: 41 });
    expect(healthMessage(until, { ...context, clockSynced: false })).toMatchObject({ cityKeyDays: null });
    const expired = { ...until, cityKeyUntilMs: context.nowMs - 1 };
    expect(healthMessage(expired, context)).toMatchObject({ cityKeyDays: -1 });
  });

  it("forecasts the drain only while nothing is in the way", () => {
    expect(drainSeconds(43_200, 200, null)).toBe(216);
    expect(drainSeconds(43_200, 200, "broker.denied")).toBeNull();
  });
});

describe("the offset of a gateway", () => {
  it("is fixed, and spread over the second for a fleet", () => {
    const offsets = Array.from({ length: 1000 }, (_, n) => gatewayOffsetMs(`denhaag/strand/gw${n}`));
    expect(gatewayOffsetMs("denhaag/strand/gw7")).toBe(offsets[7]);
    expect(Math.min(...offsets)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...offsets)).toBeLessThanOrEqual(1000);
    const tenths = new Set(offsets.map((offset) => Math.floor(offset / 100)));
    expect(tenths.size).toBeGreaterThanOrEqual(10);
  });
});
