import { existsSync } from "node:fs";
import { assert } from "../base/assert.ts";
import { TelpostError } from "../base/errors.ts";
import { isMap, over, type Plain } from "../config/plain.ts";
import { readYaml } from "../config/yaml.ts";
import { CHOOSE } from "../probe/block.ts";
import type { Report } from "../probe/report.ts";
import type { Answers, ProbeAnswer } from "./answers.ts";
import { askName, isYes, yesNo } from "./base.ts";
import { askLines } from "./gpio.ts";
import type { FoundPort, Machine, Person } from "./ports.ts";

export interface SensorTools {
  readonly answers: Answers;
  readonly person: Person;
  readonly machine: Machine;
}

/** The sensors of the configuration: those of the base at the ports where they are here, and those that were found. */
export async function sensorsOf(given: unknown, tools: SensorTools): Promise<unknown[]> {
  const ports = tools.machine.ports();
  const base = Array.isArray(given) ? (given as readonly unknown[]) : [];
  const placed: unknown[] = [];
  for (const sensor of base) placed.push(await atItsPort(sensor, ports, tools));
  const wanted = tools.answers.probe ?? (base.length > 0 ? [] : await askPorts(ports, tools));
  if (wanted.length > 0 && (await tools.machine.status()).sense)
    tools.person.say("telpost-sense runs and holds its ports. If one is busy: systemctl stop telpost.target");
  const found: Plain[] = [];
  for (const [index, one] of wanted.entries()) {
    const sensor = await probed(one, index, tools);
    if (sensor) found.push(sensor);
  }
  const asked = base.length > 0 || tools.answers.probe !== undefined;
  return [...placed, ...found, ...(asked ? [] : await askLines(tools))];
}

/** A base is made at a desk, where nobody knows which adapter will be plugged in where. */
async function atItsPort(sensor: unknown, ports: readonly FoundPort[], { answers, person }: SensorTools) {
  if (!isMap(sensor) || typeof sensor.port !== "string") return sensor;
  const { id, port } = sensor;
  const known = answers.ports[String(id)];
  if (known !== undefined) return { ...sensor, port: known };
  if (existsSync(port)) return sensor;
  person.say(`Sensor ${id} should be at ${port}, which is not there.`);
  for (const [index, { path }] of ports.entries()) person.show(`  ${index + 1}  ${path}`);
  const text = "Its port: a number of the list, a path, or nothing to leave it";
  const answer = await person.ask({ text, key: `ports.${id}`, otherwise: port });
  const picked = ports[Number(answer) - 1];
  return { ...sensor, port: picked?.path ?? answer };
}

async function askPorts(ports: readonly FoundPort[], { person }: SensorTools): Promise<ProbeAnswer[]> {
  const wanted: ProbeAnswer[] = [];
  for (const { path } of ports) {
    person.show(path);
    if (!isYes(await person.ask(yesNo("Find out which sensor is there? (y/n)", "probe", "n")))) continue;
    const ask = isYes(
      await person.ask(yesNo("May it be asked, if it is silent? Reads only. (y/n)", "probe.ask", "n")),
    );
    const id = await askName(person, `sensor-${wanted.length + 1}`);
    wanted.push({ id, port: path, ask, seconds: 3, set: {} });
  }
  return wanted;
}

/** Listens, and takes the profile that fits. Undefined when none does and the person goes on without it. */
async function probed(one: ProbeAnswer, index: number, tools: SensorTools): Promise<Plain | undefined> {
  const { person, machine } = tools;
  person.say(`Listening at ${one.port}; this can take a minute.`);
  const report = await machine.probe(one);
  const profile = await choose(report, one, index, person);
  if (profile === undefined) {
    for (const advice of report.next) person.say(`- ${advice}`);
    const on = await person.ask({ ...yesNo("Go on without it? (y/n)", `probe.${index}.profile`, "n") });
    if (isYes(on)) return undefined;
    throw new TelpostError("setup.no_sensor", one.port);
  }
  person.say(`${one.port}: ${profile}, called ${one.id}.`);
  return withChoices(report, profile, { one, index, person });
}

async function choose(
  report: Report,
  one: ProbeAnswer,
  index: number,
  person: Person,
): Promise<string | undefined> {
  const fitting = report.findings.filter(({ fit }) => fit === "fits").map(({ profile }) => profile);
  const possible = report.config.map(({ profile }) => profile);
  if (one.profile !== undefined) return possible.find((profile) => profile === one.profile);
  if (fitting.length < 2) return fitting[0];
  person.say(`These fit equally: ${fitting.join(", ")}. The label on the device decides.`);
  const check = (answer: string) => (fitting.includes(answer) ? undefined : `One of: ${fitting.join(", ")}.`);
  return person.ask({ text: "Which one", key: `probe.${index}.profile`, check });
}

/** The block that the probe made, with what only the person on the spot knows. */
async function withChoices(
  report: Report,
  profile: string,
  { one, index, person }: { one: ProbeAnswer; index: number; person: Person },
): Promise<Plain> {
  const lines = report.config.find((block) => block.profile === profile)?.lines ?? [];
  const yaml = readYaml(lines.join("\n"));
  const sensors = yaml.ok && isMap(yaml.value.plain) ? yaml.value.plain.sensors : undefined;
  assert(Array.isArray(sensors) && isMap(sensors[0]), "the block of the probe is a sensor");
  let sensor = over({ id: one.id, ...one.set }, sensors[0]);
  for (const [key, meaning] of choicesIn(lines)) {
    if (Object.hasOwn(one.set, key) || (key === "command" && Object.hasOwn(one.set, "ports"))) continue;
    const text = key === "lines" ? LINE_QUESTION : `${key} (${meaning})`;
    const check = (answer: string) =>
      answeredKeys(key, answer, one.id) === undefined ? "That does not fit." : undefined;
    const answer = await person.ask({ text, key: `probe.${index}.set.${key}`, check });
    sensor = over(answeredKeys(key, answer, one.id) ?? {}, sensor);
  }
  return sensor;
}

function choicesIn(lines: readonly string[]): [key: string, meaning: string][] {
  return lines.flatMap((line): [string, string][] => {
    const [, key, meaning] = new RegExp(`^\\s+([A-Za-z0-9]+): .*${CHOOSE} (.*)$`).exec(line) ?? [];
    return key && meaning ? [[key, meaning]] : [];
  });
}

const LINE_QUESTION = "Counting line: x1 y1 x2 y2 in metres, and left or right, the side that is in";
const LINE = /^(-?[\d.]+) +(-?[\d.]+) +(-?[\d.]+) +(-?[\d.]+) +(left|right)$/;

/** An answer as keys of the sensor; undefined when it cannot be one. */
function answeredKeys(key: string, answer: string, id: string): Plain | undefined {
  if (key === "command") return { ports: { command: answer } };
  if (key === "lines") {
    const [, ...found] = LINE.exec(answer.trim()) ?? [];
    const [x1, y1, x2, y2] = found.map(Number);
    return found.length === 0
      ? undefined
      : { lines: [{ id: `${id}-line`, from: [x1, y1], to: [x2, y2], in: found[4] }] };
  }
  const yaml = readYaml(`${key}: ${answer}`);
  return yaml.ok && isMap(yaml.value.plain) && yaml.value.plain[key] !== null ? yaml.value.plain : undefined;
}
