import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { silentLog } from "../../../src/base/log.ts";
import { VirtualClock } from "../../../src/base/virtual-clock.ts";
import { configHash } from "../../../src/config/parse.ts";
import { fileHash } from "../../../src/update/release.ts";
import { runTrial } from "../../../src/update/run-trial.ts";
import { debFile, lastGoodFile, readTrial, takenBack, writeTrial } from "../../../src/update/safe.ts";
import { newTrial, type Planned, type Trial } from "../../../src/update/trial.ts";
import { type Behaviour, GatewayOnTrial } from "../../kit/gateway-on-trial.ts";

let safe: string;
let configFile: string;
beforeEach(() => {
  safe = mkdtempSync("/dev/shm/telpost-safe-") /* where an fsync costs nothing */;
  configFile = join(safe, "etc.yaml");
  writeFileSync(configFile, "what: the administrator wrote\n");
});
afterEach(() => rmSync(safe, { recursive: true }));

const GOOD: Behaviour = { windows: 60, delivers: true };
const textOf = (file: string) => readFileSync(file, "utf8");

interface Run {
  readonly next?: Behaviour;
  readonly old?: Behaviour;
  readonly plan?: Partial<Planned>;
}

/** A trial of 1.1 on a gateway with 1.0, ready to begin. */
async function prepared({ next = GOOD, old = GOOD, plan = {} }: Run) {
  const clock = new VirtualClock(Date.parse("2026-07-18T14:00:00Z"), 1_000);
  const machine = new GatewayOnTrial(clock, { "1.0": old, "1.1": next }, textOf);
  writeFileSync(debFile(safe, "current"), "1.0");
  writeFileSync(debFile(safe, "next"), "1.1");
  const sha256 = await fileHash(debFile(safe, "next"));
  const common = { what: "package", from: "1.0", to: "1.1", limitSeconds: 180, proof: "delivered" } as const;
  const own = { before: machine.runs(), sha256, bootId: "boot-0", startedAt: "2026-07-18T14:00:00Z" };
  writeTrial(safe, newTrial({ ...common, ...own, ...plan }));
  return { clock, machine };
}

type Prepared = Awaited<ReturnType<typeof prepared>>;

/** Goes on with what is written until it is decided, or until `powerCut` says so after a step of time. */
async function judgeIt(
  { clock, machine }: Prepared,
  bootId = "boot-0",
  powerCut = () => false,
): Promise<Trial | null> {
  const [what] = (["package", "configuration"] as const).filter((one) => readTrial(safe, one) !== null);
  const begun = readTrial(safe, what ?? "package");
  if (!begun) throw new Error("no trial");
  const power = new AbortController();
  const running = runTrial(begun, {
    machine,
    clock,
    log: silentLog,
    safe,
    configFile,
    bootId,
    signal: power.signal,
  });
  let over = false;
  void running.finally(() => (over = true)).catch(() => {});
  while (!over) {
    await new Promise(setImmediate);
    clock.advanceTo(clock.nextDue() ?? clock.monotonic());
    if (!power.signal.aborted && powerCut()) power.abort();
  }
  return running;
}

const two = () => [
  textOf(debFile(safe, "current")),
  existsSync(debFile(safe, "previous")) ? textOf(debFile(safe, "previous")) : null,
];

describe("a trial on a gateway", () => {
  it("keeps a release with its first delivered window, and the package before", async () => {
    const gateway = await prepared({});
    expect(await judgeIt(gateway)).toMatchObject({ outcome: "kept", stage: "new" });
    expect(gateway.machine.done).toEqual(["install 1.1"]);
    expect(two()).toEqual(["1.1", "1.0"]);
    expect(existsSync(debFile(safe, "next"))).toBe(false);
    expect(gateway.clock.monotonic()).toBeLessThan(70_000);
  });

  it.each<[string, Behaviour, RegExp, number]>([
    ["that ends at its start", { windows: 0, crashes: true }, /ended 5 times/, 10],
    ["that makes no window", { windows: 0 }, /^no proof within 180 s/, 185],
    ["that makes windows and delivers none", { windows: 60 }, /no window was delivered/, 185],
    ["that does not install", { ...GOOD, fails: "dpkg: error" }, /^dpkg: error$/, 5],
    ["that never starts, while the old program runs on", { ...GOOD, stays: true }, /was not started anew/, 5],
  ])("takes a release back %s, and knows it again", async (_, next, why, seconds) => {
    const gateway = await prepared({ next });
    const ended = await judgeIt(gateway);
    expect(ended).toMatchObject({ outcome: "returned", stage: "old", why: expect.stringMatching(why) });
    expect(gateway.machine.done).toEqual(["install 1.1", "install 1.0"]);
    expect(gateway.machine.version).toBe("1.0");
    expect(two()).toEqual(["1.0", null]);
    // Then the old one needs its window of 60 s.
    expect(gateway.clock.monotonic()).toBeLessThan((seconds + 70) * 1000);
  });

  it("says so and stops when going back does not help", async () => {
    const gateway = await prepared({ next: { windows: 0 }, old: { windows: 0, crashes: true } });
    expect(await judgeIt(gateway)).toMatchObject({ outcome: "stuck" });
    expect(gateway.machine.done).toEqual(["install 1.1", "install 1.0"]);
  });

  it("keeps a release without a proof where nothing ran before", async () => {
    const gateway = await prepared({ next: { windows: 0 }, plan: { proof: "none" } });
    expect(await judgeIt(gateway)).toMatchObject({ outcome: "kept" });
    expect(existsSync(lastGoodFile(safe))).toBe(false);
  });

  it.each([
    ["good", GOOD, "kept", "1.1"],
    ["mute", { windows: 0 }, "returned", "1.0"],
  ] as const)(
    "ends decided when the power is cut at any moment of the trial of a %s release",
    async (_, next, outcome, version) => {
      for (let cutMs = 0; cutMs < 400_000; cutMs += 19_500) {
        const gateway = await prepared({ next });
        const from = gateway.clock.monotonic();
        let boots = 0;
        let trial = await judgeIt(gateway, "boot-0", () => gateway.clock.monotonic() - from >= cutMs);
        while (trial?.step !== "done" && boots++ < 5) {
          gateway.machine.startAnew();
          trial = await judgeIt(gateway, `boot-${boots}`);
        }
        expect(trial, `cut after ${cutMs} ms`).toMatchObject({ step: "done", outcome });
        expect(gateway.machine.version).toBe(version);
        rmSync(debFile(safe, "previous"), { force: true });
      }
    },
  );

  it("installs again when the power is cut in the installation, and goes back after the third time", async () => {
    const gateway = await prepared({});
    const install = gateway.machine.install.bind(gateway.machine);
    gateway.machine.install = async (deb) => {
      await install(deb);
      if (gateway.machine.version === "1.1") throw new Error("the power is cut");
      return null;
    };
    for (const boot of [0, 1, 2]) await expect(judgeIt(gateway, `boot-${boot}`)).rejects.toThrow("power");
    expect(await judgeIt(gateway, "boot-3")).toMatchObject({
      outcome: "returned",
      why: "it was interrupted 3 times",
    });
    expect(gateway.machine.done).toEqual(["install 1.1", "install 1.1", "install 1.1", "install 1.0"]);
  });

  it("installs again what a reboot has torn down, and does not take it for a failure", async () => {
    const gateway = await prepared({});
    const install = gateway.machine.install.bind(gateway.machine);
    let goesDown = false;
    gateway.machine.install = async () => {
      goesDown = true;
      await new Promise(setImmediate);
      await new Promise(setImmediate);
      return "dpkg was terminated";
    };
    expect(await judgeIt(gateway, "boot-0", () => goesDown)).toMatchObject({
      stage: "new",
      step: "apply",
      tries: 1,
    });
    gateway.machine.install = install;
    expect(await judgeIt(gateway, "boot-1")).toMatchObject({ outcome: "kept", tries: 2 });
  });

  it("tidies up after a power cut that came between the decision and its end", async () => {
    const gateway = await prepared({});
    await judgeIt(gateway);
    writeFileSync(debFile(safe, "next"), "1.1");
    rmSync(debFile(safe, "current"));
    await judgeIt(gateway);
    expect(two()).toEqual(["1.1", "1.0"]);
    // A package of a trial that never began is nobody's.
    writeFileSync(debFile(safe, "next"), "1.9");
    await judgeIt(gateway);
    expect(two()).toEqual(["1.1", "1.0"]);
    expect(existsSync(debFile(safe, "next"))).toBe(false);
  });
});

describe("a configuration on trial", () => {
  const plan = { what: "configuration", sha256: null, proof: "kept" } as const;

  it("is kept as the last good one when both processes run with it and a window came", async () => {
    const gateway = await prepared({ plan: { ...plan, from: null, to: "x" } });
    rmSync(join(safe, "package.json"), { force: true });
    const hash = configHash(textOf(configFile));
    gateway.machine.hashes = { sense: hash, forward: hash };
    expect(await judgeIt(gateway)).toMatchObject({ outcome: "kept" });
    expect(textOf(lastGoodFile(safe))).toBe(textOf(configFile));
    expect(gateway.machine.done).toEqual(["restart"]);
  });

  it.each(["sense", "forward"] as const)(
    "is not kept as the last good one when %s runs with another",
    async (one) => {
      const gateway = await prepared({ plan: { ...plan, from: null, to: "x" } });
      const hash = configHash(textOf(configFile));
      gateway.machine.hashes = { sense: hash, forward: hash, [one]: "another" };
      await judgeIt(gateway);
      expect(existsSync(lastGoodFile(safe))).toBe(false);
    },
  );

  it("is taken back by starting both anew, and its hash is remembered before that", async () => {
    const gateway = await prepared({
      next: GOOD,
      old: { windows: 0 },
      plan: { ...plan, from: "good", to: "new" },
    });
    const remembered: (string | null)[] = [];
    const restart = gateway.machine.restart.bind(gateway.machine);
    gateway.machine.restart = () => {
      remembered.push(takenBack(safe));
      return restart();
    };
    expect(await judgeIt(gateway)).toMatchObject({ outcome: "stuck", stage: "old" });
    expect(remembered).toEqual([null, "new"]);
  });
});
