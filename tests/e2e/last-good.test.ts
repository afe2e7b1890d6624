import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SystemClock } from "../../src/base/clock.ts";
import { configHash } from "../../src/config/parse.ts";
import { askControl } from "../../src/ops/control.ts";
import { lastGoodFile, writeTrial } from "../../src/update/safe.ts";
import { newTrial } from "../../src/update/trial.ts";
import { LiveGateway } from "../kit/live-gateway.ts";
import { telpost } from "../kit/telpost.ts";
import { until } from "../kit/until.ts";

let site: LiveGateway;
let safe: string;
beforeEach(async () => {
  site = new LiveGateway();
  await site.prepare({
    broker: 'url: "mqtt://127.0.0.1:9"',
    cityBroker: 'url: "mqtt://127.0.0.1:9"',
    privacy: "profile: lab",
    sensors: ["id: gate-1, profile: generic-jsonl, port: /dev/null"],
  });
  safe = site.path("safe");
  mkdirSync(safe);
});
afterEach(() => site.dispose());

interface Said {
  readonly configHash: string;
  readonly instead: string | null;
}

/** Starts both, and asks both what they run with. */
async function both(): Promise<[Said, Said]> {
  const running = [site.startForward("--safe", safe), site.startSense("--safe", safe)];
  await until(() => running.every((one) => one.said("process.ready").length > 0), "both are ready");
  const { runtime, crash } = site.places;
  const ask = (socket: string) =>
    askControl(socket, "status", { clock: new SystemClock(), timeoutMs: 50_000 }) as Promise<Said>;
  return Promise.all([ask(`${runtime}/forward.sock`), ask(`${crash}/sense.sock`)]);
}

const written = () => readFileSync(site.path("telpost.yaml"), "utf8");

describe("both processes", () => {
  it("start with the last good configuration where telpost.yaml has a mistake, and say so", async () => {
    const good = written();
    writeFileSync(lastGoodFile(safe), good);
    const mistake = good.replace("gate-1", "Gate 1");
    writeFileSync(site.path("telpost.yaml"), mistake);
    const said = { configHash: configHash(good), instead: expect.stringContaining("sensors.0.id") };
    expect(await both()).toEqual([expect.objectContaining(said), expect.objectContaining(said)]);
    for (const one of [site.sense, site.forward])
      expect(one?.said("config.last_good")).toEqual([expect.objectContaining({ code: "config.last_good" })]);
    const { runtime, crash } = site.places;
    const shown = await telpost(["status", "--runtime", runtime, "--crash", crash, "--safe", safe]);
    expect(shown.out.replaceAll(/\s+/g, " ").match(/config\.last_good: .*? Mend /g)).toHaveLength(2);
    expect(written()).toBe(mistake);
  });

  it("start with the last good configuration where telpost.yaml was tried and taken back", async () => {
    const good = written();
    writeFileSync(lastGoodFile(safe), good.replace("gate-1", "gate-2"));
    const plan = {
      what: "configuration",
      from: "x",
      to: configHash(good),
      sha256: null,
      bootId: "b",
    } as const;
    const more = { limitSeconds: 1, proof: "kept", startedAt: "2026-07-18T14:00:00Z" } as const;
    writeTrial(safe, {
      ...newTrial({ ...plan, ...more, before: [] }),
      stage: "old",
      step: "done",
      outcome: "returned",
    });
    const instead = "it was tried and gave no window";
    expect(await both()).toEqual([
      expect.objectContaining({ instead }),
      expect.objectContaining({ instead }),
    ]);
  });

  it("start with telpost.yaml where what is kept cannot be read", async () => {
    writeFileSync(lastGoodFile(safe), "[");
    writeFileSync(`${safe}/configuration.json`, "not JSON");
    expect((await both()).map((one) => one.instead)).toEqual([null, null]);
  });
});
