import { beforeEach, describe, expect, it } from "vitest";
import type { Log, LogEvent } from "../../../src/base/log.ts";
import type { KeySetPayload } from "../../../src/contract/key-set.ts";
import { gatewayEvent } from "../../../src/handover/protocol.ts";
import { keySetEntry, makeCityKey, makeCityRoot, signKeySet } from "../../../src/keys/make.ts";
import type { GatewayEvent } from "../../../src/model.ts";
import { CityKeyRing } from "../../../src/sense/city-key-ring.ts";
import { memoryCrashStore } from "../../../src/sense/crash/crash-copy.ts";

const DAY = 86_400_000;
const NOW = Date.parse("2026-07-18T12:00:00Z");
const root = makeCityRoot();

let copy = memoryCrashStore().keys;
let declared: GatewayEvent[] = [];
let logged: LogEvent[] = [];
let accepted = 0;

beforeEach(() => {
  copy = memoryCrashStore().keys;
  declared = [];
  logged = [];
  accepted = 0;
});

const note = (event: LogEvent) => void logged.push(event);
const log: Log = { debug: note, info: note, warn: note, error: note };

function entry(fromDays: number, untilDays: number, lab = false) {
  return keySetEntry(makeCityKey(), { fromMs: NOW + fromDays * DAY, untilMs: NOW + untilDays * DAY, lab });
}

function signed(version: number, keys: KeySetPayload["keys"], more: Partial<KeySetPayload> = {}, by = root) {
  return signKeySet({ version, keys, ...more }, by);
}

function open(jws: string): Promise<CityKeyRing> {
  const declare = (event: GatewayEvent) => void declared.push(event);
  return CityKeyRing.open(jws, {
    root: root.publicJwk,
    log,
    copy,
    declare,
    onAccepted: () => void accepted++,
  });
}

const at = (days: number, synced = true) => ({ nowMs: NOW + days * DAY, synced, profile: "street" as const });

describe("city keys from outside", () => {
  it("replace the installed ones when the version rises, are declared, and survive a restart of the process", async () => {
    const [old, fresh] = [entry(-10, 10), entry(-1, 100)];
    const file = await signed(3, [old]);
    const ring = await open(file);
    expect(ring.usable(at(0))?.kid).toBe(old.kid);
    const newer = await signed(4, [fresh]);
    await ring.offer(newer, "topic");
    expect(ring.usable(at(0))?.kid).toBe(fresh.kid);
    expect([declared, accepted]).toEqual([[{ kind: "key", change: "new_set", version: 4 }], 1]);
    const restarted = await open(file);
    expect([restarted.jws, restarted.usable(at(0))?.kid]).toEqual([newer, fresh.kid]);
  });

  it("that are older never come back: not from the topic, not from memory, not from the crash copy", async () => {
    const [one, two, three] = await Promise.all([1, 2, 3].map((version) => signed(version, [entry(-1, 9)])));
    const ring = await open(two as string);
    await ring.offer(three as string, "topic");
    for (const from of ["topic", "memory"] as const) {
      await ring.offer(one as string, from);
      await ring.offer(two as string, from);
      expect(ring.jws).toBe(three);
    }
    // A newer file was installed meanwhile: the copy and forward's memory are of no use any more.
    const four = await signed(4, [entry(-1, 9)]);
    const installed = await open(four);
    expect([installed.jws, copy.count]).toEqual([four, 0]);
  });

  it("of the same version with other bytes are refused", async () => {
    const ring = await open(await signed(2, [entry(-1, 9)]));
    const before = ring.jws;
    await ring.offer(await signed(2, [entry(-1, 99)]), "topic");
    expect(ring.jws).toBe(before);
    expect(declared).toEqual([{ kind: "key", change: "refused", version: 2 }]);
  });

  it("that the root did not sign are refused, and told once each way until a good set comes", async () => {
    const ring = await open(await signed(2, [entry(-1, 9)]));
    const forged = await signed(9, [entry(-1, 9)], {}, makeCityRoot());
    const old = await signed(1, []);
    for (let times = 0; times < 50; times++) {
      await ring.offer(forged, "topic");
      await ring.offer("no.key.set", "topic");
      await ring.offer(old, "topic");
      await ring.offer(ring.jws, "topic");
    }
    const refused = (version: number | null) => ({ kind: "key", change: "refused", version });
    expect(declared).toEqual([refused(null), refused(null), refused(1)]);
    await ring.offer(await signed(3, [entry(-1, 9)]), "topic");
    await ring.offer(old, "topic");
    expect(declared.slice(3)).toEqual([{ kind: "key", change: "new_set", version: 3 }, refused(1)]);
  });

  it("from memory that are of no use are no alarm: another root may have been installed", async () => {
    const ring = await open(await signed(2, [entry(-1, 9)]));
    await ring.offer(await signed(9, [entry(-1, 9)], {}, makeCityRoot()), "memory");
    copy.put("9", await signed(9, [entry(-1, 9)], {}, makeCityRoot()));
    const restarted = await open(ring.jws);
    expect([declared, restarted.jws, copy.count]).toEqual([[], ring.jws, 0]);
  });

  it("that revoke a key end its use at once, also when nothing else is left", async () => {
    const [stolen, spare] = [entry(-1, 90), entry(-2, 80)];
    const ring = await open(await signed(1, [stolen, spare]));
    expect(ring.usable(at(0))?.kid).toBe(stolen.kid);
    const revoked = [stolen.kid ?? ""];
    await ring.offer(await signed(2, [stolen, spare], { revoked }), "topic");
    for (const synced of [true, false]) expect(ring.usable(at(0, synced))?.kid).toBe(spare.kid);
    await ring.offer(await signed(3, [stolen], { revoked }), "topic");
    for (const days of [0, 100]) expect(ring.usable(at(days))).toBeNull();
    expect(ring.usable(at(0, false))).toBeNull();
  });
});

describe("the end of the last city key", () => {
  it("is told in steps from 60 days ahead, then through the 90 days of grace, then that nothing is sealed", async () => {
    const ring = await open(await signed(1, [entry(-700, 100)]));
    for (let day = 0; day <= 195; day += 0.5) ring.watch(at(day));
    const told = declared.map((event) => {
      expect(gatewayEvent.parse(event)).toEqual(event);
      return event.kind === "key" ? `${event.change} ${event.withinDays ?? "-"}` : event.kind;
    });
    expect(told).toEqual([
      ...[60, 30, 14, 7, 1].map((days) => `expiring ${days}`),
      ...[90, 60, 30, 14, 7, 1].map((days) => `expired ${days}`),
      "none_usable -",
    ]);
    expect(new Set(logged)).toEqual(new Set(["keys.expiring", "keys.expired", "keys.none"]));
  });

  it("is no end while a later key follows without a gap", async () => {
    const ring = await open(await signed(1, [entry(-700, 100), entry(90, 400), entry(500, 600)]));
    expect(ring.untilMs(at(0))).toBe(NOW + 400 * DAY);
    for (let day = 0; day < 339; day++) ring.watch(at(day));
    expect(declared).toEqual([]);
    ring.watch(at(341));
    expect(declared).toEqual([{ kind: "key", change: "expiring", version: 1, withinDays: 60 }]);
  });

  it("is never judged by a clock that is not set, and a new set ends the alarm", async () => {
    const ring = await open(await signed(1, [entry(-700, -5)]));
    ring.watch(at(0, false));
    expect(declared).toEqual([]);
    ring.watch(at(0));
    ring.watch(at(0, false));
    ring.watch(at(0));
    expect(declared).toEqual([{ kind: "key", change: "expired", version: 1, withinDays: 90 }]);
    await ring.offer(await signed(2, [entry(-1, 700)]), "topic");
    ring.watch(at(0));
    expect(declared.slice(1)).toEqual([{ kind: "key", change: "new_set", version: 2 }]);
  });
});
