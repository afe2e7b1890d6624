import type { ErrorBucket } from "../model.ts";

/** From here on a day's errors are "many". */
const MANY = 100;
const DAY_MS = 86_400_000;

/** How much went wrong today, told only as none, some or many (P9). Times are wall ms since the Unix epoch. */
export class ErrorDay {
  #day = 0;
  #errors = 0;

  add(wallMs: number): void {
    const day = Math.floor(wallMs / DAY_MS);
    this.#errors = (this.#day === day ? this.#errors : 0) + 1;
    this.#day = day;
  }

  bucket(wallMs: number): ErrorBucket {
    if (this.#day !== Math.floor(wallMs / DAY_MS)) return "none";
    return errorBucket(this.#errors);
  }
}

/** So many errors, as they may be told. */
export function errorBucket(errors: number): ErrorBucket {
  if (errors === 0) return "none";
  return errors < MANY ? "some" : "many";
}
