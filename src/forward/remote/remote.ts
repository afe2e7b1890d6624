import type { Clock } from "../../base/clock.ts";
import { type ErrorCode, TelpostError } from "../../base/errors.ts";
import type { Log } from "../../base/log.ts";
import { type Findings, RESULT_SCHEMA, type Result } from "../../contract/command.ts";
import { instantText } from "../../contract/event.ts";
import type { CommandName, GatewayEvent } from "../../model.ts";
import type { Asked, Reply } from "../ports.ts";
import { Limits } from "./limits.ts";
import { type Request, readRequest } from "./request.ts";

/** What a command does. A TelpostError refuses it. */
export type Deed = () => Promise<Done>;
export interface Done {
  readonly findings: Findings;
  /** What comes after the answer, and only when the command stands in the audit. */
  readonly afterwards?: () => void;
}
export type Deeds = Readonly<Record<CommandName, Deed>>;

export interface RemoteOptions {
  /** The gateway's own topic for answers. */
  readonly res: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly deeds: Deeds;
  /** Keeps an event for the city, or throws a TelpostError of kind storage. */
  readonly declare: (event: GatewayEvent) => void;
}

/** Asked twice with the same correlation data within so many commands, it is done once. */
const REMEMBERED = 64;
/** An answer that the broker does not take keeps nobody from what comes after it. */
const HEARD_MS = 3_000;

/**
 * The remote commands: judges what comes, lets no more through than is good, does it once, and says what came of it: to who
 * asked, to the log, and as an event with the same guarantee as data.
 */
export class Remote {
  readonly #options: RemoteOptions;
  readonly #limits = new Limits();
  readonly #seen = new Set<string>();

  constructor(options: RemoteOptions) {
    this.#options = options;
  }

  async take(asked: Asked, reply: Reply): Promise<void> {
    // Every connection starts clean: what comes again on it has come before.
    if (asked.repeated) return;
    const request = readRequest(asked, this.#options.res);
    const { command, refusal } = request;
    if (refusal !== null) return this.#refuse(request, refusal, asked, reply);
    if (command === null || this.#isRepetition(request)) return;
    const leave = this.#limits.leave(command, this.#options.clock.monotonic());
    if (leave === "no") this.#refuse(request, "command.too_often", asked, reply);
    if (leave !== "yes") return;
    this.#remember(request);
    const done = await this.#do(command);
    if ("code" in done) return this.#end(request, { outcome: "refused", code: done.code }, asked, reply);
    this.#end(request, { outcome: "done", ...done.findings }, asked, reply, done.afterwards);
  }

  async #do(command: CommandName): Promise<Done | { readonly code: ErrorCode }> {
    try {
      return await this.#options.deeds[command]();
    } catch (failure) {
      if (!(failure instanceof TelpostError)) throw failure;
      return { code: failure.code };
    }
  }

  /** A flood is answered a few times and then no more. */
  #refuse(request: Request, code: ErrorCode, asked: Asked, reply: Reply): void {
    if (!this.#limits.mayRefuse(this.#options.clock.monotonic())) return;
    this.#end(request, { outcome: "refused", code }, asked, reply);
  }

  /** The audit, the log and the answer; what comes after them needs the audit. */
  #end(request: Request, outcome: Outcome, { name }: Asked, reply: Reply, afterwards?: () => void): void {
    const unkept = this.#audit(request, outcome);
    const said: Outcome = unkept && afterwards ? { outcome: "refused", code: unkept } : outcome;
    const { log, clock } = this.#options;
    if (said.outcome === "done") log.info("command.done", { command: name });
    else log.warn("command.refused", { command: request.known ?? "unknown", code: said.code });
    const head = { schema: RESULT_SCHEMA, command: name, at: instantText(clock.realtime()) } as const;
    const result: Result = { ...head, ...said };
    const next = once(said.outcome === "done" ? afterwards : undefined);
    const { answerTopic: topic, correlation } = request;
    reply({ topic, payload: JSON.stringify(result), correlation }, next);
    if (afterwards) clock.after("command answer", HEARD_MS, next);
  }

  /** @returns why it could not be kept */
  #audit({ known, refusal, correlation }: Request, said: Outcome): ErrorCode | null {
    // A retained message comes again with every connection: the log is enough.
    if (refusal === "command.retained") return null;
    const { outcome } = said;
    const code = said.outcome === "refused" ? said.code : null;
    const text = correlation && Buffer.from(correlation).toString("base64url");
    try {
      this.#options.declare({ kind: "command", name: known, outcome, code, correlation: text });
      return null;
    } catch (failure) {
      if (!(failure instanceof TelpostError)) throw failure;
      this.#options.log.warn("outbox.write_failed", { code: failure.code, detail: failure.detail });
      return failure.code;
    }
  }

  #isRepetition({ correlation, command }: Request): boolean {
    return correlation !== null && this.#seen.has(keyOf(command, correlation));
  }

  #remember({ correlation, command }: Request): void {
    if (correlation === null) return;
    this.#seen.add(keyOf(command, correlation));
    const [oldest] = this.#seen;
    if (this.#seen.size > REMEMBERED && oldest !== undefined) this.#seen.delete(oldest);
  }
}

type Outcome =
  | ({ readonly outcome: "done" } & Findings)
  | { readonly outcome: "refused"; readonly code: ErrorCode };

function keyOf(command: CommandName | null, correlation: Uint8Array): string {
  return `${command} ${Buffer.from(correlation).toString("base64url")}`;
}

function once(fn: (() => void) | undefined): () => void {
  let left = fn;
  return () => {
    const now = left;
    left = undefined;
    now?.();
  };
}
