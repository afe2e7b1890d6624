import type { BothStatus } from "../ops/first-window.ts";
import type { Report } from "../probe/report.ts";

/** One question, and where an answers file answers it. */
export interface Question {
  readonly text: string;
  /** What an empty answer means; without it there must be one. */
  readonly otherwise?: string;
  /** The key in the answers file. */
  readonly key: string;
  /** What is wrong with an answer, in one sentence; undefined when it will do. */
  readonly check?: (answer: string) => string | undefined;
}

/** Whoever sets the gateway up: a person at a terminal, or an answers file, which is never asked. */
export interface Person {
  say(text: string): void;
  /** A line that is copied elsewhere: never wrapped. */
  show(line: string): void;
  /** @throws TelpostError setup.stopped, setup.unanswered */
  ask(question: Question): Promise<string>;
}

/** A serial port: the name that stays when others are plugged in, and the kernel's. */
export interface FoundPort {
  readonly path: string;
  readonly device: string;
}

/** A GPIO chip. */
export interface FoundChip {
  /** Which telpost.yaml names; a path where the chip could not be asked. */
  readonly label: string;
  /** How many lines it has, from 0; 0 where it could not be asked. */
  readonly lines: number;
}

export interface ProbeRequest {
  readonly port: string;
  readonly ask: boolean;
  readonly seconds: number;
}

/** What setup needs of the machine it runs on. */
export interface Machine {
  ports(): readonly FoundPort[];
  chips(): readonly FoundChip[];
  probe(request: ProbeRequest): Promise<Report>;
  /** Gives each private key to the one process that needs it; false where the units would not use this configuration. */
  giveKeys(): boolean;
  /** Null where there are no units to start. Starts or restarts both. @throws TelpostError setup.not_started */
  readonly start: (() => Promise<void>) | null;
  status(): Promise<BothStatus>;
}
