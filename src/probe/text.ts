import { wrapped } from "../base/wrapped.ts";
import type { Finding } from "./finding.ts";
import { keyOf } from "./plan.ts";
import type { Report } from "./report.ts";

/** The report as lines of at most 80 characters; only the path of a port is never broken. */
export function reportLines({ findings, config, next }: Report): string[] {
  const told = findings.filter(({ fit }) => fit !== "no");
  const others = Map.groupBy(
    findings.filter(({ fit }) => fit === "no"),
    ({ reason }) => reason,
  );
  return [
    "",
    ...(told.length === 0 ? ["No profile fits."] : told.flatMap(findingLines)),
    ...[...others].flatMap(([reason, ones]) =>
      wrapped(`no     ${ones.map(({ profile }) => profile).join(", ")}. ${reason}`, "       "),
    ),
    ...(next.length > 0 ? ["", ...next.flatMap((one) => wrapped(`- ${one}`, "  "))] : []),
    ...config.flatMap(({ profile, lines }) => ["", `For telpost.yaml (${profile}):`, "", ...lines]),
  ];
}

function findingLines(finding: Finding): string[] {
  const { fit, profile, line, reason } = finding;
  return [
    ...wrapped(`${fit.padEnd(6)} ${profile} at ${keyOf(line)}. ${reason}`, "       "),
    ...wrapped(`       ${seen(finding).join("; ")}.`, "       "),
  ];
}

/** Only what comes whether anybody passes or not is counted. */
function seen({ frames, nominalHz, frameSeen, answers, share }: Finding): string[] {
  if (answers)
    return [
      `asked ${answers.asked}, answered ${answers.answers}, silent ${answers.timeouts}, refused ${answers.refusals}`,
    ];
  const nominal = nominalHz === undefined ? "" : ` of ${nominalHz}`;
  return [
    ...(frames
      ? [`${frames.good} frames, ${frames.perSecond}${nominal} a second, ${frames.failed} failed`]
      : []),
    ...(frameSeen ? ["a frame was seen"] : []),
    `${share} of the line is its frames`,
  ];
}
