import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { asyncApiText } from "./asyncapi.ts";
import { exampleFiles } from "./examples.ts";
import { schemaFiles } from "./schemas.ts";

/** Every generated file of `contract/`, by its path below it. */
export function contractFiles(): Map<string, string> {
  return new Map([...schemaFiles(), ...exampleFiles(), ["asyncapi.yaml", asyncApiText()]]);
}

/** Folders that hold generated files only. */
export const GENERATED_FOLDERS = ["schemas", "schemas/readers", "examples"];

/** Writes them. @param folder `contract/` */
export function writeContract(folder: string): void {
  for (const [path, text] of contractFiles()) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}
