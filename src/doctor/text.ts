import { wrapped } from "../base/wrapped.ts";
import type { DoctorFinding, DoctorReport, DoctorState } from "../contract/doctor-report.ts";

/** How each state begins its line: to be told apart without colour. */
const WORDS: Readonly<Record<DoctorState, string>> = {
  failed: "FAILED ",
  warning: "WARNING",
  unknown: "?      ",
  ok: "ok     ",
};
const INDENT = " ".repeat(22);

/** A report as lines of at most 80 characters: what is wrong first, each with its cure. */
export function doctorLines({ findings, state }: DoctorReport): string[] {
  return [...together(findings).flatMap(findingLines), "", summary(findings, state)];
}

/** What one cause keeps from being judged is one line. */
function together(findings: readonly DoctorFinding[]): DoctorFinding[] {
  const same = Map.groupBy(findings, (one) => (one.state === "unknown" && !one.subject ? one.why : one));
  return [...same.values()].flatMap((ones) => {
    const [first] = ones;
    if (!first || ones.length === 1) return ones;
    const others = ones.map(({ check }) => check).join(", ");
    return [{ ...first, check: "", why: `${others}: ${first.why}` }];
  });
}

function findingLines({ check, state, code, subject, what, why, cure }: DoctorFinding): string[] {
  const head = `${WORDS[state]} ${check.padEnd(13)} `;
  const about = subject === null ? "" : `${subject}: `;
  const said = [what, why].filter(Boolean).join(" ");
  return [
    ...wrapped(`${head}${about}${said}${code === null ? "" : ` (${code})`}`, INDENT),
    ...(cure === "" ? [] : wrapped(`${INDENT}-> ${cure}`, `${INDENT}   `)),
  ];
}

function summary(findings: readonly DoctorFinding[], state: DoctorReport["state"]): string {
  const of = (wanted: DoctorState) => findings.filter((one) => one.state === wanted).length;
  if (state === "ok") return `Nothing wrong was found; ${of("unknown")} not judged.`;
  return `${of("failed")} failed, ${of("warning")} to watch, ${of("unknown")} not judged. Begin with the first line.`;
}
