import { canBeAsked } from "./asking.ts";
import { blockFor } from "./block.ts";
import { best, type Finding } from "./finding.ts";
import type { Candidate } from "./plan.ts";
import type { Probed } from "./run.ts";

/** What the person on the ladder is told. Every number in it is of the device, none of people. */
export interface Report {
  readonly port: string;
  readonly asked: boolean;
  /** Best first. */
  readonly findings: readonly Finding[];
  /** What the line carried where most came: nothing, breaks, text or other bytes. */
  readonly line: Probed["rounds"][number]["looks"];
  /** One block for each profile that fits. */
  readonly config: readonly { readonly profile: string; readonly lines: readonly string[] }[];
  /** What to do next, one sentence or two each. */
  readonly next: readonly string[];
}

export interface ReportOptions {
  /** As it was given. */
  readonly port: string;
  /** The path to write into telpost.yaml: the link below /dev/serial/by-id, where there is one. */
  readonly lasting: string;
  readonly asked: boolean;
  readonly candidates: readonly Candidate[];
}

const LOUDER = ["silence", "breaks", "bytes", "text", "json", "known"] as const;

export function reportOf({ rounds, findings }: Probed, options: ReportOptions): Report {
  const { port, lasting, asked, candidates } = options;
  const sorted = best(findings, candidates);
  const looks = rounds.map((round) => round.looks);
  const line = LOUDER.findLast((one) => looks.includes(one)) ?? "silence";
  const profiles = new Map(candidates.map(({ profile }) => [profile.id, profile]));
  const config = sorted.flatMap((finding) => {
    const lines = finding.fit === "no" ? null : blockFor(finding, profiles.get(finding.profile), lasting);
    return lines ? [{ profile: finding.profile, lines }] : [];
  });
  const fitting = sorted.filter(({ fit }) => fit === "fits");
  const next = [
    ...(fitting.length > 1 ? ["These profiles fit equally: the label on the device decides."] : []),
    ...(fitting.some(({ answers }) => answers)
      ? ["Other devices with such values may answer alike: compare the label."]
      : []),
    ...(fitting.length === 0 ? [...ADVICE[line], ...askingAdvice(options)] : []),
    ...(config.some(({ lines }) => lines.some((one) => one.includes("# CHOOSE:")))
      ? ["Values marked CHOOSE are examples: choose them; the device's page in firmware-config says how."]
      : []),
    ...(lasting.includes("/ttyUSB") || lasting.includes("/ttyACM")
      ? ["The name of this port can change; see ls -l /dev/serial/by-id /dev/serial/by-path."]
      : []),
  ];
  return { port, asked, findings: sorted, line, config, next };
}

const ADVICE: Readonly<Record<Report["line"], readonly string[]>> = {
  silence: [
    "Nothing came. Check power, ground, and that TX goes to RX and RX to TX.",
    "On RS-485 exchange A and B. RS-232 and RS-485 need an adapter.",
  ],
  breaks: [
    "Mostly 0x00 and 0xFF: a wrong baud rate, inverted or unconnected lines. Try --baud with the rate of the manual.",
  ],
  bytes: [
    "Bytes came that fit no profile: perhaps another baud rate. Try --baud with the rate of the manual, or power the device off and on, and probe again.",
  ],
  json: [
    "JSON came that fits no profile by itself: an OPS243 or a camera that was not started speaks so, and answers to --ask.",
    "Is it your own script? Let it write the lines of generic-jsonl: telpost help replay shows some.",
  ],
  known: ["Nothing is sure yet: listen longer with --seconds 10, or let somebody walk past."],
  text: [
    "Text came that fits no profile: perhaps the log of a start, or a device in another mode. Power it off and on, and probe again.",
    "Is it your own script? Let it write the lines of generic-jsonl: telpost help replay shows some.",
  ],
};

/** What --ask would do, or what it could not. */
function askingAdvice({ asked, candidates }: ReportOptions): string[] {
  const askable = candidates.filter(({ profile }) => canBeAsked(profile)).map(({ profile }) => profile.id);
  const started = candidates.flatMap(({ profile }) =>
    profile.transport.kind === "serial" && profile.transport.ports.includes("command") ? [profile.id] : [],
  );
  const passing = candidates.flatMap(({ profile }) =>
    profile.health.liveness === "none" ? [profile.id] : [],
  );
  const later = [
    ...passing.map((id) => `${id} speaks only when somebody passes: let somebody walk past.`),
    ...started.map((id) => `${id} sends nothing before telpost has sent its set-up to its other port.`),
  ];
  if (askable.length === 0) return later;
  const list = askable.join(", ");
  if (asked) return [`Asked were, at the address of their profile only: ${list}.`, ...later];
  return [
    `Some devices speak only when asked: ${list}.`,
    "With --ask telpost reads registers and counters and asks for names and versions. It sets, starts and stops nothing, but a counter that somebody has set to clear itself when it is read is cleared.",
    ...later,
  ];
}
