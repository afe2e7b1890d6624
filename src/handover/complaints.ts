import type { TelpostError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";

/** What is said about an end that does not keep to the protocol: the same thing once is enough. */
export class Complaints {
  readonly #log: Log;
  #last: string | undefined;

  constructor(log: Log) {
    this.#log = log;
  }

  say({ code, detail }: TelpostError): void {
    if (this.#last === `${code} ${detail}`) return;
    this.#last = `${code} ${detail}`;
    if (code === "handover.version") this.#log.error("handover.version", { code, detail });
    else this.#log.warn("handover.hostile", { code, detail });
  }

  /** It behaves again. */
  forget(): void {
    this.#last = undefined;
  }
}
