import { allOutputs } from "../../config/outputs.ts";
import { AGING_MS } from "../../forward/delivery-state.ts";
import { check, failed, good, type Judgement, notKnown, type Patient, warning } from "../check.ts";
import { configOf } from "./files.ts";

/** How delivery goes, by the word of forward. */
export const delivery = check("delivery", {
  needs: ["configuration", "tcp", "tls"],
  remote: true,
  observe: () => null,
  judge(_, { forward }) {
    if (!forward.answers) return [notKnown("telpost-forward does not answer, so nothing is delivered.")];
    const { uplink, storage } = forward.status;
    const found = [
      ...(storage ? [failed(storage, "telpost-forward says so of its outbox.")] : []),
      ...(uplink.code ? [failed(uplink.code, `The uplink of telpost-forward is ${uplink.state}.`)] : []),
    ];
    if (found.length > 0) return found;
    if (uplink.state !== "connected") return [notKnown(`The uplink of telpost-forward is ${uplink.state}.`)];
    return [good(`Connected with MQTT ${uplink.protocol}.`)];
  },
});

/** What waits in the outbox: messages, whose number and length no passage changes (P7, P8). */
export interface Backlog {
  readonly queued: number;
  readonly bytes: number;
  /** ms since the Unix epoch; null when nothing waits. */
  readonly oldestAtMs: number | null;
}

interface QueueFacts {
  /** Null when nobody can say. */
  readonly backlog: Backlog | null;
  readonly nowMs: number;
}

const DAY_MS = 86_400_000;
const NEARLY = 0.8;
const SOON_DAYS = 3;

/** How old what waits is, and how long the outbox has room for what comes. */
export const queue = check<QueueFacts>("queue", {
  needs: ["configuration"],
  remote: true,
  observe({ forward, machine }) {
    const nowMs = machine.clock.realtime();
    if (!forward.answers) return { backlog: null, nowMs };
    const { queued, queuedBytes, oldestAtMs } = forward.status.outbox;
    return { backlog: { queued, bytes: queuedBytes, oldestAtMs }, nowMs };
  },
  judge: ({ backlog, nowMs }, patient) =>
    backlog
      ? judgeQueue(backlog, nowMs, patient)
      : [notKnown("telpost-forward does not answer; see outbox.")],
});

export function judgeQueue(backlog: Backlog, nowMs: number, patient: Patient): Judgement[] {
  const { maxBytes, maxAge } = configOf(patient).outbox;
  const { bytes, oldestAtMs } = backlog;
  const ageMs = oldestAtMs === null ? 0 : Math.max(0, nowMs - oldestAtMs);
  const days = Math.floor(roomDays(backlog, ageMs, patient));
  const room = `There is room for about ${days} more days.`;
  const isNearly = bytes >= NEARLY * maxBytes || ageMs >= NEARLY * maxAge;
  const why = `The oldest has waited for ${ageWords(ageMs)}. ${room}`;
  if (oldestAtMs !== null && (isNearly || days < SOON_DAYS)) return [failed("outbox.filling", why)];
  if (ageMs > AGING_MS) return [warning("outbox.aging", why)];
  return [good(`Nothing waits longer than it should. ${room}`)];
}

/** Messages are as long as the configuration makes them, and come at every closing instant. */
function roomDays({ queued, bytes }: Backlog, ageMs: number, patient: Patient): number {
  const config = configOf(patient);
  const { maxBytes, maxAge } = config.outbox;
  const byAge = (maxAge - ageMs) / DAY_MS;
  if (queued === 0 || bytes === 0) return byAge;
  const perDay = 86_400 / Math.min(...allOutputs(config).map(({ seconds }) => seconds));
  return Math.max(0, Math.min(byAge, (maxBytes - bytes) / ((bytes / queued) * perDay)));
}

function ageWords(ms: number): string {
  const hours = Math.floor(ms / 3_600_000);
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} days`;
}
