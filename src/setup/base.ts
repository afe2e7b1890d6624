import { existsSync, readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { TelpostError } from "../base/errors.ts";
import { ownerOf } from "../config/marker.ts";
import { problemLine } from "../config/parse.ts";
import { isMap, over, type Plain } from "../config/plain.ts";
import { wholeConfiguration } from "../config/whole.ts";
import { readYaml } from "../config/yaml.ts";
import type { Answers } from "./answers.ts";
import type { Person, Question } from "./ports.ts";

/** The configuration that is there. */
export interface Existing {
  readonly text: string;
  readonly plain: Plain;
}

/** Reads a configuration, or null when there is none. @throws TelpostError config.unreadable, config.invalid */
export function readExisting(file: string): Existing | null {
  if (!existsSync(file)) return null;
  const text = textOf(file);
  const yaml = readYaml(text);
  if (yaml.ok && isMap(yaml.value.plain)) return { text, plain: yaml.value.plain };
  const problems = yaml.ok
    ? ["it holds no keys"]
    : yaml.problems.map((problem) => problemLine(file, problem));
  throw new TelpostError("config.invalid", problems.join("; "));
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new TelpostError("config.unreadable", `${file}: ${code}`, { cause });
  }
}

/** Whether nobody wrote it: it is the shipped example, or a program made it and it was not changed since. */
export function isNobodys({ text, plain }: Existing): boolean {
  return ownerOf(text) === "ours" || isExample(plain);
}

function isExample({ gateway }: Plain): boolean {
  return isMap(gateway) && gateway.tenant === "example";
}

export interface BaseOptions {
  readonly answers: Answers;
  readonly existing: Existing | null;
  readonly file: string;
  readonly force: boolean;
  readonly person: Person;
}

/**
 * What the configuration starts from: the file that was named, the one that is there, or what the person says.
 * @throws TelpostError setup.exists before anything is asked that would be for nothing
 */
export async function startingPoint(options: BaseOptions): Promise<Plain> {
  const { answers, existing, file, person } = options;
  const own = sectionsOf(answers);
  if (answers.base !== undefined) {
    const base = readExisting(answers.base);
    if (!base) throw new TelpostError("config.unreadable", `${answers.base}: ENOENT`);
    person.say(`Starting from ${answers.base}.`);
    return over(own, base.plain);
  }
  if (existing && !isExample(existing.plain) && !answers.gateway && (await keeps(existing, file, person))) {
    return over(own, existing.plain);
  }
  if (existing && !isNobodys(existing) && !options.force) throw new TelpostError("setup.exists", file);
  const { tenant, site, id } = answers.gateway ?? (await askGateway(person));
  const broker = own.broker ?? (await askBroker(person));
  return wholeConfiguration({ tenant, site, gateway: id }, { ...own, broker });
}

async function keeps({ plain }: Existing, file: string, person: Person): Promise<boolean> {
  const { gateway } = plain;
  const name = isMap(gateway)
    ? `${gateway.tenant}/${gateway.site}/${gateway.id}`
    : "a gateway without a name";
  person.say(`${file} is for ${name}.`);
  return isYes(await person.ask(yesNo("Use it? (y/n)", "gateway", "y")));
}

function sectionsOf({ gateway, city, broker, privacy, outbox, report, ...rest }: Answers): Plain {
  const { sensors, contacts, statusLight } = rest;
  const sections = { gateway, city, broker, privacy, outbox, report, sensors, contacts, statusLight };
  const given = Object.entries(sections);
  return Object.fromEntries(given.filter(([, value]) => value !== undefined));
}

const checkLevel = (answer: string) =>
  /^[a-z0-9-]{1,32}$/.test(answer) ? undefined : "Use 1 to 32 of a-z, 0-9 and -.";
const checkUrl = (answer: string) =>
  /^mqtts?:\/\/[A-Za-z0-9.\-[\]:]+$/.test(answer)
    ? undefined
    : "Write it like mqtts://mqtt.city.example:8883.";

async function askGateway(person: Person) {
  const level = (text: string, key: string) => person.ask({ text, key: `gateway.${key}`, check: checkLevel });
  return {
    tenant: await level("City (tenant), such as denhaag", "tenant"),
    site: await level("Site, such as scheveningen", "site"),
    id: await level("This gateway, such as gw07", "id"),
  };
}

async function askBroker(person: Person): Promise<Plain> {
  const url = await person.ask({
    text: "Broker, such as mqtts://mqtt.city.example:8883",
    key: "broker",
    check: checkUrl,
  });
  const acknowledged = await person.ask(
    yesNo("Does the city acknowledge itself (telpost receive --ack)? (y/n)", "broker.ack", "n"),
  );
  return {
    url,
    ...(url.startsWith("mqtts:") && { ca: "ca.pem" }),
    ack: isYes(acknowledged) ? "city" : "broker",
  };
}

export function yesNo(text: string, key: string, otherwise: "y" | "n"): Question {
  const check = (answer: string) => (/^(y|yes|n|no)$/i.test(answer) ? undefined : "Answer y or n.");
  return { text, key, otherwise, check };
}

export const isYes = (answer: string) => /^y/i.test(answer);

/** Whether two configurations say the same. */
export const sameConfiguration = (one: Plain, other: Plain) => isDeepStrictEqual(one, other);

/** What a sensor is called from now on. */
export function askName(person: Person, otherwise: string): Promise<string> {
  const check = (answer: string) =>
    /^[a-z0-9-]{1,32}$/.test(answer) ? undefined : "Use 1 to 32 of a-z, 0-9 and -.";
  return person.ask({ text: "Name of this sensor", key: "probe.id", otherwise, check });
}
