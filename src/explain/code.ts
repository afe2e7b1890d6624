import { ERRORS, RETRIES } from "../base/error-table.ts";
import { consequenceOf, type ErrorCode } from "../base/errors.ts";
import { field } from "./text.ts";

/** An error code: cause, consequence, cure, from the one table. */
export function explainCode(code: ErrorCode): string[] {
  const { what, hint, retry } = ERRORS[code];
  return [
    ...field("code", code),
    ...field("cause", what),
    ...field("consequence", consequenceOf(code)),
    ...field("telpost", RETRIES[retry]),
    ...field("cure", hint),
  ];
}
