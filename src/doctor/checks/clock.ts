import type { ClockSync } from "../../base/native/adjtimex.ts";
import { check, failed, good, type Judgement, type Subject } from "../check.ts";
import { isThere, textOf } from "../machine.ts";

interface ClockFacts {
  /** ms since the Unix epoch. */
  readonly nowMs: number;
  readonly sync: ClockSync;
  /** What the battery clock says, s since the Unix epoch; null without one. */
  readonly batterySeconds: number | null;
  /** Whether a time service runs; null where it is not known. */
  readonly service: string | null | undefined;
}

const SERVICES = ["systemd-timesyncd", "chrony", "ntpsec", "ntp", "ntpd", "openntpd"];
/** A clock before this year was never set: the software is younger. */
const BUILD_YEAR = 2026;

/** Whether the clock is set, and by what. */
export const clock = check<ClockFacts>("clock", {
  remote: true,
  async observe(subject) {
    const { machine } = subject;
    const battery = textOf(machine, "sys/class/rtc/rtc0/since_epoch");
    return {
      nowMs: machine.clock.realtime(),
      sync: machine.clockSync(),
      batterySeconds: battery === null ? null : Number(battery),
      service: await serviceOf(subject),
    };
  },
  judge: judgeClock,
});

/** The time service that runs; null when none does, undefined when that cannot be known. */
async function serviceOf({ machine }: Subject): Promise<string | null | undefined> {
  if (!isThere(machine, "run/systemd/system")) return undefined;
  const ran = await machine.run("systemctl", ["is-active", ...SERVICES], 2_000);
  if (!ran) return undefined;
  const states = ran.out.trim().split("\n");
  return SERVICES.find((_, at) => states[at] === "active") ?? null;
}

export function judgeClock({ nowMs, sync, batterySeconds, service }: ClockFacts): Judgement[] {
  const is = new Date(nowMs);
  const day = is.toISOString().slice(0, 10);
  const wasNeverSet = is.getUTCFullYear() < BUILD_YEAR;
  const battery = batteryWords(batterySeconds);
  if (!wasNeverSet && sync.synced) return [good(`The clock is set. ${battery}`)];
  const says = `It says ${day}. ${battery}`;
  if (service === null) return [failed("clock.no_source", says)];
  const by = service === undefined ? "" : ` ${service} runs, but has reached no time server.`;
  return [failed("clock.unsynced", `${says}${by}`)];
}

function batteryWords(seconds: number | null): string {
  if (seconds === null) return "There is no battery clock.";
  const isSet = new Date(seconds * 1000).getUTCFullYear() >= BUILD_YEAR;
  return isSet ? "The battery clock runs." : "The battery clock was never set, or its battery is empty.";
}
