import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { Server } from "node:net";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { type Clock, SystemClock } from "../../../src/base/clock.ts";
import type { ClockSync } from "../../../src/base/native/adjtimex.ts";
import { patientOf, readConfiguration } from "../../../src/cli/doctor.ts";
import type { DoctorReport } from "../../../src/contract/doctor-report.ts";
import { ALL_CHECKS } from "../../../src/doctor/all.ts";
import type { Patient } from "../../../src/doctor/check.ts";
import { examine } from "../../../src/doctor/examine.ts";
import type { ChipView, Machine, Ran } from "../../../src/doctor/machine.ts";
import { thisMachine } from "../../../src/doctor/this-machine.ts";
import type { PrivateJwk } from "../../../src/keys/jwk.ts";
import {
  keySetEntry,
  makeCityKey,
  makeCityRoot,
  makeGatewayKey,
  signKeySet,
} from "../../../src/keys/make.ts";
import { writePrivateKey, writePublicKey, writeSignedKeySet } from "../../../src/keys/write.ts";
import { tfminiFrame } from "../../../src/simulators/benewake-tfmini.ts";
import {
  type Authority,
  type Issued,
  issueClient,
  issueServer,
  makeAuthority,
} from "../../kit/certificates.ts";
import { LiveProcess } from "../../kit/live-gateway.ts";
import { type Mosquitto, startTlsMosquitto } from "../../kit/mosquitto.ts";
import { PROGRAM } from "../../kit/program.ts";
import { FakeDevice } from "../../kit/pty.ts";
import { MadeMachine } from "../../unit/platform/made-machine.ts";

const NAME = "denhaag/scheveningen/gw07";
const DAY_MS = 86_400_000;

/** A machine on which nothing else runs may take its time: a check that is slow here is no finding. */
class PatientClock implements Clock {
  readonly #clock = new SystemClock();
  readonly #nowMs: number | undefined;

  constructor(nowMs: number | undefined) {
    this.#nowMs = nowMs;
  }

  monotonic = (): number => this.#clock.monotonic() / 10;
  realtime = (): number => this.#nowMs ?? this.#clock.realtime();
  after: Clock["after"] = (name, ms, fn) =>
    this.#clock.after(name, name.startsWith("doctor ") ? 10 * ms : ms, fn);
}

/** What is otherwise than on a gateway that is well. */
export interface Injected {
  /** Parts of telpost.yaml. */
  readonly broker?: string;
  readonly sensors?: readonly string[];
  readonly statusLight?: string;
  readonly text?: string;
  readonly key?: string;
  readonly cityKeys?: string;
  readonly outbox?: string;
  /** What the doctor is told of the patient. */
  readonly patient?: (patient: Patient) => Patient;
  readonly sync?: ClockSync;
  readonly nowMs?: number;
  readonly chips?: readonly ChipView[];
  readonly root?: string;
  readonly path?: string;
  readonly lookup?: Machine["lookup"];
  readonly sensorIsBroken?: boolean;
  /** Limits as on a gateway, where the time that runs out is the finding. */
  readonly inTime?: boolean;
}

/** A gateway that is well: real processes, a real broker with TLS and ACL, a sensor that talks; and a machine of files. */
export class DoctorRig {
  readonly folder = mkdtempSync("/dev/shm/telpost-doctor-");
  readonly pi = new MadeMachine().makePi();
  readonly device = new FakeDevice();
  readonly ca: Authority = makeAuthority(this.folder, "ca", 700);
  readonly server: Issued = issueServer(this.folder, this.ca, { validity: validFor(400) });
  readonly client: Issued = issueClient(this.folder, this.ca, NAME, validFor(400));
  readonly rootKey = makeCityRoot();
  broker!: Mosquitto;
  /** What the sensor says, every 20 ms; null for silence. */
  says: Uint8Array | null = tfminiFrame(3);
  #talking: NodeJS.Timeout | undefined;
  #sense: LiveProcess | undefined;
  #forward: LiveProcess | undefined;
  readonly #servers: Server[] = [];
  readonly #seen = new Map<string, Promise<Ran | null>>();

  async start(): Promise<void> {
    // The shipped profiles are looked for beside the program.
    process.argv[1] = PROGRAM;
    for (const name of ["run", "sense", "state", "configs"]) mkdirSync(this.path(name));
    this.pi.write("proc/net/route", "Iface\tDestination\tGateway\neth0\t00000000\t0102A8C0");
    this.pi.write("proc/uptime", "86400.00 1.00");
    this.broker = await startTlsMosquitto(this.ca, this.server);
    writePrivateKey(this.path("gateway-key.jwk"), makeGatewayKey().privateJwk as PrivateJwk);
    writePublicKey(this.path("city-root.jwk"), this.rootKey.publicJwk);
    writeSignedKeySet(this.path("city-keys.jws"), await this.keySet(-1, 700));
    this.device.plug();
    this.#talking = setInterval(() => this.says && this.device.send(this.says), 20);
    writeFileSync(this.path("telpost.yaml"), this.yaml({}));
    const common = ["--config", this.path("telpost.yaml"), "--runtime", this.path("run")];
    this.#forward = new LiveProcess(["forward", ...common, "--state", this.path("state")]);
    this.#sense = new LiveProcess(["sense", ...common, "--crash", this.path("sense")]);
  }

  /** Waits until both processes say of themselves what is wanted. */
  async sees(what: string, is: (patient: Patient) => boolean): Promise<Patient> {
    for (let tries = 0; tries < 600; tries++) {
      const patient = await this.ask();
      if (is(patient)) return patient;
      await wait(100);
    }
    throw new Error(`never seen: ${what}`);
  }

  /** Everything runs and is connected. */
  isWell(): Promise<Patient> {
    return this.sees("a gateway that is well", ({ sense, forward }) => {
      const isUp = sense.answers && sense.status.sensors.every(({ link }) => link === "up");
      const isOver = sense.answers && sense.status.handover === "connected";
      return isUp && isOver && forward.answers && forward.status.uplink.code === null;
    });
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** City keys that are valid between so many days from now, signed by this city or by another. */
  keySet(from: number, until: number, root = this.rootKey): Promise<string> {
    const [fromMs, untilMs] = [Date.now() + from * DAY_MS, Date.now() + until * DAY_MS];
    return signKeySet(
      { version: 1, keys: [keySetEntry(makeCityKey(), { fromMs, untilMs, lab: false })] },
      root,
    );
  }

  url(port: number, host = "localhost"): string {
    return `url: "mqtts://${host}:${port}"`;
  }

  /** The files of the broker section. */
  tls({ ca = this.ca.ca, cert = this.client.cert, key = this.client.key } = {}): string {
    return `ca: ${ca}, cert: ${cert}, key: ${key}`;
  }

  /** The sensor that runs. */
  sensor(): string {
    return `id: gate, profile: benewake-tfmini, port: ${this.device.link}, nearerThanMetres: 2`;
  }

  /** One that nobody reads. */
  other(port: string): string {
    return `id: other, profile: benewake-tfmini, port: ${port}, nearerThanMetres: 2`;
  }

  yaml(injected: Injected): string {
    const broker = injected.broker ?? `${this.url(this.broker.port)}, ${this.tls()}`;
    const { key = this.path("gateway-key.jwk"), cityKeys = this.path("city-keys.jws") } = injected;
    return [
      `gateway: { tenant: denhaag, site: scheveningen, id: gw07, key: ${key} }`,
      `city: { root: ${this.path("city-root.jwk")}, keys: ${cityKeys} }`,
      `broker: { ${broker} }`,
      ...(injected.outbox ? [`outbox: { ${injected.outbox} }`] : []),
      ...(injected.statusLight ? [`statusLight: { ${injected.statusLight} }`] : []),
      "sensors:",
      ...(injected.sensors ?? [this.sensor()]).map((sensor) => `  - { ${sensor} }`),
      "",
    ].join("\n");
  }

  /** A server on loopback that is closed with the rig. @returns its port */
  async listen(server: Server): Promise<number> {
    this.#servers.push(server.listen(0, "127.0.0.1"));
    await once(server, "listening");
    return (server.address() as { port: number }).port;
  }

  /** One examination, with everything well but what is injected. */
  async examine(injected: Injected = {}): Promise<DoctorReport> {
    const { pi } = this;
    const file = this.path(`configs/${Math.random().toString(36).slice(2)}.yaml`);
    writeFileSync(file, injected.text ?? this.yaml(injected));
    // The sensor is still while this process is busy, such as when a certificate is made.
    const current = injected.sensorIsBroken ? await this.ask() : await this.isWell();
    const changed = readConfiguration(file);
    // What runs is what is in the file: that it is not is a finding of its own.
    const configuration = { ...changed, hash: current.configuration.hash };
    const patient = injected.patient?.({ ...current, configuration }) ?? { ...current, configuration };
    const { sync = { synced: true, maxErrorMs: 5 }, nowMs, chips = [], root = pi.root, path } = injected;
    const clock = injected.inTime ? new SystemClock() : new PatientClock(nowMs);
    const parts = { clock, root, clockSync: () => sync, chips: () => chips, program: [PROGRAM] };
    const machine = this.#patiently(thisMachine({ ...parts, ...(path !== undefined && { path }) }));
    const { lookup = machine.lookup } = injected;
    return examine({ checks: ALL_CHECKS, patient, machine: { ...machine, lookup } });
  }

  /** An outbox is looked at once: most of what is injected is elsewhere. */
  #patiently(machine: Machine): Machine {
    const self: Machine["self"] = (args, timeoutMs, as) => {
      const key = args.join(" ");
      const seen = this.#seen.get(key) ?? machine.self(args, 10 * timeoutMs, as);
      this.#seen.set(key, seen);
      return seen;
    };
    // Nothing that is injected changes what dpkg knows.
    const run: Machine["run"] = (name, args, timeoutMs) =>
      name === "dpkg-query" ? Promise.resolve(null) : machine.run(name, args, 10 * timeoutMs);
    return { ...machine, self, run };
  }

  /** What both processes say now. */
  ask(): Promise<Patient> {
    const flags = { config: this.path("telpost.yaml"), safe: this.path("safe") };
    const places = { runtime: this.path("run"), crash: this.path("sense"), state: this.path("state") };
    return patientOf({ flags: { ...flags, ...places }, positionals: [] }, { env: {} });
  }

  async stop(): Promise<void> {
    clearInterval(this.#talking);
    await this.#sense?.stop("SIGKILL");
    await this.#forward?.stop("SIGKILL");
    await this.broker?.stop();
    for (const server of this.#servers) server.close();
    this.device.dispose();
    this.pi.dispose();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Dates of a certificate. @param days from now until it ends */
export function validFor(days: number, fromDays = -1) {
  const stamp = (ms: number) => new Date(ms).toISOString().replaceAll(/[-:T]|\.\d+/g, "");
  return { from: stamp(Date.now() + fromDays * DAY_MS), to: stamp(Date.now() + days * DAY_MS) };
}
