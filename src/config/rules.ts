import { classRules } from "./classes.ts";
import { type RecordOutput, recordOutputs } from "./derived.ts";
import { derivedRules } from "./derived-rules.ts";
import type { DeviceSensorConfig } from "./device.ts";
import { inputRules } from "./input-rules.ts";
import { allOutputs, classesOf, givesOfSensor } from "./outputs.ts";
import { polygonProblem } from "./polygon.ts";
import type { Config, SensorConfig, SerialSensorConfig } from "./schema.ts";

/** A mistake that no single key shows. `path` is where the engineer should look. */
export interface RuleProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

const SHORTEST_STREET_WINDOW_SECONDS = 60;
const HIGHEST_EPSILON = 2;
/** In records, of which a class of a record is at most one: what fits into one sealed message and one hello of the handover. */
const MOST_RECORDS = 256;

/** Every rule that spans several keys, all problems at once. A rule whose sections are missing here is left out. */
export function checkRules({
  privacy,
  broker,
  sensors,
  contacts,
  statusLight,
  ...more
}: Partial<Config>): RuleProblem[] {
  const { totals = [], levels = [] } = more;
  const inputs = [...inputRules(sensors ?? [], contacts ?? [], statusLight)];
  if (!privacy) return inputs;
  return [
    ...inputs,
    ...privacyRules({ privacy }),
    ...(broker ? brokerRules({ broker, privacy }) : []),
    ...(sensors ? sensorRules({ sensors, privacy, totals, levels }) : []),
    ...(sensors ? derivedRules({ totals, levels }, allOutputs({ sensors, privacy })) : []),
  ];
}

/** The value of a rational such as "3/2". */
export function rationalValue(text: string): number {
  const [numerator, denominator = "1"] = text.split("/");
  return Number(numerator) / Number(denominator);
}

function* privacyRules({ privacy }: Pick<Config, "privacy">): Generator<RuleProblem> {
  const { profile, mechanism, reason, override } = privacy;
  if (mechanism === "none" && !reason) {
    yield { path: ["privacy", "mechanism"], message: 'mechanism none needs reason: "..." beside it' };
  }
  for (const kind of ["flow", "occupancy"] as const) {
    const { windowSeconds, epsilon } = privacy[kind];
    if (profile === "street" && windowSeconds < SHORTEST_STREET_WINDOW_SECONDS) {
      const message = `${windowSeconds} s is too short; at least ${SHORTEST_STREET_WINDOW_SECONDS} s, or profile: lab for trials`;
      yield { path: ["privacy", kind, "windowSeconds"], message };
    }
    if (rationalValue(epsilon) > HIGHEST_EPSILON && !override) {
      const message = `epsilon ${epsilon} is above ${HIGHEST_EPSILON}; add override: "why" to privacy, or lower it`;
      yield { path: ["privacy", kind, "epsilon"], message };
    }
  }
}

function* brokerRules({ broker, privacy }: Pick<Config, "broker" | "privacy">): Generator<RuleProblem> {
  if (!broker.cert !== !broker.key) {
    yield {
      path: ["broker", broker.cert ? "cert" : "key"],
      message: "cert and key belong together; give both",
    };
  }
  if (broker.url.startsWith("mqtt://") && privacy.profile === "street") {
    yield { path: ["broker", "url"], message: "use mqtts:// on the street; mqtt:// only with profile: lab" };
  }
  if (broker.protocol === "3.1.1" && broker.ack === "broker" && privacy.profile === "street") {
    yield { path: ["broker", "ack"], message: "on MQTT 3.1.1 only ack: city proves delivery" };
  }
}

type Counting = Pick<Config, "sensors" | "privacy" | "totals" | "levels">;

function* sensorRules(counting: Counting): Generator<RuleProblem> {
  const { sensors, privacy } = counting;
  const records = recordOutputs(counting).reduce((sum, output) => sum + sizeOf(output), 0);
  if (records > MOST_RECORDS) {
    const message = `${records} records a window (each class is one) are more than one message can carry (${MOST_RECORDS}); use a second gateway`;
    yield { path: ["sensors"], message };
  }
  const taken = new Map<string, string>();
  const claim = function* (id: string, path: Own): Generator<RuleProblem> {
    const owner = taken.get(id);
    if (owner) yield { path, message: `id "${id}" is already used by ${owner}` };
    else taken.set(id, path.join("."));
  };
  for (const [index, sensor] of sensors.entries()) {
    const own = ["sensors", index] as const;
    for (const { id, path } of idsOf(sensor, own)) yield* claim(id, path);
    yield* sensor.profile === "device" ? placeRules(sensor, own) : formRules(sensor, own);
    yield* viewRules(sensor, own);
    const sends = sensor.profile === "device" ? [] : sensor.sends;
    for (const { path, message } of classRules(sensor, sends)) yield { path: [...own, ...path], message };
    const epsilon = epsilonPerPerson(sensor, privacy);
    if (epsilon > HIGHEST_EPSILON && !privacy.override) {
      const message = `one person at this sensor would spend epsilon ${epsilon} (all lines, zones, kinds and classes together), above ${HIGHEST_EPSILON}; add privacy.override: "why", or lower it`;
      yield { path: own, message };
    }
  }
  for (const section of ["totals", "levels"] as const)
    for (const [index, { id }] of counting[section].entries()) yield* claim(id, [section, index, "id"]);
}

type Own = readonly (string | number)[];

function* formRules({ sends, lines, zones }: SerialSensorConfig, own: Own): Generator<RuleProblem> {
  if (sends.includes("tracks") && lines.length + zones.length === 0) {
    yield {
      path: [...own, "sends"],
      message: "tracks need at least one counting line in lines, or a zone in zones",
    };
  }
  for (const key of ["lines", "zones"] as const) {
    if (sends.includes("tracks") || { lines, zones }[key].length === 0) continue;
    const message = `counting ${key} need sends: [tracks]`;
    yield { path: [...own, key], message };
  }
  if (sends.includes("passages") && sends.includes("totals")) {
    yield { path: [...own, "sends"], message: "passages and totals would count twice; choose one" };
  }
}

/** A device that gives nothing but positions needs a place to count at; sysfs has no word for a bias. */
function* placeRules(sensor: DeviceSensorConfig, own: Own): Generator<RuleProblem> {
  const { lines, zones, place } = sensor;
  if (place.kind === "gpio" && place.driver === "onoff" && place.bias !== "as-is") {
    const message =
      "onoff cannot pull a line; leave bias out, and use a resistor or gpio=17=ip,pu in config.txt";
    yield { path: [...own, "gpio", "bias"], message };
  }
  const gives = givesOfSensor(sensor);
  const places = gives.has("tracks") || gives.has("targets");
  if (places && gives.size === 1 && lines.length + zones.length === 0) {
    const message = "this device gives positions; add lines to count crossings, or zones to count people";
    yield { path: [...own, "lines"], message };
  }
}

function* viewRules({ lines, zones }: SensorConfig, own: Own): Generator<RuleProblem> {
  for (const [index, line] of lines.entries()) {
    const [[x1, y1], [x2, y2]] = [line.from, line.to];
    if (x1 === x2 && y1 === y2)
      yield { path: [...own, "lines", index], message: "from and to are the same point" };
  }
  for (const [index, { corners }] of zones.entries()) {
    const message = polygonProblem(corners);
    if (message) yield { path: [...own, "zones", index, "corners"], message };
  }
}

function* idsOf({ id, lines, zones }: SensorConfig, own: Own) {
  yield { id, path: [...own, "id"] };
  for (const [index, line] of lines.entries()) yield { id: line.id, path: [...own, "lines", index, "id"] };
  for (const [index, zone] of zones.entries()) yield { id: zone.id, path: [...own, "zones", index, "id"] };
}

/**
 * What one person spends at one sensor: the sum over its lines, zones and kinds. A passage is of one class, so that classes
 * add nothing to it. Who is in view may be of one class now and of another later in the window, and changes the number of
 * each: that is spent for every class.
 */
export function epsilonPerPerson(sensor: SensorConfig, privacy: Config["privacy"]): number {
  const gives = givesOfSensor(sensor);
  const flows = (gives.has("passages") || gives.has("totals") ? 1 : 0) + sensor.lines.length;
  const gauges = ((gives.has("present") ? 1 : 0) + sensor.zones.length) * (classesOf(sensor)?.length ?? 1);
  return flows * rationalValue(privacy.flow.epsilon) + gauges * rationalValue(privacy.occupancy.epsilon);
}

function sizeOf(output: RecordOutput): number {
  return output.kind === "level" ? 1 : (output.classes?.length ?? 1);
}
