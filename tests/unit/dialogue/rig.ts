import {
  type DialogueEvent,
  type DialogueScript,
  type DialogueState,
  dialogue,
  dueMs,
  type InitStep,
  type Poll,
  startDialogue,
} from "../../../src/sense/sensor/dialogue/dialogue.ts";
import type { PortName } from "../../../src/sense/sensor/engine.ts";

export interface Sent {
  readonly atMs: number;
  readonly port: PortName;
  readonly text: string;
}

export const latin1 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "latin1"));
export const hex = (digits: string): Uint8Array =>
  new Uint8Array(Buffer.from(digits.replaceAll(" ", ""), "hex"));

/** A conversation under test: it keeps what was sent and what was answered, and ticks whenever a tick is due. */
export class Rig {
  state: DialogueState;
  readonly sent: Sent[] = [];
  readonly answers: string[] = [];
  nowMs: number;

  constructor(script: DialogueScript, openedMs = 0) {
    this.state = startDialogue(script);
    this.nowMs = openedMs;
    this.take({ type: "opened" });
  }

  get texts(): string[] {
    return this.sent.map(({ text }) => text);
  }

  /** When each sending was, and what. */
  get story(): string[] {
    return this.sent.map(({ atMs, text }) => `${atMs} ${text.trimEnd()}`);
  }

  get condition() {
    return this.state.condition;
  }

  frame(bytes: Uint8Array | string, name = "frame", port: PortName = "main"): this {
    return this.take({ type: "frame", port, name, bytes: typeof bytes === "string" ? latin1(bytes) : bytes });
  }

  text(text: string, port: PortName = "main"): this {
    return this.take({ type: "text", port, bytes: latin1(text) });
  }

  /** Lets time pass, with a tick at each instant that is due. */
  until(ms: number): this {
    for (let at = dueMs(this.state); at !== null && at <= ms; at = dueMs(this.state)) {
      this.nowMs = Math.max(this.nowMs, at);
      this.take({ type: "tick" });
    }
    this.nowMs = ms;
    return this;
  }

  take(event: DialogueEvent): this {
    const turn = dialogue(this.state, event, this.nowMs);
    this.state = turn.state;
    for (const { port, bytes } of turn.send)
      this.sent.push({ atMs: this.nowMs, port, text: Buffer.from(bytes).toString("latin1") });
    if (turn.answers !== null) this.answers.push(turn.answers);
    return this;
  }
}

/** A command that is answered by a frame beginning with `ack` and its own text. */
export function step(text: string, options: Partial<InitStep> = {}): InitStep {
  return {
    port: "main",
    send: latin1(text),
    expect: { kind: "frame", starts: latin1(`ack ${text}`) },
    timeoutMs: 100,
    retries: 1,
    gapMs: 0,
    always: false,
    ...options,
  };
}

/** A request that is answered by a frame beginning with its name. */
export function poll(name: string, options: Partial<Poll> = {}): Poll {
  return {
    name,
    port: "main",
    send: latin1(`${name}?`),
    expect: { kind: "frame", starts: latin1(`${name}=`) },
    everyMs: 1000,
    timeoutMs: 100,
    retries: 1,
    ...options,
  };
}

export const unwatched = { kind: "none" } as const;
