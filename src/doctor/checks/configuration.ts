import { check, failed, good, type Judgement, type Patient, warning } from "../check.ts";

/** Whether telpost.yaml is good, and whether the processes run with it. */
export const configuration = check("configuration", {
  remote: true,
  observe: () => null,
  judge: (_, patient) => {
    const found = [...ofTheFile(patient), ...instead(patient), ...notActive(patient)];
    if (found.length > 0) return found;
    const sensors = patient.configuration.config?.sensors.length ?? 0;
    return [good(`telpost.yaml is good: ${sensors} ${sensors === 1 ? "sensor" : "sensors"}.`)];
  },
});

function ofTheFile({ configuration: { code, problems, file } }: Patient): Judgement[] {
  if (code === null) return [];
  const [first = "", ...others] = problems;
  const more = others.length > 0 ? ` And ${others.length} more.` : "";
  const isNew = first.startsWith("ENOENT");
  const cure = isNew
    ? { cure: "Set this gateway up: sudo telpost setup; or name the file: --config FILE" }
    : {};
  return [failed(code, `${first}${more}`, { fill: { FILE: file }, ...cure })];
}

/** Both processes judge alike, so either one's word will do. */
function instead({ sense, forward }: Patient): Judgement[] {
  const why = (sense.answers && sense.status.instead) || (forward.answers && forward.status.instead);
  return why ? [failed("config.last_good", `${why}.`)] : [];
}

function notActive(patient: Patient): Judgement[] {
  const { hash, code } = patient.configuration;
  if (hash === null || code !== null || instead(patient).length > 0) return [];
  const running = { sense: patient.sense, forward: patient.forward };
  return Object.entries(running).flatMap(([name, one]) => {
    const other = one.answers && one.status.configHash !== undefined && one.status.configHash !== hash;
    return other ? [warning("config.not_active", `telpost-${name} runs with ${one.status.configHash}.`)] : [];
  });
}
