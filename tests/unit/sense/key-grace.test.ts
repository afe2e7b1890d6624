import { expect, it } from "vitest";
import { silentLog } from "../../../src/base/log.ts";
import { systemRandom } from "../../../src/base/random.ts";
import { VirtualClock } from "../../../src/base/virtual-clock.ts";
import { makeRegistry } from "../../../src/city/keys.ts";
import { openSealed } from "../../../src/city/open.ts";
import { parseConfig } from "../../../src/config/parse.ts";
import {
  keySetEntry,
  makeCityKey,
  makeCityRoot,
  makeGatewayKey,
  signKeySet,
} from "../../../src/keys/make.ts";
import type { GatewayEvent } from "../../../src/model.ts";
import { CityKeyRing } from "../../../src/sense/city-key-ring.ts";
import { type Core, makeCore } from "../../../src/sense/core.ts";
import { memoryCrashStore } from "../../../src/sense/crash/crash-copy.ts";
import { baselineKey } from "../../../src/sense/guard/baseline.ts";
import { makeSeal } from "../../../src/sense/make-seal.ts";
import { configWith } from "../../kit/config.ts";
import { NOON } from "../../kit/core.ts";

const DAY = 86_400_000;
const GATEWAY = "denhaag/scheveningen/gw07";

it("seals on through the expiry and 90 days of grace, holds what closes after that, and loses nothing once keys come", async () => {
  const [root, old, fresh, gatewayKey] = [makeCityRoot(), makeCityKey(), makeCityKey(), makeGatewayKey()];
  const clock = new VirtualClock(NOON, 1_000);
  const events: GatewayEvent[] = [];
  let core: Core | undefined;
  const entry = keySetEntry(old, { fromMs: NOON - DAY, untilMs: NOON + 10 * DAY });
  const ring = await CityKeyRing.open(await signKeySet({ version: 1, keys: [entry] }, root), {
    root: root.publicJwk,
    log: silentLog,
    copy: memoryCrashStore().keys,
    declare: (event) => void events.push(event),
    onAccepted: () => void core?.sealing.run(),
  });
  const question = () => ({ nowMs: clock.realtime(), synced: true, profile: "street" as const });
  const parsed = parseConfig(
    configWith("id: gate, profile: generic-jsonl, port: /dev/a", "flow: { windowSeconds: 86400 }"),
  );
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  core = makeCore({
    config: parsed.value,
    bootId: "boot-1",
    clock,
    log: silentLog,
    random: systemRandom,
    crash: memoryCrashStore(),
    clockSynced: () => true,
    baselineKey: baselineKey(gatewayKey),
    seal: makeSeal(parsed.value, gatewayKey, () => ring.usable(question())),
    onNews() {},
    onStates() {},
    lookMs: 3_600_000,
  });
  core.pipeline.start();
  core.pipeline.baselinesKnown(new Map());
  // In steps from noon to midnight, when windows close and are sealed at once.
  for (let half = 0; half < 220; half++) {
    clock.advance(DAY / 2);
    await core.sealing.run();
    ring.watch(question());
  }
  // Ten days of validity and 90 of grace; what closed later waits.
  expect([core.sealing.sealed, core.sealing.waiting]).toEqual([100, 10]);
  const told = events.map((event) =>
    event.kind === "key" ? `${event.change} ${event.withinDays ?? "-"}` : "",
  );
  expect(told).toEqual([
    ...["expiring 14", "expiring 7", "expiring 1"],
    ...[90, 60, 30, 14, 7, 1].map((days) => `expired ${days}`),
    "none_usable -",
  ]);

  const next = keySetEntry(fresh, { fromMs: clock.realtime(), untilMs: clock.realtime() + 700 * DAY });
  await ring.offer(await signKeySet({ version: 2, keys: [next] }, root), "topic");
  await core.sealing.run();
  expect([core.sealing.sealed, core.sealing.waiting]).toEqual([110, 0]);
  const registry = makeRegistry([{ gateway: GATEWAY, keys: [gatewayKey] }], [old, fresh]);
  const opened = await Promise.all(
    core.sealing.unkept().map(({ message }) => openSealed(message.jws, GATEWAY, registry)),
  );
  const ends = opened.map((one) => (one.ok ? one.endMs : one.refusal));
  expect(new Set(ends.map((end, at) => Number(end) - at * DAY)).size).toBe(1);
  expect(ends).toHaveLength(110);
  core.pipeline.stop();
});
