import { cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { silentLog } from "../../../src/base/log.ts";
import { VirtualClock } from "../../../src/base/virtual-clock.ts";
import { configHash, parseConfig } from "../../../src/config/parse.ts";
import type { PrivacyReport } from "../../../src/contract/privacy-report.ts";
import { filesOf } from "../../../src/report/files.ts";
import type { Workshop } from "../../../src/update/ports.ts";
import { type PrepareOptions, prepareConfiguration, preparePackage } from "../../../src/update/prepare.ts";
import { runTrial } from "../../../src/update/run-trial.ts";
import { aptFolderPrefix, treeFolder } from "../../../src/update/safe.ts";
import type { Trial } from "../../../src/update/trial.ts";
import { GatewayOnTrial } from "../../kit/gateway-on-trial.ts";
import { Observed } from "../../kit/observed.ts";

/** What a card keeps of updates, seen through every step of two of them, is in the privacy report. */

const TEXT = `gateway: { tenant: denhaag, site: scheveningen, id: gw07, key: gateway-key.jwk }
city: { root: city-root.jwk, keys: city-keys.jws }
broker: { url: "mqtt://127.0.0.1:1" }
privacy: { profile: lab, flow: { windowSeconds: 10 } }
sensors:
  - { id: gate-1, profile: generic-jsonl, port: /dev/ttyUSB0 }
`;
const PROFILES = join(import.meta.dirname, "../../../firmware-config");

let folder: string;
let safe: string;
let observed: Observed;
const look = () => observed.folder("safe", safe);
beforeEach(() => {
  folder = mkdtempSync("/dev/shm/telpost-safe-files-");
  safe = join(folder, "safe");
  observed = new Observed();
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Leaves in the folder what apt, dpkg-deb and cp leave there, under the names that the product gives them. */
const workshop: Workshop = {
  check() {},
  architecture: async () => "arm64",
  fields: async (deb) => ({
    name: "telpost",
    version: readFileSync(deb, "utf8"),
    architecture: "arm64",
    installedBytes: 1e6,
  }),
  isOlder: async () => false,
  isInstalled: async () => false,
  async rebuild(out) {
    const tree = treeFolder(out);
    mkdirSync(join(tree, "DEBIAN"), { recursive: true });
    writeFileSync(join(tree, "DEBIAN/control"), "Package: telpost\n");
    cpSync(PROFILES, join(tree, "usr/lib/telpost/firmware-config"), { recursive: true });
    writeFileSync(out, "1.0");
    look();
    rmSync(tree, { recursive: true });
  },
  async download(out) {
    const apt = mkdtempSync(aptFolderPrefix(dirname(out)));
    writeFileSync(join(apt, "telpost_1.1_arm64.deb"), "1.1");
    look();
    renameSync(join(apt, "telpost_1.1_arm64.deb"), out);
    rmSync(apt, { recursive: true });
  },
  async keepProgram(to) {
    cpSync(PROFILES, join(to, "firmware-config"), { recursive: true });
    writeFileSync(join(to, "telpost.cjs"), "");
  },
  async arm() {
    look();
  },
  async disarm() {},
  isJudging: async () => true,
};

/** Judges until it is decided, and looks at the folder after every step. */
async function judged(trial: Trial, options: PrepareOptions, clock: VirtualClock): Promise<Trial | null> {
  const { machine, bootId } = options;
  const configFile = join(folder, "telpost.yaml");
  const { signal } = new AbortController();
  const running = runTrial(trial, { machine, clock, log: silentLog, safe, configFile, bootId, signal });
  let over = false;
  void running.finally(() => (over = true));
  while (!over) {
    await new Promise(setImmediate);
    look();
    clock.advanceTo(clock.nextDue() ?? clock.monotonic());
  }
  look();
  return running;
}

test("every file that an update and a trial of a configuration leave is named in the report, and no other is", async () => {
  const clock = new VirtualClock(Date.parse("2026-07-18T14:00:00Z"), 1_000_000);
  const parsed = parseConfig(TEXT);
  if (!parsed.ok) throw new Error("no configuration");
  const good = { windows: 60, delivers: true };
  const machine = new GatewayOnTrial(clock, { "1.0": good, "1.1": good }, (deb) => readFileSync(deb, "utf8"));
  machine.hashes = { sense: configHash(TEXT), forward: configHash(TEXT) };
  const file = join(folder, "telpost.yaml");
  writeFileSync(file, TEXT);
  const configuration = { file, text: TEXT, config: parsed.value };
  const options = { machine, workshop, safe, clock, bootId: "boot", configuration, say: () => {} };

  const update = await preparePackage({ file: null, downgrade: false, again: false }, options);
  expect(await judged(update, options, clock)).toMatchObject({ outcome: "kept" });
  expect(await judged(await prepareConfiguration(options), options, clock)).toMatchObject({
    outcome: "kept",
  });

  const files = filesOf(parsed.value);
  const report = {
    topics: [],
    tables: [],
    logs: { events: [], fields: [] },
    files,
  } as unknown as PrivacyReport;
  expect(observed.missingIn(report)).toEqual([]);
  // Each line of the report about this folder is about something that was there.
  for (const { name } of files.filter(({ place }) => place === "safe")) {
    const thinner = { ...report, files: files.filter((one) => one.place !== "safe" || one.name !== name) };
    expect([name, observed.missingIn(thinner).length]).not.toEqual([name, 0]);
  }
});
