import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { PrivateJwk } from "../../src/keys/jwk.ts";
import { keySetEntry, makeCityKey, makeCityRoot, makeGatewayKey, signKeySet } from "../../src/keys/make.ts";
import { writeKeyRing, writePrivateKey, writePublicKey, writeSignedKeySet } from "../../src/keys/write.ts";
import { PROGRAM } from "./program.ts";
import { until } from "./until.ts";

const YEAR_MS = 365 * 86_400_000;

export interface Printed {
  readonly type?: string;
  readonly event?: string;
  readonly code?: string;
  readonly sensor?: string;
  readonly end?: string;
  readonly quality?: string;
  readonly reason?: string;
  readonly value?: { readonly in: number | null; readonly out: number | null };
  readonly [name: string]: unknown;
}

/** How processes are started. */
export interface Launch {
  /** Default: `PROGRAM`. */
  readonly program?: string;
  /** What runs the program; default: this Node. */
  readonly executable?: string;
  /** More environment. */
  readonly env?: NodeJS.ProcessEnv;
}

/** One process of the product, with what it printed. */
export class LiveProcess {
  readonly child: ChildProcess;
  /** Lines of standard output and of the log, as JSON. */
  readonly printed: Printed[] = [];
  /** Everything as it came. */
  text = "";
  /** Told each line when it comes. */
  onPrinted: (line: Printed) => void = () => {};
  /** It has ended, and all that it printed was read: its end alone may be known before its last words. */
  readonly #closed: Promise<void>;

  constructor(
    args: readonly string[],
    { program = PROGRAM, executable = process.execPath, env = {} }: Launch = {},
  ) {
    this.child = spawn(executable, [program, ...args], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...env },
    });
    this.#closed = new Promise((resolve) => this.child.once("close", () => resolve()));
    for (const stream of [this.child.stdout, this.child.stderr]) {
      let rest = "";
      stream?.setEncoding("utf8").on("data", (chunk: string) => {
        this.text += chunk;
        const lines = (rest + chunk).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines.map(parsed)) {
          this.printed.push(line);
          this.onPrinted(line);
        }
      });
    }
  }

  said(event: string): Printed[] {
    return this.printed.filter((line) => line.event === event);
  }

  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill(signal);
    await this.#closed;
  }
}

function parsed(line: string): Printed {
  try {
    return JSON.parse(line) as Printed;
  } catch {
    return { text: line };
  }
}

export interface LiveOptions {
  /** The section `broker` of the gateway. */
  readonly broker: string;
  /** The section `broker` of the city's site file. */
  readonly cityBroker: string;
  readonly privacy: string;
  readonly sensors: readonly string[];
  /** The section `contacts`, when there is one. */
  readonly contacts?: readonly string[];
  /** The section `statusLight`, when there is one. */
  readonly statusLight?: string;
}

/** A whole gateway and a city's reader as real processes, in a folder of their own. */
export class LiveGateway {
  /** On tmpfs, as the crash copy must be. */
  readonly folder = mkdtempSync("/dev/shm/telpost-live-");
  readonly places = {
    runtime: join(this.folder, "run"),
    crash: join(this.folder, "sense"),
    state: join(this.folder, "state"),
  };
  /** How sense and forward are started. */
  launch: Launch = {};
  sense: LiveProcess | undefined;
  forward: LiveProcess | undefined;
  receive: LiveProcess | undefined;

  async prepare(options: LiveOptions): Promise<void> {
    mkdirSync(this.places.runtime);
    const [root, city, gateway] = [makeCityRoot(), makeCityKey(), makeGatewayKey()];
    const now = Date.now();
    const lab = options.privacy.includes("lab");
    const entry = keySetEntry(city, { fromMs: now - 1000, untilMs: now + YEAR_MS, lab });
    writePrivateKey(this.path("gateway-key.jwk"), gateway.privateJwk as PrivateJwk);
    writePublicKey(this.path("city-root.jwk"), root.publicJwk);
    // The city's own things: what a gateway never has.
    mkdirSync(this.path("city"));
    writePrivateKey(this.path("city/root-private.jwk"), root.privateJwk as PrivateJwk);
    writeSignedKeySet(this.path("city-keys.jws"), await signKeySet({ version: 1, keys: [entry] }, root));
    writeKeyRing(this.path("city-private.jwks"), [city.privateJwk]);
    writePublicKey(this.path("gw07.public.jwk"), gateway.publicJwk);
    writeFileSync(this.path("telpost.yaml"), gatewayYaml(options));
    writeFileSync(this.path("site.yaml"), siteYaml(options));
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  startSense(...flags: readonly string[]): LiveProcess {
    const { runtime, crash } = this.places;
    this.sense = new LiveProcess(
      ["sense", ...this.#common(runtime), "--crash", crash, ...flags],
      this.launch,
    );
    return this.sense;
  }

  startForward(...flags: readonly string[]): LiveProcess {
    const { runtime, state } = this.places;
    this.forward = new LiveProcess(
      ["forward", ...this.#common(runtime), "--state", state, ...flags],
      this.launch,
    );
    return this.forward;
  }

  #common(runtime: string): string[] {
    return ["--config", this.path("telpost.yaml"), "--runtime", runtime];
  }

  startReceive(...flags: readonly string[]): LiveProcess {
    this.receive = new LiveProcess(["receive", "--site", this.path("site.yaml"), ...flags]);
    return this.receive;
  }

  /** Everything that its processes said. */
  said(): string[] {
    return [this.sense, this.forward, this.receive].map((one) => one?.text ?? "");
  }

  /** Sums of the records the city printed for a sensor. */
  sum(sensor: string): { in: number; out: number } {
    const records =
      this.receive?.printed.filter((line) => line.type === "record" && line.sensor === sensor) ?? [];
    return records.reduce<{ in: number; out: number }>(
      (sum, { value }) => ({ in: sum.in + (value?.in ?? 0), out: sum.out + (value?.out ?? 0) }),
      { in: 0, out: 0 },
    );
  }

  /** Waits until the city has so many passages in, or more. */
  async receivesIn(sensor: string, passages: number): Promise<void> {
    await until(
      () => this.sum(sensor).in >= passages,
      `${passages} in from ${sensor}, now ${JSON.stringify(this.sum(sensor))}`,
    );
  }

  async dispose(): Promise<void> {
    for (const one of [this.sense, this.forward, this.receive]) await one?.stop("SIGKILL");
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function gatewayYaml({ broker, privacy, sensors, contacts = [], statusLight }: LiveOptions): string {
  return [
    "gateway: { tenant: denhaag, site: scheveningen, id: gw07, key: gateway-key.jwk }",
    "city: { root: city-root.jwk, keys: city-keys.jws }",
    `broker: { ${broker} }`,
    `privacy: { ${privacy} }`,
    "sensors:",
    ...sensors.map((sensor) => `  - { ${sensor} }`),
    ...(contacts.length > 0 ? ["contacts:", ...contacts.map((contact) => `  - { ${contact} }`)] : []),
    ...(statusLight ? [`statusLight: { ${statusLight} }`] : []),
    "",
  ].join("\n");
}

function siteYaml({ cityBroker }: LiveOptions): string {
  return [
    `broker: { ${cityBroker} }`,
    "tenant: denhaag",
    "keys: city-private.jwks",
    "gateways: [{ id: denhaag/scheveningen/gw07, key: gw07.public.jwk }]",
    "memory: seen.sqlite",
    "",
  ].join("\n");
}
