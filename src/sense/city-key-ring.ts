import { type ErrorCode, TelpostError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { KeySource } from "../handover/sense-end.ts";
import type { PublicJwk } from "../keys/jwk.ts";
import type { GatewayEvent } from "../model.ts";
import type { ItemStore } from "./crash/crash-copy.ts";
import {
  acceptNewer,
  coveredUntilMs,
  type KeyQuestion,
  type KeySet,
  type UsableKey,
  usableKey,
  verifyKeySet,
} from "./guard/city-keys.ts";
import { type KeyState, keyState } from "./key-alarm.ts";

export interface KeyRingOptions {
  /** The pinned city root key. */
  readonly root: PublicJwk;
  readonly log: Log;
  /** The set in use, for a restart of this process: on tmpfs. */
  readonly copy: ItemStore;
  readonly declare: (event: GatewayEvent) => void;
  /** A new key set is in use: windows that waited for one may be sealed. */
  readonly onAccepted: () => void;
}

/**
 * The city keys in use. They begin with the installed file, or the crash copy when that is newer; later sets come from
 * the city's topic, or from forward's memory after a boot. Only one of a higher version that the pinned root signed is
 * taken. So whoever holds forward can keep a new set away, and after a boot roll back to the installed file, no further.
 */
export class CityKeyRing {
  readonly #options: KeyRingOptions;
  #set: KeySet;
  /** What was refused and told since the set in use was taken: a broker that repeats itself must not fill the outbox. */
  readonly #refused = new Set<ErrorCode>();
  #toldState = "";

  private constructor(options: KeyRingOptions, set: KeySet) {
    this.#options = options;
    this.#set = set;
  }

  /**
   * @param jws the installed key set
   * @throws TelpostError key.signature, key.invalid when that is not usable
   */
  static async open(jws: string, options: KeyRingOptions): Promise<CityKeyRing> {
    const installed = await verifyKeySet(jws, options.root);
    return new CityKeyRing(options, await copied(installed, options));
  }

  /** The set in use, as it was signed. */
  get jws(): string {
    return this.#set.jws;
  }

  /**
   * Judges a key set that came from outside; a bad, old or contradicting one changes nothing and is declared. From memory
   * it is only logged: what was kept under another root, or before a newer file was installed, is no attack.
   */
  async offer(jws: string, from: KeySource): Promise<void> {
    let version: number | null = null;
    try {
      // Verified first: what is in use is looked at only then, so that of two sets on their way the newer one stays.
      const candidate = await verifyKeySet(jws, this.#options.root);
      version = candidate.version;
      const accepted = acceptNewer(this.#set, candidate);
      if (accepted !== this.#set) this.#take(accepted, from);
    } catch (failure) {
      if (!(failure instanceof TelpostError)) throw failure;
      this.#refuse(failure.code, version, from);
    }
  }

  /** The key to seal to now, or null: then nothing may be sealed. */
  usable(question: KeyQuestion): UsableKey | null {
    return usableKey(this.#set, question);
  }

  /** See coveredUntilMs. */
  untilMs(question: KeyQuestion): number | null {
    return coveredUntilMs(this.#set, question);
  }

  /** Looks how long the keys will last and tells when that has changed; to be called every minute or so. */
  watch(question: KeyQuestion): void {
    const state = keyState(this.untilMs(question), question);
    const told = JSON.stringify(state);
    if (!state || told === this.#toldState) return;
    this.#toldState = told;
    this.#tell(state);
  }

  #take(set: KeySet, from: KeySource): void {
    const { log, copy, declare, onAccepted } = this.#options;
    for (const name of copy.names()) copy.remove(name);
    copy.put(String(set.version), set.jws);
    this.#set = set;
    this.#refused.clear();
    log.info("keys.accepted", { version: set.version });
    if (from === "topic") declare({ kind: "key", change: "new_set", version: set.version });
    onAccepted();
  }

  #refuse(code: ErrorCode, version: number | null, from: KeySource): void {
    const { log, declare } = this.#options;
    if (from === "memory") {
      if (code !== "key.older") log.info("keys.refused", { code, version });
      return;
    }
    if (this.#refused.has(code)) return;
    this.#refused.add(code);
    log.warn("keys.refused", { code, version });
    declare({ kind: "key", change: "refused", version });
  }

  #tell({ change, withinDays }: KeyState): void {
    const { log, declare } = this.#options;
    const { version } = this.#set;
    switch (change) {
      case "good":
        return;
      case "expiring":
        log.warn("keys.expiring", { code: "key.expiring", withinDays });
        break;
      case "expired":
        log.error("keys.expired", { code: "key.expired", withinDays });
        break;
      case "none_usable":
        log.error("keys.none", { code: "key.none_usable" });
        break;
    }
    declare({ kind: "key", change, version, ...(withinDays !== null && { withinDays }) });
  }
}

/** The newest of the installed set and those in the crash copy; what is of no use there is removed. */
async function copied(installed: KeySet, { copy, root, log }: KeyRingOptions): Promise<KeySet> {
  let newest = installed;
  for (const name of copy.names()) {
    try {
      newest = acceptNewer(newest, await verifyKeySet(copy.get(name), root));
    } catch (failure) {
      if (!(failure instanceof TelpostError)) throw failure;
      log.info("keys.refused", { code: failure.code });
    }
    if (newest === installed) copy.remove(name);
  }
  return newest;
}
