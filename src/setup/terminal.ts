import { createInterface } from "node:readline";
import { TelpostError } from "../base/errors.ts";
import { wrapped } from "../base/wrapped.ts";
import type { Person, Question } from "./ports.ts";

type Out = (text: string) => void;

/** An answers file: what it does not say has its usual answer, or ends the setup. */
export function unasked(out: Out): Person {
  return {
    ...mouth(out),
    async ask({ text, otherwise, key }) {
      if (otherwise === undefined) throw new TelpostError("setup.unanswered", `${key}: ${text}`);
      return otherwise;
    },
  };
}

/** A person at a terminal, line by line: the terminal itself edits the line and takes Ctrl-C, on the slowest SSH too. */
export function atTerminal(
  input: NodeJS.ReadableStream,
  out: Out,
  signal: AbortSignal,
): Person & { close(): void } {
  const lines = createInterface({ input, terminal: false });
  const answers = lines[Symbol.asyncIterator]();
  const stopped = new Promise<{ done: true; value: undefined }>((resolve) => {
    signal.addEventListener("abort", () => resolve({ done: true, value: undefined }), { once: true });
  });
  const person = mouth(out);
  const ask = async (question: Question): Promise<string> => {
    const { text, otherwise, check } = question;
    person.say(`${text}${otherwise === undefined ? "" : ` [${otherwise}]`}:`);
    const { done, value } = await Promise.race([answers.next(), stopped]);
    if (done || signal.aborted) throw new TelpostError("setup.stopped");
    const answer = value.trim() || (otherwise ?? "");
    const wrong = answer === "" ? "Something must be said here." : check?.(answer);
    if (wrong === undefined) return answer;
    person.say(wrong);
    return ask(question);
  };
  return { ...person, ask, close: () => lines.close() };
}

function mouth(out: Out): Pick<Person, "say" | "show"> {
  return {
    say: (text) => {
      for (const line of wrapped(text, "  ")) out(line);
    },
    show: out,
  };
}
