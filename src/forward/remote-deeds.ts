import type { Clock } from "../base/clock.ts";
import { TelpostError } from "../base/errors.ts";
import { isFresh, NO_RESTART, type Restart } from "../base/restart.ts";
import { type DoctorReport, withoutTexts } from "../contract/doctor-report.ts";
import { topics } from "../contract/topics.ts";
import type { ForwardEnd } from "../handover/forward-end.ts";
import type { ForwardOptions, ForwardStatus } from "./compose.ts";
import { examined } from "./examined.ts";
import type { SenseView } from "./handover-host.ts";
import type { Asked, Outbox, Reply } from "./ports.ts";
import { type Deeds, Remote } from "./remote/remote.ts";
import type { Uplink } from "./uplink/uplink.ts";

export interface RemoteParts {
  readonly outbox: Outbox;
  readonly sense: SenseView;
  readonly startedMs: number;
  /** What is wired later than this. */
  readonly wired: () => { readonly uplink: Uplink; readonly end: ForwardEnd; status(): ForwardStatus };
}

/** The remote commands of this gateway, wired: takes what comes below `cmd`. */
export function commandsOf(
  options: ForwardOptions,
  { outbox, sense, startedMs, wired }: RemoteParts,
): (asked: Asked, reply: Reply) => void {
  const { config, clock, log, restart = NO_RESTART } = options;
  const { tenant, site, id: gateway } = config.gateway;
  const remote = new Remote({
    res: topics({ tenant, site, gateway }).res,
    clock,
    log,
    deeds: deedsOf({
      ...{ clock, startedMs, restart, report: () => sense.report },
      uplink: () => wired().uplink,
      restartSense: () => wired().end.restart(),
      examined: () => examined(options, { sense, status: () => wired().status() }),
    }),
    declare(event) {
      const atMs = clock.realtime();
      outbox.append([{ type: "event", source: null, atMs, event }], atMs);
    },
  });
  return (asked, reply) => void remote.take(asked, reply);
}

export interface DeedParts {
  readonly clock: Clock;
  /** Monotonic. */
  readonly startedMs: number;
  readonly uplink: () => Pick<Uplink, "health" | "senseChanged">;
  /** The signed privacy report; null while there is none. */
  readonly report: () => string | null;
  /** Asks sense to end itself; returns when it is gone, or does not go. */
  readonly restartSense: () => Promise<void>;
  readonly restart: Restart;
  /** Has this gateway examined. */
  readonly examined: () => Promise<DoctorReport>;
}

/** What each remote command does. None of them takes anything from who asks. */
export function deedsOf({
  clock,
  startedMs,
  uplink,
  report,
  restartSense,
  restart,
  examined,
}: DeedParts): Deeds {
  return {
    health: async () => ({ findings: { health: uplink().health() } }),
    async privacy() {
      if (report() === null) throw new TelpostError("report.none");
      uplink().senseChanged("report");
      return { findings: {} };
    },
    async restart() {
      if (isFresh(clock, startedMs, restart)) throw new TelpostError("command.too_often");
      // Sense goes first: what it has is kept here before this process ends.
      return { findings: {}, afterwards: () => void restartSense().then(restart.end) };
    },
    doctor: async () => ({ findings: { doctor: withoutTexts(await examined()) } }),
  };
}
