import { SystemClock } from "../base/clock.ts";
import { ERRORS } from "../base/error-table.ts";
import { type ErrorCode, isErrorCode } from "../base/errors.ts";
import { wrapped } from "../base/wrapped.ts";
import type { ForwardStatus } from "../forward/compose.ts";
import { type AlarmCondition, type ContactState, lightWords, type SensorState } from "../model.ts";
import type { SenseStatus } from "../sense/compose.ts";
import { keyState } from "../sense/key-alarm.ts";
import { trialLines } from "../update/outcome.ts";
import { readTrial } from "../update/safe.ts";
import { askBoth } from "./asking.ts";
import { PLACE_OPTIONS, placesOf, SAFE_FOLDER, safeFolder } from "./places.ts";
import { EXIT, type Verb } from "./verb.ts";

export const status: Verb = {
  usage: "[--json] [--runtime DIR] [--crash DIR] [--safe DIR]",
  options: {
    json: { type: "boolean", help: "everything as one JSON object" },
    runtime: PLACE_OPTIONS.runtime,
    crash: PLACE_OPTIONS.crash,
    safe: { type: "string", value: "DIR", help: `folder of the trials (default ${SAFE_FOLDER})` },
  },
  details: "Shows nothing that depends on passages. Exit code 4 when a process does not answer.",
  examples: ["telpost status", "telpost status --json"],
  async run(args, io) {
    const { sense, forward } = await askBoth(placesOf(args, io.env));
    const safe = safeFolder(args, io.env);
    const trials = [readTrial(safe, "package"), readTrial(safe, "configuration")].filter(
      (one) => one !== null,
    );
    const lines = [...senseLines(sense), ...forwardLines(forward), ...trials.flatMap(trialLines)];
    if (args.flags.json) io.out(JSON.stringify({ sense, forward, trials }));
    else for (const line of lines.flatMap((one) => wrapped(one, INDENT))) io.out(line);
    return sense && forward ? EXIT.ok : EXIT.notRunning;
  },
};

function senseLines(sense: SenseStatus | null): string[] {
  if (!sense) return ["sense    not running. Run: systemctl status telpost-sense"];
  return [
    `sense    up ${duration(sense.uptimeSeconds)}, version ${sense.version}, configuration ${sense.configHash}`,
    ...insteadLines(sense.instead),
    `clock    ${sense.clockSynced ? "synced" : "not synced: check timedatectl"}`,
    `city key ${cityKeyWords(sense)}`,
    `handover ${sense.handover === "connected" ? "connected" : "waiting for forward"}; ${sense.waiting} to seal, ${sense.unkept} to hand over`,
    ...sensorLines(sense.sensors),
    // A process of the release before, during an update, does not tell.
    ...(sense.contacts ?? []).map(contactLine),
    ...lightLines(sense.light ?? null),
  ];
}

function cityKeyWords({ cityKey, cityKeyUntilMs, clockSynced }: SenseStatus): string {
  if (cityKey === null || cityKeyUntilMs === null) return `none usable. ${ERRORS["key.none_usable"].hint}`;
  const until = `until ${new Date(cityKeyUntilMs).toISOString().slice(0, 10)}`;
  const state = keyState(cityKeyUntilMs, { nowMs: new SystemClock().realtime(), synced: clockSynced });
  if (!state || state.change === "good") return `${cityKey}, ${until}`;
  const { what, hint } = ERRORS[state.change === "expired" ? "key.expired" : "key.expiring"];
  return `${cityKey}, ${until}: ${what} ${hint}`;
}

function contactLine({ id, use, condition, code }: ContactState): string {
  const entry = code && code in ERRORS ? ERRORS[code as keyof typeof ERRORS] : undefined;
  const why = entry ? `: ${entry.what} ${entry.hint}` : "";
  return `contact  ${id.padEnd(16)} ${condition.padEnd(7)} ${use}${why}`;
}

/** What who stands below it reads. */
function lightLines(light: SenseStatus["light"]): string[] {
  if (!light) return [];
  if (light.sign !== null) return [`light    ${lightWords(light.sign)}`];
  const { code } = light;
  return [`light    dark${isErrorCode(code) ? `: ${ERRORS[code].what} ${ERRORS[code].hint}` : ""}`];
}

/** Why it does not run with what the administrator wrote. */
function insteadLines(instead: string | null | undefined): string[] {
  const { what, hint } = ERRORS["config.last_good"];
  return instead ? [`         config.last_good: ${what} (${instead}) ${hint}`] : [];
}

const INDENT = " ".repeat(9);
/** So many get a line each; more are told together, so that all of it fits a screen of 24 lines. */
const MOST_LINES = 8;

function sensorLines(sensors: readonly SensorState[]): string[] {
  if (sensors.length <= MOST_LINES) return sensors.map(sensorLine);
  const groups = Map.groupBy(sensors, ({ link, errors, code }) => {
    return `${link}, errors today: ${errors}${code ? `, ${code}` : ""}`;
  });
  const codes = new Set(sensors.flatMap(({ code }) => (isErrorCode(code) ? [code] : [])));
  return [
    ...[...groups].map(
      ([state, those]) => `sensors  ${those.length} ${state}: ${those.map(({ id }) => id).join(", ")}`,
    ),
    // What a code means is said once.
    ...[...codes].flatMap(trouble),
    "         telpost explain SENSOR says more of one.",
  ];
}

function sensorLine({ id, profile, link, errors, code, experimental }: SensorState): string {
  const why = isErrorCode(code) ? `: ${ERRORS[code].what} ${ERRORS[code].hint}` : "";
  return `sensor   ${id.padEnd(16)} ${link.padEnd(5)} errors today: ${errors.padEnd(4)} ${profile}${experimental ? " (experimental)" : ""}${why}`;
}

function forwardLines(forward: ForwardStatus | null): string[] {
  if (!forward) return ["forward  not running. Run: systemctl status telpost-forward"];
  const { outbox, uplink } = forward;
  return [
    `forward  up ${duration(forward.uptimeSeconds)}, version ${forward.version}, configuration ${forward.configHash}`,
    ...insteadLines(forward.instead),
    `outbox   ${outbox.queued} waiting, ${outbox.accepted} proven, ${outbox.dropped} dropped, ${outbox.rejected} rejected`,
    `oldest   ${outbox.oldestAtMs === null ? "-" : new Date(outbox.oldestAtMs).toISOString()}`,
    ...trouble(forward.storage),
    `uplink   ${uplink.state}${uplink.protocol ? ` (MQTT ${uplink.protocol})` : ""}, last proof ${uplink.lastProofMs === null ? "never" : new Date(uplink.lastProofMs).toISOString()}`,
    ...(forward.drainSeconds ? [`         all delivered in about ${duration(forward.drainSeconds)}`] : []),
    ...trouble(uplink.code),
    ...platformLines(forward.platform ?? {}),
  ];
}

/** `unknown` is not good: it cannot be seen here. */
function platformLines(platform: Partial<ForwardStatus["platform"]>): string[] {
  const names = Object.entries(platform) as [keyof typeof platform, AlarmCondition][];
  const of = (wanted: AlarmCondition) => names.filter(([, is]) => is === wanted).map(([what]) => what);
  const words = (list: readonly string[]) => list.join(", ").replaceAll("_", " ");
  const parts = [
    ...(of("ok").length > 0 ? [`no trouble with ${words(of("ok"))}`] : []),
    ...(of("unknown").length > 0 ? [`not known here: ${words(of("unknown"))}`] : []),
  ];
  if (names.length === 0) return [];
  return [`machine  ${parts.join("; ")}`, ...of("alarm").flatMap((what) => trouble(`platform.${what}`))];
}

/** A fault with its cure; nothing when there is none. */
function trouble(code: ErrorCode | null): string[] {
  return code ? [`         ${code}: ${ERRORS[code].what} ${ERRORS[code].hint}`] : [];
}

function duration(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3_600)} h`;
}
