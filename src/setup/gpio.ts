import type { Plain } from "../config/plain.ts";
import { askName, isYes, yesNo } from "./base.ts";
import type { FoundChip, Machine, Person } from "./ports.ts";

interface Tools {
  readonly person: Person;
  readonly machine: Machine;
}

/** What hangs on GPIO lines cannot be found by listening: which line it is, is what the wire says. */
export async function askLines({ person, machine }: Tools): Promise<Plain[]> {
  const sensors: Plain[] = [];
  for (const chip of machine.chips().filter(({ lines }) => lines > 0)) {
    for (let lines = await askWhere(chip, person); lines.length > 0; lines = await askWhere(chip, person)) {
      const [a = 0, b] = lines;
      const number = sensors.length + 1;
      sensors.push(
        b === undefined
          ? await askPulse(chip, a, { person, name: `contact-${number}` })
          : await askBeams(chip, [a, b], { person, name: `beams-${number}` }),
      );
    }
  }
  return sensors;
}

/** The lines of one sensor; none when there is no further one. */
async function askWhere({ label, lines }: FoundChip, person: Person): Promise<number[]> {
  const text = `Contact or light beam at ${label}: line 0 to ${lines - 1}; two beams: both lines`;
  const check = (answer: string) => {
    const numbers = numbersIn(answer);
    const each = numbers.every((number) => Number.isInteger(number) && number >= 0 && number < lines);
    const fits = each && numbers.length <= 2 && new Set(numbers).size === numbers.length;
    return answer === "none" || (/^[\d\s]+$/.test(answer) && fits)
      ? undefined
      : "One or two lines of this chip, or none.";
  };
  const answer = await person.ask({ text, key: "sensors", otherwise: "none", check });
  return answer === "none" ? [] : numbersIn(answer);
}

const numbersIn = (answer: string) => answer.trim().split(/\s+/).map(Number);

interface Asked {
  readonly person: Person;
  /** What it is called when the person has no name for it. */
  readonly name: string;
}

async function askPulse({ label }: FoundChip, line: number, { person, name }: Asked): Promise<Plain> {
  const id = await askName(person, name);
  const toGround = isYes(
    await person.ask(yesNo("Does it connect the line to ground? (y/n)", "sensors", "y")),
  );
  const bias = toGround ? { bias: "pull-up", activeLow: true } : { bias: "pull-down" };
  return { id, profile: "gpio-pulse", gpio: { chip: label, line, ...bias } };
}

/** Light-on outputs (the page of gpio-two-beam) let go of the line when their beam is broken. */
async function askBeams(
  { label }: FoundChip,
  [a, b]: readonly [number, number],
  asked: Asked,
): Promise<Plain> {
  const { person, name } = asked;
  const id = await askName(person, name);
  const broken = "Does a broken beam connect its line to ground? (y/n)";
  const activeLow = isYes(await person.ask(yesNo(broken, "sensors", "n")));
  const first = `Does somebody who comes in break line ${a} first? (y/n)`;
  const isFirst = isYes(await person.ask(yesNo(first, "sensors", "y")));
  const gpio = { chip: label, a, b, bias: "pull-up", ...(activeLow && { activeLow }), debounceMs: 5 };
  return { id, profile: "gpio-two-beam", gpio, in: isFirst ? "a-first" : "b-first" };
}
