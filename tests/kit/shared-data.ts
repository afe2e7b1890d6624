import { existsSync, readFileSync } from "node:fs";
import { describe } from "vitest";

/** Recordings of real sensors lie beside the checkout; they are not part of it. */
const FOLDER = new URL("../../../shared/data/", import.meta.url);

/** The text of a recording, such as "mta-turnstiles/clean.csv". */
export function recording(path: string): string {
  return readFileSync(new URL(path, FOLDER), "utf8");
}

/** The bytes of a recording. */
export function recordingBytes(path: string): Uint8Array {
  return readFileSync(new URL(path, FOLDER));
}

/** Rows of a CSV recording as objects by the names in its first line. */
export function rows(path: string): Record<string, string>[] {
  const [header = "", ...lines] = recording(path).trim().split(/\r?\n/);
  const names = header.split(",");
  return lines.map((line) => {
    const cells = line.split(",");
    return Object.fromEntries(names.map((name, at) => [name, cells[at] ?? ""]));
  });
}

/** A suite that needs a folder of recordings; without it its tests show as skipped, with the folder in the title. */
export function describeWithRecording(folder: string, title: string, suite: () => void): void {
  if (existsSync(new URL(`${folder}/`, FOLDER))) describe(title, suite);
  else describe.skip(`${title} (needs ../shared/data/${folder})`, suite);
}
