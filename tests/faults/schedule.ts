import { DISK_FAULTS, type DiskFault } from "./disk.ts";
import { Random } from "./random.ts";

/** What goes wrong. Times in ms; a fault with a duration ends by itself. */
export type Fault =
  | { readonly kind: "kill"; readonly who: "sense" | "forward"; readonly downMs: number }
  | { readonly kind: "kill_broker"; readonly downMs: number }
  | { readonly kind: "stop_forward"; readonly ms: number }
  /** `torn`: the share of sectors written since the last sync that reached the card all the same. */
  | { readonly kind: "power_cut"; readonly downMs: number; readonly torn: number }
  | { readonly kind: "net_drop" | "net_mute" | "net_refuse"; readonly ms: number }
  | { readonly kind: "net_delay"; readonly ms: number; readonly delayMs: number }
  | { readonly kind: "net_cut" }
  /** Another broker answers: `connack` to a connection, else `puback` to every publish. */
  | { readonly kind: "odd_broker"; readonly ms: number; readonly connack: number; readonly puback: OddAnswer }
  | { readonly kind: "disk_stall"; readonly ms: number; readonly syncMs: number }
  | { readonly kind: "disk_fails"; readonly ms: number; readonly how: DiskFault }
  | { readonly kind: "clock_step"; readonly ms: number }
  | { readonly kind: "unplug"; readonly sensor: Sensor; readonly ms: number }
  | { readonly kind: "babble"; readonly sensor: Sensor; readonly bytes: number }
  /** Off, on again, and a banner before the first line. */
  | { readonly kind: "reboot"; readonly sensor: Sensor };

export type OddAnswer = number | "drop";

/** Sensors that faults may touch; the third one is only ever hurt by what hurts a process. */
export type Sensor = "door" | "turnstile";

export interface Planned {
  readonly atMs: number;
  readonly fault: Fault;
}

/** A history: what goes wrong when, in ms since its start, in the order of the times. */
export type Schedule = readonly Planned[];

export interface ScheduleOptions {
  readonly faults: number;
  /** Mean time between two faults. */
  readonly everyMs: number;
}

/** MQTT 5, table 3-4: success, no subscribers, quota; or silence. Not those after which a message rests for an hour. */
const ODD_PUBACKS: readonly OddAnswer[] = [0x00, 0x10, 0x97, "drop"];
/** MQTT 5, table 3-1: accepted, unspecified, server unavailable, server busy. */
const ODD_CONNACKS = [0x00, 0x00, 0x80, 0x88, 0x89] as const;

const SENSORS: readonly Sensor[] = ["door", "turnstile"];

const MAKERS: readonly ((random: Random) => Fault)[] = [
  (random) => ({ kind: "kill", who: "sense", downMs: random.between(0, 1500) }),
  (random) => ({ kind: "kill", who: "sense", downMs: random.between(0, 200) }),
  (random) => ({ kind: "kill", who: "forward", downMs: random.between(0, 1500) }),
  (random) => ({ kind: "kill", who: "forward", downMs: random.between(0, 200) }),
  (random) => ({ kind: "kill_broker", downMs: random.between(0, 2500) }),
  (random) => ({ kind: "stop_forward", ms: random.between(200, 4000) }),
  (random) => ({
    kind: "power_cut",
    downMs: random.between(100, 4000),
    torn: random.pick([0, 0, 0.1, 0.5, 1]),
  }),
  (random) => ({ kind: "net_drop", ms: random.between(200, 3000) }),
  (random) => ({ kind: "net_mute", ms: random.between(200, 3000) }),
  (random) => ({ kind: "net_refuse", ms: random.between(200, 3000) }),
  (random) => ({ kind: "net_delay", ms: random.between(500, 4000), delayMs: random.between(50, 700) }),
  () => ({ kind: "net_cut" }),
  (random) => ({
    kind: "odd_broker",
    ms: random.between(500, 3000),
    connack: random.pick(ODD_CONNACKS),
    puback: random.pick(ODD_PUBACKS),
  }),
  (random) => ({ kind: "disk_stall", ms: random.between(1000, 6000), syncMs: random.between(100, 3000) }),
  (random) => ({
    kind: "disk_fails",
    ms: random.between(200, 4000),
    how: random.pick(Object.keys(DISK_FAULTS) as DiskFault[]),
  }),
  (random) => ({ kind: "disk_fails", ms: random.between(50, 1000), how: "short" }),
  // Never back by as much as forward, so that the wall clock is never before the true time.
  (random) => ({ kind: "clock_step", ms: random.pick([500, 2000, 7000, 60_000, 3_600_000]) }),
  (random) => ({ kind: "clock_step", ms: -random.between(30, 2000) }),
  (random) => ({ kind: "unplug", sensor: random.pick(SENSORS), ms: random.between(400, 3000) }),
  (random) => ({ kind: "babble", sensor: random.pick(SENSORS), bytes: random.between(1, 3000) }),
  (random) => ({ kind: "reboot", sensor: random.pick(SENSORS) }),
];

/** The history of a seed: a pure function, so that a seed is all that need be told. */
export function scheduleFor(seed: number, { faults, everyMs }: ScheduleOptions): Schedule {
  const random = new Random(seed);
  const planned: Planned[] = [];
  let aheadMs = 0;
  for (let atMs = 0; planned.length < faults; atMs += random.between(0, 2 * everyMs)) {
    const fault = random.pick(MAKERS)(random);
    if (fault.kind === "clock_step") {
      if (aheadMs + fault.ms < 0) continue;
      aheadMs += fault.ms;
    }
    planned.push({ atMs, fault });
  }
  return planned;
}

/** A card that stands still for five seconds at a commit, every twenty seconds. */
export function stallsOf(count: number): Schedule {
  // Longer than a window, so that a commit falls into each; the next one finds the card well again.
  const fault: Fault = { kind: "disk_stall", ms: 3500, syncMs: 5000 };
  return Array.from({ length: count }, (_, at) => ({ atMs: at * 20_000, fault }));
}

/** When the last of its faults has ended, ms since the start. */
export function endOf(schedule: Schedule): number {
  return Math.max(0, ...schedule.map(({ atMs, fault }) => atMs + durationOf(fault)));
}

export function durationOf(fault: Fault): number {
  if ("downMs" in fault) return fault.downMs;
  return "ms" in fault && fault.kind !== "clock_step" ? fault.ms : 0;
}

/** One line a fault, to be read by people and put into a test. */
export function describeSchedule(schedule: Schedule): string {
  return schedule.map((planned) => JSON.stringify(planned)).join("\n");
}

/**
 * Kills spread evenly over a window, of both processes in turn: each is killed once in two windows, so that it has started
 * again before, and half a window apart.
 * @param kills how many in the whole sweep; @param part which of `parts` equal pieces this is
 */
export function sweepOf(
  kills: number,
  windowMs: number,
  { part, parts }: { part: number; parts: number } = { part: 0, parts: 1 },
): Schedule {
  const rounds = Math.ceil(kills / 2);
  const stepMs = Math.max(50, windowMs / rounds);
  const mine = Array.from({ length: rounds }, (_, round) => round).filter((round) => round % parts === part);
  const planned = mine.flatMap((round, turn): Planned[] => {
    const atMs = 2 * turn * windowMs + ((round * stepMs) % windowMs);
    const kill = (who: "sense" | "forward"): Fault => ({ kind: "kill", who, downMs: 0 });
    return [
      { atMs, fault: kill("sense") },
      { atMs: atMs + windowMs / 2, fault: kill("forward") },
    ];
  });
  return planned.sort((a, b) => a.atMs - b.atMs);
}
