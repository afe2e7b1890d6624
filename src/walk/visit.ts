import { TelpostError } from "../base/errors.ts";
import { personText } from "../contract/walk-test.ts";
import type { WalkVerdict } from "../model.ts";
import { type FromEngineer, type ToEngineer, toEngineer } from "./talk.ts";
import { VERDICTS } from "./words.ts";

/** The connection to sense. */
export interface Talk {
  send(value: FromEngineer): void;
  onLine(fn: (value: unknown) => void): void;
  onClose(fn: () => void): void;
}

/** The engineer at the terminal. */
export interface Engineer {
  say(text: string): void;
  /** One line; null when the terminal hung up or the command was stopped. */
  ask(text: string): Promise<string | null>;
}

/** Who tests, and why. */
interface Who {
  readonly operator: string;
  readonly reason: string;
}

export interface Wish extends Who {
  readonly sensor: string;
  readonly line?: string;
  /** Shows what goes over its line as well. */
  readonly bytes?: true;
}

type Over = Extract<ToEngineer, { say: "over" }>;

/** How often an engineer walks each way, when nothing else is said. */
const TIMES = 5;
const MOST_TIMES = 99;

/** Says what a walk test is, and asks who wants one. Takes as long as it takes. @throws TelpostError walk.stopped */
export async function introduce(engineer: Engineer): Promise<Who> {
  for (const line of BEFORE) engineer.say(line);
  const operator = await text(engineer, "Your name (it goes to the city with the record)");
  return { operator, reason: await text(engineer, "Why (it goes to the city too)") };
}

/**
 * Leads an engineer through a walk test.
 * @throws TelpostError walk.stopped, walk.ended, or why sense refused
 */
export async function visit(talk: Talk, engineer: Engineer, wish: Wish): Promise<Over> {
  const sense = new Listening(talk, engineer);
  talk.send({ say: "begin", ...wish });
  const { line, untilMs } = await sense.begun();
  engineer.say(`Live counts of ${line} until ${new Date(untilMs).toISOString().slice(11, 16)} UTC at most.`);
  await sense.ready();
  await sense.orEnd(engineer.ask("Walk IN once. Then press Enter"));
  talk.send({ say: "first" });
  await sense.orEnd(engineer.ask(`Now OUT, and on: ${TIMES} times each way in all. Then press Enter`));
  const walkedIn = await sense.orEnd(times(engineer, "How often did you walk in"));
  const walkedOut = await sense.orEnd(times(engineer, "How often did you walk out"));
  if (walkedIn + walkedOut === 0) throw new TelpostError("walk.stopped");
  talk.send({ say: "done", walked: { in: walkedIn, out: walkedOut } });
  const over = await sense.over();
  tellVerdict(engineer, over.verdict);
  return over;
}

const BEFORE = [
  "A walk test shows live exact counts of one sensor: nothing else on this gateway ever does. It lasts at most 15 minutes,",
  "4 a day and 30 minutes apart; the city is told that it happened, and the windows are marked. Have nobody else pass.",
];

function tellVerdict({ say }: Engineer, verdict: readonly WalkVerdict[]): void {
  for (const word of verdict) {
    const { means, cure } = VERDICTS[word];
    say(`${word}: ${means} ${cure}`);
  }
}

/** One line of what goes over the wire, `<` from the device and `>` to it. */
function lineText(said: Extract<ToEngineer, { say: "bytes" | "edge" }>): string {
  const time = `  ${(said.sinceMs / 1000).toFixed(3)} s`;
  if (said.say === "edge") return `${time} ${said.name} ${said.level}`;
  const found = said.found.length > 0 ? ` (${said.found.join("; ")})` : "";
  const hidden = said.hidden > 0 ? ` [${said.hidden} bytes not shown]` : "";
  return `${time} ${said.way === "from" ? "<" : ">"} ${said.hex}${found}${hidden}`;
}

async function text(engineer: Engineer, question: string): Promise<string> {
  for (;;) {
    const answer = await engineer.ask(question);
    if (answer === null) throw new TelpostError("walk.stopped");
    if (personText.safeParse(answer.trim()).success) return answer.trim();
    engineer.say("Say it in 1 to 80 characters.");
  }
}

async function times(engineer: Engineer, question: string): Promise<number | null> {
  for (;;) {
    const answer = await engineer.ask(`${question} [${TIMES}]`);
    if (answer === null) return null;
    const count = answer.trim() === "" ? TIMES : Number(answer.trim());
    if (Number.isInteger(count) && count >= 0 && count <= MOST_TIMES) return count;
    engineer.say(`Say a whole number from 0 to ${MOST_TIMES}.`);
  }
}

/** What sense says, as it comes: counts are shown at once, the rest is waited for. */
class Listening {
  readonly #begun = Promise.withResolvers<Extract<ToEngineer, { say: "begun" }>>();
  readonly #ready = Promise.withResolvers<void>();
  readonly #over = Promise.withResolvers<Over>();
  readonly #engineer: Engineer;

  constructor(talk: Talk, engineer: Engineer) {
    this.#engineer = engineer;
    for (const { promise } of [this.#begun, this.#ready, this.#over]) promise.catch(() => {});
    talk.onLine((value) => this.#take(value));
    talk.onClose(() => this.#fail(new TelpostError("walk.ended")));
  }

  begun() {
    return this.#begun.promise;
  }

  async ready(): Promise<void> {
    return this.#ready.promise;
  }

  over(): Promise<Over> {
    return this.#over.promise;
  }

  /** The engineer's answer; the test may end before it comes. @throws TelpostError walk.stopped, walk.ended */
  async orEnd<T>(answer: Promise<T | null>): Promise<T> {
    const over = this.#over.promise.then(() => {
      throw new TelpostError("walk.ended");
    });
    const given = await Promise.race([answer, over]);
    if (given === null) throw new TelpostError("walk.stopped");
    return given;
  }

  #take(value: unknown): void {
    const said = toEngineer.safeParse(value).data;
    if (said?.say === "refused") this.#fail(new TelpostError(said.code, said.detail));
    if (said?.say === "begun") this.#begin(said);
    if (said?.say === "ready") this.#ready.resolve();
    if (said?.say === "seen") this.#engineer.say(`  counted: in ${said.in}, out ${said.out}`);
    if (said?.say === "bytes" || said?.say === "edge") this.#engineer.say(lineText(said));
    if (said?.say === "over") this.#over.resolve(said);
  }

  #begin(said: Extract<ToEngineer, { say: "begun" }>): void {
    this.#begun.resolve(said);
    if (said.ready) this.#ready.resolve();
    else this.#engineer.say("Wait until its counter was read.");
  }

  #fail(failure: TelpostError): void {
    for (const one of [this.#begun, this.#ready, this.#over]) one.reject(failure);
  }
}
