import type { Clock } from "../base/clock.ts";
import type { ForwardEndHost } from "../handover/forward-end.ts";
import type { About } from "../handover/protocol.ts";
import type { ContactState, SensorState } from "../model.ts";
import type { WindowDiary } from "./diary.ts";
import type { KeptKeys } from "./kept-keys.ts";
import type { Append, Outbox, WalkCounter } from "./ports.ts";
import type { Uplink } from "./uplink/uplink.ts";

/** What forward knows of sense. */
export interface SenseView {
  about: About | null;
  sensors: readonly SensorState[];
  contacts: readonly ContactState[];
  /** What sense said last: the unit keeps the kernel's answer from forward. Not synced until it did. */
  clockSynced: boolean;
  /** The signed privacy report; null until sense has made one. */
  report: string | null;
}

/** Nothing, before its first hello. */
export const noSense = (): SenseView => ({
  about: null,
  sensors: [],
  contacts: [],
  clockSynced: false,
  report: null,
});

export interface HostParts {
  readonly outbox: Outbox & WalkCounter;
  readonly diary: WindowDiary;
  readonly bootId: string;
  readonly keys: KeptKeys;
  readonly sense: SenseView;
  readonly clock: Clock;
  readonly changed: Uplink["senseChanged"];
}

/** What the handover asks of forward and tells it. */
export function handoverHost({
  outbox,
  diary,
  bootId,
  keys,
  sense,
  clock,
  changed,
}: HostParts): ForwardEndHost {
  return {
    memory: (hello) => ({ ...outbox.senseMemory(hello.epoch), keys: keys.kept }),
    keep(items) {
      const appends = items.map(toAppend);
      const outcomes = outbox.append(appends, clock.realtime());
      diary.kept(appends, outcomes);
      return outcomes;
    },
    keepKeys: (jws) => keys.keep(jws),
    latestKeys: () => keys.latest,
    onHello(hello) {
      outbox.setStoppedCleanly(false);
      sense.about = hello.about;
      changed("about");
    },
    onAbout(about) {
      sense.about = about;
      changed("about");
    },
    beginWalkTest({ atMs, event }) {
      return outbox.beginWalkTest({ atMs, monotonicMs: clock.monotonic(), bootId }, event);
    },
    walkTests: () => outbox.walkTests(),
    onReport(jws) {
      sense.report = jws;
      changed("report");
    },
    onSensors({ sensors, contacts = [], clockSynced }) {
      Object.assign(sense, { sensors, contacts, clockSynced });
    },
    onStopping: () => outbox.setStoppedCleanly(true),
    onGone() {
      sense.sensors = [];
      sense.contacts = sense.contacts.map(({ id, use }) => ({ id, use, condition: "unknown" }));
    },
  };
}

function toAppend(item: Parameters<ForwardEndHost["keep"]>[0][number]): Append {
  if (item.type === "offer") return { type: "message", message: item.message, baselines: item.baselines };
  const { epoch, number, atMs, event } = item;
  return { type: "event", source: { epoch, number }, atMs, event };
}
