import { mkdirSync } from "node:fs";
import { type ErrorCode, TelpostError } from "./errors.ts";

/**
 * Makes a folder and those above it, where they are missing.
 * @param mode of what is made, such as 0o700
 * @throws TelpostError `code`
 */
export function makeFolder(path: string, mode: number, code: ErrorCode): void {
  try {
    mkdirSync(path, { recursive: true, mode });
  } catch (cause) {
    throw new TelpostError(code, `${path}: ${(cause as NodeJS.ErrnoException).code}`, { cause });
  }
}
