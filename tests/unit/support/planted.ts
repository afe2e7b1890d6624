import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clock, SystemClock } from "../../../src/base/clock.ts";
import { silentLog } from "../../../src/base/log.ts";
import { sourceOf } from "../../../src/cli/support-bundle.ts";
import type { Machine } from "../../../src/doctor/machine.ts";
import { thisMachine } from "../../../src/doctor/this-machine.ts";
import { openOutbox } from "../../../src/forward/outbox/outbox.ts";
import { makeGatewayKey } from "../../../src/keys/make.ts";
import { writePrivateKey } from "../../../src/keys/write.ts";
import { ControlServer } from "../../../src/ops/control.ts";
import type { Source } from "../../../src/support/part.ts";
import { writeTrial } from "../../../src/update/safe.ts";
import { newTrial, type Trial } from "../../../src/update/trial.ts";
import { EPOCH_A, message, offer, optionsFor, T0 } from "../../kit/outbox-data.ts";
import { PROGRAM } from "../../kit/program.ts";

/** What must be in no support bundle, by what it is. */
export const PLANTED = {
  // Nine digits: an epoch, which is random, holds them once in 4e12 bundles; six it held once in 1e8.
  count: "131847529",
  position: "-5.1374",
  corner: "7.2613",
  place: "Strandweg 12",
  person: "P. de Vries",
  password: "hunter2-9c1f",
  track: "74ef8320-302e-5128-b490-11ecb955ce37",
  mac: "8f:27:2e:b8:0f:65",
  stamp: "1780315200123",
  payload: "sealed-canary-payload",
  said: "a text of another program",
} as const;

/** Everything planted in one text: what stands where only a word of a closed list may stand. */
const ALL_PLANTED = Object.values(PLANTED).join(" ");
/** Keys that nobody asked for, as a later release may bring them. */
const MORE = { readingsTotal: Number(PLANTED.count), tracks: [{ id: PLANTED.track, x: -5.1374 }] };

/** A configuration that is good, with everything in it that is nobody else's business. */
const good = `gateway: { tenant: denhaag, site: scheveningen, id: gw07, key: gateway-key.jwk }
city: { root: city-root.jwk, keys: city-keys.jws }
broker: { url: "mqtts://mqtt.city.example:8883" }
privacy: { override: "${PLANTED.said}" }
report:
  controller: "${PLANTED.person}"
  contact: "${PLANTED.person}"
  purpose: "${PLANTED.said}"
  legalBasis: "${PLANTED.said}"
  dpia: "${PLANTED.said}"
  register: "${PLANTED.said}"
  activeUntil: 2027-12-31
sensors:
  - id: gate
    location: "${PLANTED.place}"
    profile: generic-jsonl
    port: /dev/serial/by-id/usb-gate
    sends: [tracks]
    lines: [{ id: exit, from: [${PLANTED.position}, 0], to: [5, 0], in: left }]
    zones: [{ id: plaza, corners: [[0, 0], [${PLANTED.corner}, 0], [7, 7]] }]
`;

/** The same with a key that quotes what must not be seen, in a place where the configuration is refused. */
const broken = good.replace("broker: {", `broker: { "${PLANTED.password}": "${ALL_PLANTED}",`);

const sensor = { id: "gate", profile: "generic-jsonl", link: "up", errors: "none" };
const sense = {
  process: "sense",
  version: "0.1.0",
  configHash: "0123456789abcdef",
  instead: ALL_PLANTED,
  uptimeSeconds: 60,
  epoch: EPOCH_A,
  sealed: 7,
  clockSynced: true,
  cityKey: PLANTED.payload,
  cityKeyUntilMs: T0,
  handover: "connected",
  waiting: 0,
  unkept: 0,
  heldFor: ALL_PLANTED,
  facts: [],
  sensors: [
    { ...sensor, ...MORE },
    { ...sensor, id: PLANTED.track, errors: PLANTED.count, link: ALL_PLANTED, code: ALL_PLANTED },
  ],
  contacts: [{ id: PLANTED.mac, use: PLANTED.said, condition: "ok" }],
  light: { sign: PLANTED.said, code: ALL_PLANTED, ...MORE },
  ...MORE,
};
const forward = {
  process: "forward",
  version: ALL_PLANTED,
  configHash: "0123456789abcdef",
  instead: null,
  uptimeSeconds: 60,
  sense: "connected",
  storage: null,
  outbox: { queued: 2, queuedBytes: 4711, oldestAtMs: T0, appended: 9, accepted: 7, rejected: 0, dropped: 0 },
  uplink: { state: PLANTED.said, code: ALL_PLANTED, protocol: "5", connection: 1, lastProofMs: T0, ...MORE },
  platform: { under_voltage: PLANTED.said },
  drainSeconds: 0,
  ...MORE,
};
const window = { epoch: EPOCH_A, seq: 5, endMs: T0, lengths: [60], value: { in: Number(PLANTED.count) } };
const windows = {
  sense: [{ ...window, sealedAtMs: T0, clockSynced: true, short: [[PLANTED.track, 60, 3]], ...MORE }],
  forward: [
    { ...window, keptAtMs: T0, sentAtMs: T0, provenAtMs: null, waits: true, payload: PLANTED.payload },
  ],
};

/** Lines as journald keeps them: of telpost, of systemd, and of a telpost that has gone mad. */
function journalOf(): string {
  const lines = [
    { level: "info", process: "sense", event: "sensor.up", sensor: "gate" },
    { level: "warn", process: "sense", event: "sensor.down", sensor: "gate", code: "device.silent" },
    {
      level: "warn",
      process: "sense",
      event: "sensor.down",
      sensor: PLANTED.track,
      detail: ALL_PLANTED,
      ...MORE,
    },
    {
      level: PLANTED.said,
      process: PLANTED.mac,
      event: "window.held",
      reason: PLANTED.said,
      frame: PLANTED.track,
    },
    { level: "info", event: PLANTED.said, sensor: "gate", count: PLANTED.count },
  ].map((line) => JSON.stringify(line));
  return [...lines, `Started telpost-sense. ${ALL_PLANTED}`, "null", "[1]"]
    .map((text) =>
      JSON.stringify({ MESSAGE: text, __REALTIME_TIMESTAMP: `${T0 * 1000}`, _HOSTNAME: PLANTED.said }),
    )
    .join("\n");
}

/** A gateway in a folder: its files, its outbox, two processes that say too much, and a machine with programs of its own. */
export class PlantedGateway {
  readonly folder = mkdtempSync(join(tmpdir(), "telpost-planted-"));
  readonly key = makeGatewayKey();
  readonly places = { runtime: this.path("run"), crash: this.path("sense"), state: this.path("state") };
  #servers: ControlServer[] = [];

  path(name: string): string {
    return join(this.folder, name);
  }

  async start({ isBroken = false } = {}): Promise<void> {
    for (const place of [
      ...Object.values(this.places),
      this.path("bin"),
      this.path("root/run/systemd/system"),
    ])
      mkdirSync(place, { recursive: true });
    writePrivateKey(this.path("gateway-key.jwk"), this.key.privateJwk);
    writeFileSync(this.path("telpost.yaml"), isBroken ? broken : good);
    mkdirSync(this.path("root/etc"));
    writeFileSync(this.path("root/etc/os-release"), 'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\n');
    this.#program("journalctl", journalOf());
    const unit =
      "LoadState=loaded\nActiveState=active\nSubState=running\nResult=success\nUnitFileState=enabled";
    this.#program("systemctl", `Id=telpost-sense.service\n${unit}\nEnvironment=${ALL_PLANTED}`);
    const outbox = openOutbox(optionsFor(join(this.places.state, "outbox.db")));
    outbox.append([offer(message(0, { jws: PLANTED.payload })), offer(message(1))], T0);
    outbox.close();
    writeTrial(this.path(""), this.#trial());
    await this.#serve(join(this.places.crash, "sense.sock"), {
      status: () => sense,
      windows: () => windows.sense,
    });
    await this.#serve(join(this.places.runtime, "forward.sock"), {
      status: () => forward,
      windows: () => windows.forward,
    });
  }

  /** What the parts are made from: as the command makes it, on this machine. */
  source(): Promise<Source> {
    const flags = { ...this.places, config: this.path("telpost.yaml"), safe: this.folder };
    const time = new SystemClock();
    const patient: Clock["after"] = (name, ms, fn) => time.after(name, 10 * ms, fn);
    const clock: Clock = {
      monotonic: () => time.monotonic(),
      realtime: () => time.realtime(),
      after: patient,
    };
    const parts = { clock, root: this.path("root"), program: [PROGRAM] };
    const machine = thisMachine({ ...parts, chips: () => [], path: this.path("bin") });
    // A busy machine is no finding here.
    const self: Machine["self"] = (args, timeoutMs, as) => machine.self(args, 10 * timeoutMs, as);
    const run: Machine["run"] = (name, args, timeoutMs) => machine.run(name, args, 10 * timeoutMs);
    return sourceOf({ flags, positionals: [] }, { env: {} }, { ...machine, self, run });
  }

  async dispose(): Promise<void> {
    for (const server of this.#servers) await server.stop();
    rmSync(this.folder, { recursive: true });
  }

  #trial(): Trial {
    const planned = {
      from: "0123456789abcdef",
      to: "fedcba9876543210",
      limitSeconds: 180,
      proof: "kept",
    } as const;
    const run = { before: [PLANTED.track], sha256: null, bootId: "a", startedAt: new Date(T0).toISOString() };
    const trial = newTrial({ what: "configuration", ...planned, ...run });
    return { ...trial, stage: "old", step: "done", outcome: "returned", why: ALL_PLANTED };
  }

  #program(name: string, says: string): void {
    writeFileSync(this.path(`bin/${name}.txt`), `${says}\n`);
    writeFileSync(this.path(`bin/${name}`), `#!/bin/sh\nexec /bin/cat ${this.path(`bin/${name}.txt`)}\n`);
    chmodSync(this.path(`bin/${name}`), 0o755);
  }

  async #serve(path: string, verbs: Readonly<Record<string, () => unknown>>): Promise<void> {
    const server = new ControlServer(path, verbs, { clock: new SystemClock(), log: silentLog });
    await server.start();
    this.#servers.push(server);
  }
}
