import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * The slow half of the crash copy: immutable items, one file each, on tmpfs. A file appears whole or not at all
 * (written under another name, then renamed). Names sort in the order of making.
 */
export class ItemFolder {
  readonly #path: string;
  readonly #sizes = new Map<string, number>();
  /** Items that could not be written: they live as long as this process. */
  readonly #unwritten = new Map<string, string>();
  readonly #onFailure: (failure: unknown) => void;
  #bytes = 0;

  /**
   * Opens or makes the folder, mode 0700; leftovers of unfinished writes are removed.
   * @param onFailure told when an item cannot be written; it is then kept in memory only
   */
  constructor(path: string, onFailure: (failure: unknown) => void = () => {}) {
    this.#path = path;
    this.#onFailure = onFailure;
    mkdirSync(path, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(path).sort()) {
      if (name.endsWith(".new")) rmSync(join(path, name));
      else this.#note(name, statSync(join(path, name)).size);
    }
  }

  /** Oldest first. */
  names(): string[] {
    return [...this.#sizes.keys()];
  }

  get bytes(): number {
    return this.#bytes;
  }

  get count(): number {
    return this.#sizes.size;
  }

  put(name: string, text: string): void {
    const path = join(this.#path, name);
    try {
      writeFileSync(`${path}.new`, text, { mode: 0o600 });
      renameSync(`${path}.new`, path);
    } catch (failure) {
      this.#unwritten.set(name, text);
      this.#onFailure(failure);
    }
    this.#note(name, Buffer.byteLength(text));
  }

  get(name: string): string {
    return this.#unwritten.get(name) ?? readFileSync(join(this.#path, name), "utf8");
  }

  remove(name: string): void {
    rmSync(join(this.#path, name), { force: true });
    this.#unwritten.delete(name);
    this.#bytes -= this.#sizes.get(name) ?? 0;
    this.#sizes.delete(name);
  }

  #note(name: string, size: number): void {
    this.#bytes += size - (this.#sizes.get(name) ?? 0);
    this.#sizes.set(name, size);
  }
}
