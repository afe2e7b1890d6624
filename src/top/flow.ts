import type { ForwardStatus } from "../forward/compose.ts";
import type { AlarmCondition, Output } from "../model.ts";
import type { SenseStatus } from "../sense/compose.ts";
import type { SealedWindows } from "../sense/diary.ts";
import { firstLoss } from "./forecast.ts";
import type { TopView } from "./screen.ts";
import { duration, head, timeOf } from "./words.ts";

const LABEL = 9;
const MOST_LENGTHS = 3;

/** Windows, outbox, uplink, clock and machine: where the messages are, and what may keep them there. */
export function flowLines(view: TopView, columns: number): string[] {
  const { sense, forward } = view;
  const texts: [string, string][] = [
    ...(sense ? windowRows(sense, view.nowMs) : []),
    ...(forward ? forwardRows(forward, view, columns) : [NO_FORWARD]),
    ...(sense ? [["CLOCK", clockOf(sense)] as [string, string]] : []),
    ["MACHINE", machineOf(forward?.platform ?? {})],
    ["RUNS", runsOf(view)],
  ];
  return texts.map(([label, text]) => head(`${label.padEnd(LABEL)}${text}`, columns));
}

const NO_FORWARD: [string, string] = ["FORWARD", "does not run. Run: systemctl status telpost-forward"];

function windowRows({ sealedLast, facts }: SenseStatus, nowMs: number): [string, string][] {
  const outputs = facts.flatMap((one) => one.outputs);
  const lengths = [...new Set(outputs.map(({ seconds }) => seconds))].sort((a, b) => a - b);
  return lengths.slice(0, MOST_LENGTHS).map((seconds, at) => {
    const mine = outputs.filter((output) => output.seconds === seconds);
    const all = sealedLast.filter((one) => one.lengths.includes(seconds));
    const last = all.toSorted((one, other) => other.endMs - one.endMs)[0];
    const label = at === 0 ? "WINDOWS" : "";
    return [label, `${seconds} s: ${last ? lastWords(last, mine, nowMs) : "none closed yet"}`];
  });
}

/** Who watched, by time alone: quality and flags are sealed. */
function lastWords(
  last: SealedWindows,
  outputs: readonly Pick<Output, "id" | "seconds">[],
  nowMs: number,
): string {
  const short = last.short.filter(([, seconds]) => seconds === outputs[0]?.seconds);
  const whole = outputs.length - short.length;
  const parts = short.map(([id, , covered]) => `${id} ${covered} s`).join(", ");
  const clock = last.clockSynced ? "" : ", clock not set";
  return `until ${timeOf(last.endMs, nowMs)}, covered ${whole} of ${outputs.length}${parts && ` (${parts})`}${clock}`;
}

function forwardRows(forward: ForwardStatus, view: TopView, columns: number): [string, string][] {
  const { history, atMs, nowMs } = view;
  const { state, protocol, lastProofMs } = forward.uplink;
  const proof = lastProofMs === null ? "none yet" : timeOf(lastProofMs, nowMs);
  const pace = history.provenAMinute;
  const outbox = `${outboxWords(forward, view)}  `;
  const spark = history.queue(Math.max(0, Math.min(40, columns - LABEL - outbox.length)), atMs);
  return [
    ["OUTBOX", `${outbox}${spark}`],
    [
      "UPLINK",
      `${state}${protocol ? ` (MQTT ${protocol})` : ""}, last proof ${proof}${pace === null ? "" : `, ${pace} proven a minute`}`,
    ],
  ];
}

function outboxWords(forward: ForwardStatus, { sense, nowMs }: TopView): string {
  const { outbox, drainSeconds } = forward;
  const { queued, oldestAtMs } = outbox;
  if (queued === 0 || oldestAtMs === null) return "0 waiting";
  const forecast =
    drainSeconds === null ? lossWords(forward, sense, nowMs) : `all delivered in ${duration(drainSeconds)}`;
  return `${queued} waiting, oldest ${timeOf(oldestAtMs, nowMs)}, ${forecast}`;
}

function lossWords(forward: ForwardStatus, sense: SenseStatus | null, nowMs: number): string {
  const { inSeconds, by } = firstLoss(forward, sense, nowMs);
  return `first lost in ${duration(inSeconds)} by ${by}`;
}

function clockOf({ clockSynced, cityKeyUntilMs, waiting, unkept, handover }: SenseStatus): string {
  const key =
    cityKeyUntilMs === null
      ? "no city key"
      : `city key until ${new Date(cityKeyUntilMs).toISOString().slice(0, 10)}`;
  const away = handover === "connected" ? "" : ", forward is away";
  return `${clockSynced ? "set" : "not set"}; ${key}; ${waiting} to seal, ${unkept} to hand over${away}`;
}

function machineOf(platform: Readonly<Record<string, AlarmCondition>>): string {
  const of = (wanted: AlarmCondition) =>
    Object.entries(platform).flatMap(([what, is]) => (is === wanted ? [what.replaceAll("_", " ")] : []));
  const [alarm, ok, unknown] = [of("alarm"), of("ok"), of("unknown")];
  return [
    ...(alarm.length > 0 ? [`ALARM ${alarm.join(", ")}`] : ok.length > 0 ? ["ok"] : []),
    ...(unknown.length > 0 ? [`not seen here: ${unknown.join(", ")}`] : []),
  ].join("; ");
}

function runsOf({ sense, forward }: TopView): string {
  const of = (name: string, one: { uptimeSeconds: number; configHash: string } | null) =>
    one ? `${name} for ${duration(one.uptimeSeconds)}` : `${name} not`;
  const hash = sense?.configHash ?? forward?.configHash;
  return `${of("sense", sense)}, ${of("forward", forward)}${hash ? `; configuration ${hash}` : ""}`;
}
