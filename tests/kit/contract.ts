import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";

/** The folder that a backend builds against. */
export const CONTRACT = join(import.meta.dirname, "../../contract");

export const contractText = (path: string): string => readFileSync(join(CONTRACT, path), "utf8");
export const contractJson = <T>(path: string): T => JSON.parse(contractText(path)) as T;
export const contractFilesOf = (pattern: string): string[] => globSync(pattern, { cwd: CONTRACT }).sort();

/**
 * The validator of one schema file, as somebody without our code makes it. Unknown keywords are errors; the pattern
 * beside `format: date-time` or `date` says all that the format says. A part of a schema that only adds a rule names no type.
 */
export function validatorOf(path: string): ValidateFunction {
  const formats = { "date-time": true, date: true } as const;
  const ajv = new Ajv2020({ strictSchema: true, strictTypes: false, allErrors: true, formats });
  return ajv.compile(contractJson(path));
}
