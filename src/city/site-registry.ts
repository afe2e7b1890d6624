import { statSync } from "node:fs";
import { errorLine, TelpostError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { Registry } from "./keys.ts";
import { readSite, type Site } from "./site.ts";

/**
 * The registry of a site file that follows its files: gateways and keys that are added, and keys that are revoked, count
 * without a restart. All else in the site file is read once. While the files are wrong the registry stays as it was.
 */
export class SiteRegistry implements Registry {
  readonly #siteFile: string;
  readonly #log: Log;
  #site: Pick<Site, "registry" | "keyFiles">;
  /** By path. A file that the site file names since it was last looked at is in here after one more reading. */
  #known: ReadonlyMap<string, string>;
  /** Why the files could not be read the last time. */
  #failure: string | null = null;

  /** @param site what was read from this file just now */
  constructor(siteFile: string, site: Pick<Site, "registry" | "keyFiles">, log: Log) {
    this.#siteFile = siteFile;
    this.#site = site;
    this.#log = log;
    this.#known = this.#look(true);
  }

  get gateways(): Registry["gateways"] {
    return this.#site.registry.gateways;
  }

  get revoked(): Registry["revoked"] {
    return this.#site.registry.revoked;
  }

  get cityKeys(): Registry["cityKeys"] {
    return this.#site.registry.cityKeys;
  }

  refresh(all: boolean): boolean {
    const found = this.#look(all);
    // A file that is named and not there yet is among those that are not known: what failed is read again.
    const again = this.#failure !== null && all;
    if (!again && [...found].every(([path, state]) => state === this.#known.get(path))) return false;
    // Looked at before it is read: what changes meanwhile is found the next time. What is wrong now is said once.
    this.#known = this.#look(true);
    try {
      this.#site = readSite(this.#siteFile);
    } catch (failure) {
      if (!(failure instanceof TelpostError)) throw failure;
      const detail = errorLine(failure);
      if (detail !== this.#failure) this.#log.warn("receive.keys_kept", { code: failure.code, detail });
      this.#failure = detail;
      return false;
    }
    this.#failure = null;
    this.#log.info("receive.keys_read", { gateways: this.gateways.size, cityKeys: this.cityKeys.size });
    return true;
  }

  /** The state of each file, which tells one content from another. */
  #look(all: boolean): Map<string, string> {
    const files = [this.#siteFile, ...this.#site.keyFiles];
    const stateOf = (path: string) => {
      const stats = statSync(path, { throwIfNoEntry: false, bigint: true });
      return stats ? `${stats.mtimeNs} ${stats.size} ${stats.ino}` : "none";
    };
    return new Map((all ? files : files.slice(0, 2)).map((path) => [path, stateOf(path)]));
  }
}
