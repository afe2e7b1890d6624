import { COMMANDS, type CommandName } from "../../model.ts";

/** So many at once, and one more after each `everyMs`. */
export interface Rate {
  readonly burst: number;
  readonly everyMs: number;
}

/** What each command may cost at most. A restart is bounded by the time the process has run as well. */
const EACH: Readonly<Record<CommandName, Rate>> = {
  health: { burst: 3, everyMs: 60_000 },
  privacy: { burst: 1, everyMs: 60_000 },
  doctor: { burst: 1, everyMs: 60_000 },
  restart: { burst: 1, everyMs: 60_000 },
};
/** Each is a row of the outbox: a city that asks without end must not wear the card. */
const TOGETHER: Rate = { burst: 6, everyMs: 60_000 };
const REFUSALS: Rate = { burst: 5, everyMs: 120_000 };

/** A bucket of tokens that fills by itself. Times are monotonic ms. */
class Bucket {
  readonly #rate: Rate;
  /** When it would be full again. */
  #fullAtMs = Number.NEGATIVE_INFINITY;

  constructor(rate: Rate) {
    this.#rate = rate;
  }

  has(nowMs: number): boolean {
    const { burst, everyMs } = this.#rate;
    return Math.max(this.#fullAtMs, nowMs) - nowMs <= (burst - 1) * everyMs;
  }

  take(nowMs: number): void {
    this.#fullAtMs = Math.max(this.#fullAtMs, nowMs) + this.#rate.everyMs;
  }
}

/** `quietly`: refused, and that was said already. */
export type Leave = "yes" | "no" | "quietly";

/** How often remote commands may be asked: each by itself, all together, and how often a refusal is worth an answer. */
export class Limits {
  readonly #each = new Map(COMMANDS.map((name) => [name, new Bucket(EACH[name])]));
  readonly #together = new Bucket(TOGETHER);
  readonly #refusals = new Bucket(REFUSALS);
  readonly #told = new Set<CommandName>();

  /** May this command be done now? The first that may not is told so, the next only after one that was done. */
  leave(name: CommandName, nowMs: number): Leave {
    const own = this.#each.get(name);
    if (own?.has(nowMs) && this.#together.has(nowMs)) {
      own.take(nowMs);
      this.#together.take(nowMs);
      this.#told.delete(name);
      return "yes";
    }
    if (this.#told.has(name)) return "quietly";
    this.#told.add(name);
    return "no";
  }

  /** Is another refusal worth an answer, a line and a row of the audit? */
  mayRefuse(nowMs: number): boolean {
    if (!this.#refusals.has(nowMs)) return false;
    this.#refusals.take(nowMs);
    return true;
  }
}
