import { ERRORS } from "../base/error-table.ts";
import { wrapped } from "../base/wrapped.ts";
import {
  type Failure,
  type Fault,
  type FrameKind,
  MOST_SNIFF_SECONDS,
  type Sniffed,
  type Talk,
  type Timing,
} from "./sniffed.ts";

const LABEL_WIDTH = 12;

/** What was heard as lines of at most 80 characters; only the path of a port is never broken. */
export function sniffLines(sniffed: Sniffed): string[] {
  const { sensor, profile, ports, seconds, hears, kinds, timing, nominalMs, errors, failures, talk } =
    sniffed;
  return [
    ...field("sensor", `${sensor}, profile ${profile}, listened to for ${seconds} s`),
    ...ports.map((port) => whole("port", port)),
    ...field("hears", HEARS[hears]),
    ...kinds.flatMap((kind) => field("frame", frameText(kind))),
    ...(timing ? field("time", timeText(timing, nominalMs)) : []),
    ...(hears === "frames" ? field("errors", errors ?? "not told: passages may be among them") : []),
    ...failures.flatMap((failure) => field("", failureText(failure))),
    ...(talk ? field("asked", talkText(talk)) : []),
    ...adviceOn(sniffed).flatMap((one) => field("next", one)),
    ...commandsOn(sniffed).map((one) => whole("", one)),
  ];
}

/** A path or a command, which is never broken. */
const whole = (label: string, text: string) => label.padEnd(LABEL_WIDTH) + text;

function field(label: string, text: string): string[] {
  return wrapped(label.padEnd(LABEL_WIDTH) + text, " ".repeat(LABEL_WIDTH));
}

const HEARS: Readonly<Record<Sniffed["hears"], string>> = {
  frames: "its frames",
  rubbish: "bytes, of which none are its frames",
  nothing: "nothing of its frames",
  "not asked": "nothing: it speaks when asked, and was not asked in this time",
};

function frameText({ name, header, bytes }: FrameKind): string {
  const begins = header === "" ? "no fixed header" : `header ${header}`;
  return `${name}: ${begins}; bytes: ${bytes}`;
}

function timeText({ since, least, median, most }: Timing, nominalMs: number | null): string {
  const what = since === "question" ? "from question to answer" : "from frame to frame";
  const nominal = nominalMs === null ? "" : `; its profile says ${Math.round(nominalMs)} ms`;
  return `about ${median || "less than 1"} ms ${what}, from ${least} to ${most}${nominal}`;
}

const FAULTS: Readonly<Record<Fault, string>> = {
  length: "the length it says cannot be",
  tail: "it does not end as it should",
  check: "its check value is wrong",
  too_long: "it is too long",
  cut: "it was cut short",
  form: "it cannot be read",
};

function failureText({ frame, why, at }: Failure): string {
  return `${frame}: ${FAULTS[why]}${at === null ? "" : `, byte ${at}`}`;
}

function talkText({ asked, timeouts, refusals, restarts, echoes }: Talk): string {
  const parts = [
    asked === 0 ? "nothing" : `${asked} questions and commands`,
    ...(timeouts > 0 ? [`without an answer ${timeouts}`] : []),
    ...(refusals > 0 ? [`refused ${refusals}`] : []),
    ...(restarts > 0 ? [`started anew ${restarts}`] : []),
    ...(echoes ? ["the line echoes"] : []),
  ];
  return parts.join(", ");
}

/** What to do next. */
function adviceOn({ hears, errors, failures, talk, seconds }: Sniffed): string[] {
  if (hears === "rubbish")
    return ["The baud rate or the profile is wrong, or the cable is. To find the baud rate, run:"];
  if (hears === "nothing") return [ERRORS["device.silent"].hint, ...wiring(talk)];
  if (hears === "not asked")
    return [
      seconds < MOST_SNIFF_SECONDS
        ? `It is asked again after a pause: listen with --seconds ${MOST_SNIFF_SECONDS}.`
        : wiring(talk).join(" "),
    ];
  if ((talk?.refusals ?? 0) > 0)
    return ["It answers, but refuses: check its address and its registers against its manual."];
  if ((talk?.timeouts ?? 0) > 0)
    return ["Some questions stay without an answer: check plugs, ground and the ends of the bus."];
  if (errors === "none" || errors === null) return ["Nothing: the line is good."];
  return [adviceOnErrors(failures), "If it stays, another baud rate may fit better. To find it, run:"];
}

/** Other baud rates can be tried once nobody holds the port. */
function commandsOn({ hears, errors, talk, ports }: Sniffed): string[] {
  const fails = errors === "some" || errors === "many";
  if (hears !== "rubbish" && !(fails && (talk?.timeouts ?? 0) + (talk?.refusals ?? 0) === 0)) return [];
  return ["sudo systemctl stop telpost.target", `sudo telpost probe ${ports[0] ?? "PORT"}`];
}

function wiring(talk: Talk | null): string[] {
  const lines = ["TX goes to RX and RX to TX, and the grounds are joined."];
  return talk ? [...lines, "On RS-485 exchange A and B, and check its address."] : lines;
}

function adviceOnErrors(failures: readonly Failure[]): string {
  const lost = failures.some(({ why }) => why === "tail" || why === "cut" || why === "length");
  return lost
    ? "Bytes get lost or damaged on the way: check plugs, ground, cable length and the USB hub."
    : "Bytes are damaged on the way: check plugs, ground, cable length and what runs beside the cable.";
}
