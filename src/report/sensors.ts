import { outputsOf } from "../config/outputs.ts";
import { epsilonPerPerson } from "../config/rules.ts";
import type { Config, Form, SensorConfig } from "../config/schema.ts";
import type { PrivacyReport } from "../contract/privacy-report.ts";

type Technology = PrivacyReport["technologies"][number];
type Sensor = PrivacyReport["sensors"][number];

/** What is taken from a line of a generic script, for each form it may have. */
const READS: Readonly<Record<Form, string>> = {
  passages: "how many passed in and out since the line before",
  totals: "counters of passages in and out that run on",
  present: "how many people are in view",
  tracks:
    "positions of people in metres, to find crossings of a line or who is in a zone; forgotten after that",
};
const THE_REST = "everything else in the line, before it is stored, logged or counted";
const IDENTITIES = "who is who (ids of tracks), once a crossing was looked for";
const CLASSES = "what it is, where that is one of the classes of the sensor; any other name is dropped";
const TITLE = "a script beside a camera or counter, that prints what it saw";

/** Every text here, for who translates them. */
export const GENERIC_TEXTS: readonly string[] = [
  ...Object.values(READS),
  CLASSES,
  THE_REST,
  IDENTITIES,
  TITLE,
];

/** The kinds of sensors in use; sensors of one profile read the same, but for the forms that a script sends. */
export function technologiesOf({ sensors }: Pick<Config, "sensors">): Technology[] {
  const found = new Map<string, Technology>();
  for (const sensor of sensors) {
    const technology = technologyOf(sensor);
    const known = found.get(technology.profile);
    const reads = [...new Set([...(known?.reads ?? []), ...technology.reads])];
    const discards = [...new Set([...(known?.discards ?? []), ...technology.discards])];
    found.set(technology.profile, { ...technology, reads, discards });
  }
  return [...found.values()];
}

function technologyOf(sensor: SensorConfig): Technology {
  if (sensor.profile === "device") {
    const { id, title, status, privacy } = sensor.device;
    return { profile: id, title, status, reads: [...privacy.read], discards: [...privacy.dropped] };
  }
  const reads = [...sensor.sends.map((form) => READS[form]), ...(sensor.classes ? [CLASSES] : [])];
  const discards = [THE_REST, ...(sensor.sends.includes("tracks") ? [IDENTITIES] : [])];
  return { profile: sensor.profile, title: TITLE, status: null, reads, discards };
}

/** Each sensor with what it counts and what one person spends there. */
export function sensorsOf({ sensors, privacy }: Pick<Config, "sensors" | "privacy">): Sensor[] {
  return sensors.map((sensor) => ({
    id: sensor.id,
    profile: sensor.profile === "device" ? sensor.device.id : sensor.profile,
    location: sensor.location ?? null,
    outputs: outputsOf(sensor, privacy).map(({ id, kind, method, seconds, classes }) => ({
      id,
      kind,
      method,
      seconds,
      ...(classes ? { classes: [...classes] } : {}),
    })),
    epsilonPerPerson:
      privacy.mechanism === "none" ? null : Number(epsilonPerPerson(sensor, privacy).toFixed(6)),
  }));
}
