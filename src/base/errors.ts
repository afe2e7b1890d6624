import { CONSEQUENCES, ERRORS, type ErrorKind, type Retry } from "./error-table.ts";

/** A stable error code of the table. */
export type ErrorCode = keyof typeof ERRORS;

/** An expected failure: a code of the table, and what exactly was met. `detail` never holds a frame, a count or a secret. */
export class TelpostError extends Error {
  override readonly name = "TelpostError";
  readonly code: ErrorCode;
  readonly detail: string;

  constructor(code: ErrorCode, detail = "", options?: { cause?: unknown }) {
    super(`${ERRORS[code].what}${detail ? ` (${detail})` : ""}`, options);
    this.code = code;
    this.detail = detail;
  }

  get kind(): ErrorKind {
    return ERRORS[this.code].kind;
  }

  get retry(): Retry {
    return ERRORS[this.code].retry;
  }

  get hint(): string {
    return ERRORS[this.code].hint;
  }
}

/** Whether a text is a code of the table. */
export function isErrorCode(text: unknown): text is ErrorCode {
  return typeof text === "string" && Object.hasOwn(ERRORS, text);
}

/** What this fault does to the numbers or to the gateway. */
export function consequenceOf(code: ErrorCode): string {
  const entry: { readonly kind: ErrorKind; readonly consequence?: string } = ERRORS[code];
  return entry.consequence ?? CONSEQUENCES[entry.kind];
}

/** One line for people: what happened, why, what to do. */
export function errorLine(failure: unknown): string {
  if (failure instanceof TelpostError) return `${failure.code}: ${failure.message} ${failure.hint}`;
  return failure instanceof Error ? `${failure.name}: ${failure.message}` : String(failure);
}
