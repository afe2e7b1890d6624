import { TelpostError } from "../../src/base/errors.ts";
import type { Report } from "../../src/probe/report.ts";
import type { FoundChip, Machine, Person, ProbeRequest, Question } from "../../src/setup/ports.ts";

/** A person who answers by the key of the question, and remembers all that was said. */
export class ScriptedPerson implements Person {
  readonly said: string[] = [];
  readonly asked: string[] = [];
  readonly #answers: Readonly<Record<string, string>>;
  readonly #inTurn: string[];

  /** @param inTurn what is said to questions whose key may come again, before `answers` are looked at */
  constructor(answers: Readonly<Record<string, string>> = {}, inTurn: readonly string[] = []) {
    this.#answers = answers;
    this.#inTurn = [...inTurn];
  }

  say(text: string): void {
    this.said.push(text);
  }

  show(line: string): void {
    this.said.push(line);
  }

  async ask({ key, otherwise, check, text }: Question): Promise<string> {
    this.asked.push(key);
    const answer = (key === "sensors" ? this.#inTurn.shift() : undefined) ?? this.#answers[key] ?? otherwise;
    if (answer === undefined) throw new TelpostError("setup.unanswered", key);
    const wrong = check?.(answer);
    if (wrong) throw new Error(`${text}: ${wrong}`);
    return answer;
  }
}

export interface MachineParts {
  readonly ports?: readonly string[];
  readonly chips?: readonly FoundChip[];
  readonly reports?: Readonly<Record<string, Report>>;
  readonly statuses?: readonly Awaited<ReturnType<Machine["status"]>>[];
  readonly systemd?: boolean;
}

/** A machine whose devices, units and processes are told beforehand; the last status stays. */
export class ScriptedMachine implements Machine {
  readonly done: string[] = [];
  readonly start: Machine["start"];
  readonly #parts: MachineParts;
  #looks = 0;

  constructor(parts: MachineParts = {}) {
    this.#parts = parts;
    this.start = parts.systemd ? async () => void this.done.push("start") : null;
  }

  ports() {
    return (this.#parts.ports ?? []).map((path) => ({ path, device: path }));
  }

  chips() {
    return this.#parts.chips ?? [];
  }

  async probe({ port, ask }: ProbeRequest): Promise<Report> {
    this.done.push(`probe ${port}${ask ? " asking" : ""}`);
    const report = this.#parts.reports?.[port];
    if (!report) throw new TelpostError("device.absent", port);
    return report;
  }

  giveKeys(): boolean {
    this.done.push("give keys");
    return true;
  }

  async status() {
    const { statuses = [{ sense: null, forward: null }] } = this.#parts;
    const status = statuses[Math.min(this.#looks++, statuses.length - 1)];
    if (!status) throw new Error("no status");
    return status;
  }
}

/** What a probe says of a port where some profiles fit. */
export function reportWith(
  port: string,
  config: Readonly<Record<string, readonly string[]>>,
  next: string[] = [],
): Report {
  const found = Object.entries(config).map(([profile, lines]) => ({ profile, lines }));
  const line = { baudRate: 115_200, dataBits: 8, parity: "none", stopBits: 1 } as const;
  const findings = found.map(
    ({ profile }) => ({ profile, line, fit: "fits", reason: "", share: "all" }) as const,
  );
  return { port, asked: false, findings, line: "known", config: found, next };
}
