import { closeSync, fsyncSync, linkSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";

export interface WholeOptions {
  /** Of the file from its first moment: there is none in which a private key is readable by others. */
  readonly mode: number;
  /** Replaces what is there; without it an existing file is never touched. */
  readonly replace: boolean;
}

/**
 * Writes a file whole or not at all, also across a power cut.
 * @throws a plain Error with `code`, EEXIST when the name is taken and `replace` is false
 */
export function writeWhole(path: string, text: string, { mode, replace }: WholeOptions): void {
  const draft = `${path}.new`;
  try {
    writeNew(draft, text, mode);
    // link(2) fails when the name is taken; rename(2) replaces it.
    if (replace) renameSync(draft, path);
    else linkSync(draft, path);
  } finally {
    rmSync(draft, { force: true });
  }
  syncFolder(dirname(path));
}

function writeNew(path: string, text: string, mode: number): void {
  rmSync(path, { force: true });
  const file = openSync(path, "wx", mode);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function syncFolder(path: string): void {
  const folder = openSync(path, "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
