import { VERSION } from "../../ops/version.ts";
import { check, failed, good, type Judgement, type Patient, type Subject, warning } from "../check.ts";
import type { Machine } from "../machine.ts";

/** The version that dpkg has installed; null where telpost is no package. */
type VersionFacts = string | null;

/** Whether what runs is what is installed, and how trials of new releases ended. */
export const versions = check<VersionFacts>("versions", {
  observe: ({ machine }: Subject) => installedVersion(machine),
  judge(installed, patient) {
    const found = [...olderLines(patient), ...trialLines(patient)];
    return found.length > 0
      ? found
      : [good(`telpost ${installed ?? VERSION}${installed ? " is installed" : ""}.`)];
  },
});

/** The version that dpkg has installed; null where telpost is no package. */
export async function installedVersion(machine: Machine): Promise<VersionFacts> {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg's own syntax
  const ran = await machine.run("dpkg-query", ["--show", "--showformat=${Version}", "telpost"], 2_500);
  return ran?.code === 0 && ran.out.trim() !== "" ? ran.out.trim() : null;
}

/** This program is what is installed now: a process that says another version was started before. */
function olderLines({ sense, forward }: Patient): Judgement[] {
  const running = { "telpost-sense": sense, "telpost-forward": forward };
  return Object.entries(running).flatMap(([subject, one]) => {
    const version = one.answers ? one.status.version : undefined;
    if (version === undefined || version === VERSION) return [];
    return [failed("process.older", `It is ${version}, installed is ${VERSION}.`, { subject })];
  });
}

function trialLines({ trials }: Patient): Judgement[] {
  return trials.map(({ code, why }) => {
    const say = code === "update.stuck" ? failed : warning;
    return say(code, why === "" ? "See: telpost update --status" : `${why}.`);
  });
}
