import { ERRORS } from "../base/error-table.ts";
import { consequenceOf, type ErrorCode, isErrorCode } from "../base/errors.ts";
import type { Liveness, SensorFacts } from "../config/facts.ts";
import type { SensorState } from "../model.ts";
import type { SealedWindows } from "../sense/diary.ts";
import { coverageOf } from "./coverage.ts";
import { field, fields, instant } from "./text.ts";

/** What is known of one sensor. */
export interface SensorKnowledge {
  readonly facts: SensorFacts;
  /** Null while telpost-sense does not answer. */
  readonly state: SensorState | null;
  /** The newest sealed windows of each length. */
  readonly sealedLast: readonly SealedWindows[];
}

/** A sensor: where it is, how it does, what may be shown of it, what its silence means, and what to do. */
export function explainSensor({ facts, state, sealedLast }: SensorKnowledge): string[] {
  const { id, profile, ports, outputs, liveness } = facts;
  const experimental = state?.experimental ? ", experimental: compare a day with a hand count" : "";
  return [
    ...field("sensor", `${id}, profile ${profile}${experimental}`),
    ...fields("port", ports),
    ...field("link", state ? LINKS[state.link] : "not known: telpost-sense does not answer"),
    ...(state ? field("errors", `${state.errors} today`) : []),
    ...fields(
      "records",
      outputs.map(({ id, kind, seconds }) => `${id}: ${kind}, every ${seconds} s, people or not`),
    ),
    ...fields("last window", lastLines(facts, sealedLast)),
    ...field("liveness", `${liveness}: ${LIFE[liveness]}`),
    ...field("silence", silenceOf(facts)),
    ...field("may show", mayShow(liveness)),
    ...field("never shows", "counts, when the last passage was, or anything that follows people"),
    ...nextOf(facts, state),
  ];
}

const LINKS: Readonly<Record<SensorState["link"], string>> = {
  up: "up",
  down: "down: the port is not there",
  fault: "fault: the port is there, and the sensor does not work",
};

const LIFE: Readonly<Record<Liveness, string>> = {
  poll: "it is asked, and answers whoever passes.",
  frames: "it sends all the time, whoever passes.",
  heartbeat: "it sends a sign of life, whoever passes.",
  none: "what it sends is a passage, so only the open port shows that it lives.",
};

function silenceOf({ liveness, silentAfterMs }: SensorFacts): string {
  if (liveness === "none" || silentAfterMs === null)
    return "says nothing: an empty street and a dead sensor look alike. Only a walk test tells them apart.";
  return `for ${silentAfterMs / 1000} s means that nobody watches: its windows say partial or not measured.`;
}

function mayShow(liveness: Liveness): string {
  const always = "link, a day's errors as none, some or many, and how long it watched in a window";
  return liveness === "none" ? `${always}; no rate, no timing, no progress` : always;
}

/** For each output its own newest window: another message may hold that of a longer one. */
function lastLines({ outputs }: SensorFacts, sealedLast: readonly SealedWindows[]): string[] {
  return outputs.flatMap((output) => {
    const mine = sealedLast.filter(({ lengths }) => lengths.includes(output.seconds));
    const last = mine.toSorted((one, other) => other.endMs - one.endMs)[0];
    return last ? [`until ${instant(last.endMs)}: ${output.id} ${coverageOf(output, last).words}`] : [];
  });
}

function nextOf({ liveness }: SensorFacts, state: SensorState | null): string[] {
  if (!state) return field("next", ERRORS["usage.not_running"].hint);
  if (isErrorCode(state.code)) return faultLines(state.code);
  if (state.errors !== "none")
    return field(
      "next",
      "Damaged data: check plugs, ground, cable length and baudRate. telpost sniff SENSOR says where its frames break.",
    );
  if (liveness === "none") return field("next", "Nothing. Whether it counts, a walk test shows.");
  return field("next", "Nothing: it works.");
}

function faultLines(code: ErrorCode): string[] {
  const { what, hint } = ERRORS[code];
  return [...field("fault", `${code}: ${what} ${consequenceOf(code)}`), ...field("next", hint)];
}
