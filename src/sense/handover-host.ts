import type { About } from "../handover/protocol.ts";
import type { ForwardHello, KeySource, SenseEndHost } from "../handover/sense-end.ts";
import type { Core } from "./core.ts";
import { type BaselineKey, openBaseline } from "./guard/baseline.ts";

export interface HostParts {
  readonly about: () => About;
  readonly report: () => string | null;
  readonly onWalkTests: (used: number) => void;
  readonly boxKey: BaselineKey;
  readonly clockSynced: () => boolean;
  /** Default: a restart from afar is not for this process. */
  readonly onRestart?: () => void;
  /** Default: nobody wants to know. */
  readonly onDelivery?: SenseEndHost["onDelivery"];
  readonly keys: { readonly jws: string; offer(jws: string, from: KeySource): Promise<void> };
}

/** What the handover asks of sense and tells it. Forward is not believed: it can drop, delay or roll a baseline back, no more. */
export function handoverHost(core: Core, parts: HostParts): SenseEndHost {
  const { about, report, onWalkTests, boxKey, clockSynced, keys } = parts;
  const { onRestart = () => {}, onDelivery = () => {} } = parts;
  const { sealing, events, startGap, pipeline } = core;
  return {
    unkept: () => sealing.unkept(),
    unkeptEvents: () => events.unkept(),
    epoch: () => core.epoch,
    about,
    report,
    onWalkTests,
    onDelivery,
    sensors: () => pipeline.states(),
    contacts: () => core.contacts.states(),
    clockSynced,
    onHello(hello) {
      for (const { message } of sealing.unkept()) {
        if (message.epoch === core.epoch && message.seq <= (hello.lastSeqKept ?? -1))
          sealing.forget(message.epoch, message.seq);
      }
      startGap.heard(hello.lastEnds);
      pipeline.isLaterBy(startGap.behindMs());
      core.skipKept(hello.lastEnds);
      sealing.whenTimeKnown(() => declareGap(core, hello));
      pipeline.baselinesKnown(openBaselines(hello, boxKey));
    },
    onKept: (epoch, seq) => void sealing.forget(epoch, seq),
    onRefused: (epoch, seq) => void sealing.forget(epoch, seq),
    onEventKept(epoch, number) {
      events.forget(epoch, number);
      core.commit();
    },
    onRestart,
    keys: () => keys.jws,
    onKeys: (jws, from) => keys.offer(jws, from),
  };
}

/** Sense did not run, or its memory is gone: no record is made for those windows, they are declared. */
function declareGap(core: Core, { stoppedCleanly }: ForwardHello): void {
  if (core.startGap.declared) return;
  const windows = core.startGap.declare();
  const reason = stoppedCleanly ? "stopped" : "power_cut";
  if (windows.length === 0) return;
  core.declare({ kind: "gap", reason, windows });
  core.commit();
}

function openBaselines({ baselines }: ForwardHello, key: BaselineKey) {
  return new Map(
    baselines.flatMap((baseline) => {
      const last = openBaseline(baseline, key);
      return last ? [[baseline.channel, last] as const] : [];
    }),
  );
}
