import type { RuleProblem } from "./rules.ts";
import type { Config, ContactConfig, SensorConfig, StatusLightConfig } from "./schema.ts";

/** A line that something hangs on, and where that stands. */
interface Input {
  readonly line: string;
  readonly path: readonly (string | number)[];
}

/**
 * A line belongs to one sensor, or to one beam of it, or to one contact, or to the status light. A contact is told as it
 * happens, so that it must never be a line on which people are counted; and what drives a line never shares it.
 */
export function* inputRules(
  sensors: Config["sensors"],
  contacts: readonly ContactConfig[],
  statusLight?: StatusLightConfig,
): Generator<RuleProblem> {
  const taken = new Map<string, string>();
  for (const { line, path } of sensors.flatMap(sensorInputs)) {
    const owner = taken.get(line);
    if (owner) yield { path, message: `the same line as ${owner}` };
    else taken.set(line, path.join("."));
  }
  const counting = new Set(taken.keys());
  for (const { line, path } of contacts.map(contactInput)) {
    const owner = taken.get(line);
    const why = counting.has(line) ? ", which counts people; a contact needs a line of its own" : "";
    if (owner) yield { path, message: `the same line as ${owner}${why}` };
    else taken.set(line, path.join("."));
  }
  yield* lightRules(taken, statusLight);
  yield* contactIds(sensors, contacts);
}

function sensorInputs(sensor: SensorConfig, index: number): Input[] {
  if (sensor.profile !== "device" || sensor.place.kind !== "gpio") return [];
  const { chip, lines } = sensor.place;
  const isOne = Object.keys(lines).length === 1;
  return Object.entries(lines).map(([name, input]) => ({
    line: `${chip} ${input}`,
    path: ["sensors", index, "gpio", isOne ? "line" : name],
  }));
}

function contactInput({ gpio: { chip, line } }: ContactConfig, index: number): Input {
  return { line: `${chip} ${line}`, path: ["contacts", index, "gpio", "line"] };
}

function* lightRules(taken: ReadonlyMap<string, string>, light?: StatusLightConfig): Generator<RuleProblem> {
  const owner = light && taken.get(`${light.gpio.chip} ${light.gpio.line}`);
  const message = `the same line as ${owner}; the light drives its line, so it needs one of its own`;
  if (owner) yield { path: ["statusLight", "gpio", "line"], message };
}

/** One name for one thing in logs and status. */
function* contactIds(sensors: Config["sensors"], contacts: readonly ContactConfig[]): Generator<RuleProblem> {
  const taken = new Map(sensors.map(({ id }, index) => [id, `sensors.${index}.id`]));
  for (const [index, { id }] of contacts.entries()) {
    const owner = taken.get(id);
    if (owner) yield { path: ["contacts", index, "id"], message: `id "${id}" is already used by ${owner}` };
    else taken.set(id, `contacts.${index}.id`);
  }
}
