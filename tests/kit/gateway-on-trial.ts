import type { VirtualClock } from "../../src/base/virtual-clock.ts";
import type { BothStatus } from "../../src/ops/first-window.ts";
import type { UnitState } from "../../src/update/judge.ts";
import type { Machine } from "../../src/update/ports.ts";

/** How a release behaves once it is installed. */
export interface Behaviour {
  /** dpkg fails with this. */
  readonly fails?: string;
  /** The units end by themselves, every second. */
  readonly crashes?: boolean;
  /** The units are not started anew: the old program runs on. */
  readonly stays?: boolean;
  /** A window every so many seconds; 0: none. */
  readonly windows: number;
  readonly delivers?: boolean;
}

/** A gateway with dpkg and systemd of the simplest kind, on a virtual clock. */
export class GatewayOnTrial implements Machine {
  /** What was asked of it that changes something. */
  readonly done: string[] = [];
  version: string | null;
  /** Of the configurations that the two processes run with. */
  hashes = { sense: "0123456789abcdef", forward: "0123456789abcdef" };
  readonly #behaviours: Readonly<Record<string, Behaviour>>;
  readonly #clock: VirtualClock;
  readonly #versionOf: (deb: string) => string;
  #run = 1;
  #sinceMs = 0;

  constructor(
    clock: VirtualClock,
    behaviours: Readonly<Record<string, Behaviour>>,
    versionOf: (deb: string) => string,
  ) {
    this.#clock = clock;
    this.#behaviours = behaviours;
    this.#versionOf = versionOf;
    this.version = Object.keys(behaviours)[0] ?? null;
  }

  get #now(): Behaviour {
    return this.#behaviours[this.version ?? ""] ?? { windows: 0 };
  }

  /** The runs of the units as they are now. */
  runs(): string[] {
    return ["forward", "sense"].map((unit) => `${unit}-${this.#run}`);
  }

  /** As a boot does: everything is started anew. */
  startAnew(): void {
    this.#run++;
    this.#sinceMs = this.#clock.monotonic();
  }

  async installed() {
    return this.version;
  }

  async units(): Promise<UnitState[]> {
    const restarts = this.#now.crashes ? Math.floor((this.#clock.monotonic() - this.#sinceMs) / 1000) : 0;
    return this.runs().map((run) => ({
      name: run.split("-")[0] ?? "",
      active: restarts === 0,
      restarts,
      run,
    }));
  }

  async status(): Promise<BothStatus> {
    const { crashes, windows, delivers } = this.#now;
    if (crashes) return { sense: null, forward: null };
    const seconds = (this.#clock.monotonic() - this.#sinceMs) / 1000;
    const sealed = windows > 0 ? Math.floor(seconds / windows) : 0;
    const sense = {
      epoch: `epoch${this.#run}`,
      sealed,
      unkept: 0,
      waiting: 0,
      handover: "connected",
      clockSynced: true,
      cityKey: "k",
    };
    const uplink = { state: "connected", lastProofMs: delivers && sealed > 0 ? 1 : null };
    return {
      sense: { ...sense, configHash: this.hashes.sense },
      forward: { sense: "connected", uplink, configHash: this.hashes.forward },
    } as unknown as BothStatus;
  }

  async install(deb: string) {
    const version = this.#versionOf(deb);
    this.done.push(`install ${version}`);
    this.version = version;
    if (!this.#now.stays) this.startAnew();
    return this.#now.fails ?? null;
  }

  async restart() {
    this.done.push("restart");
    this.startAnew();
    return null;
  }
}
