import { TelpostError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { PublicJwk } from "../keys/jwk.ts";
import type { GatewayEvent } from "../model.ts";
import {
  acceptNewer,
  type KeyQuestion,
  type KeySet,
  type UsableKey,
  usableKey,
  verifyKeySet,
} from "./guard/city-keys.ts";

export interface KeyRingOptions {
  /** The pinned city root key. */
  readonly root: PublicJwk;
  readonly log: Log;
  readonly declare: (event: GatewayEvent) => void;
  /** A new key set is in use: windows that waited for one may be sealed. */
  readonly onAccepted: () => void;
}

/** The city keys in use: from a file at start, later from the `keys` topic. Only a newer set signed by the root is taken. */
export class CityKeyRing {
  readonly #options: KeyRingOptions;
  #set: KeySet;
  #expiredTold = false;

  private constructor(options: KeyRingOptions, set: KeySet) {
    this.#options = options;
    this.#set = set;
  }

  /** @throws TelpostError key.signature, key.invalid */
  static async open(jws: string, options: KeyRingOptions): Promise<CityKeyRing> {
    return new CityKeyRing(options, await verifyKeySet(jws, options.root));
  }

  /** Judges a key set that came from outside; a bad or old one changes nothing. */
  async offer(jws: string): Promise<void> {
    const { log, declare, onAccepted, root } = this.#options;
    try {
      // Verified first: what is in use is looked at only then, so that of two sets on their way the newer one stays.
      const candidate = await verifyKeySet(jws, root);
      this.#set = acceptNewer(this.#set, candidate);
      log.info("keys.accepted", { version: this.#set.version });
      declare({ kind: "key", change: "new_set", version: this.#set.version });
      onAccepted();
    } catch (failure) {
      if (!(failure instanceof TelpostError)) throw failure;
      // The retained set comes again on every connect; only a forged or broken one is worth a word.
      if (failure.code === "key.older") return;
      log.warn("keys.refused", { code: failure.code });
      declare({ kind: "key", change: "refused", version: null });
    }
  }

  /** The key to seal to now, or null: then nothing may be sealed. */
  usable(question: KeyQuestion): UsableKey | null {
    const { declare } = this.#options;
    const key = usableKey(this.#set, question);
    if (key?.expired && !this.#expiredTold)
      declare({ kind: "key", change: "expired", version: this.#set.version });
    this.#expiredTold = key?.expired ?? false;
    return key;
  }
}
