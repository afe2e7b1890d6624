import type { KeyObject } from "node:crypto";
import { TelpostError } from "../base/errors.ts";
import type { KeyPair, PublicKey } from "../keys/jwk.ts";

/** A gateway the city knows, with the keys it may sign with: one, or two while it changes its key. */
export interface RegisteredGateway {
  /** `tenant/site/gateway` */
  readonly gateway: string;
  /** Ed25519. None: nothing is believed of it. */
  readonly keys: readonly PublicKey[];
  /** Keys of it that must never be believed again, as after a theft. */
  readonly revoked?: readonly PublicKey[];
}

/** Whom the city believes, and what it can open. */
export interface Registry {
  /** `tenant/site/gateway` -> thumbprint -> public key. */
  readonly gateways: ReadonlyMap<string, ReadonlyMap<string, KeyObject>>;
  /** Thumbprints of gateway keys that were revoked. */
  readonly revoked: ReadonlySet<string>;
  /** Thumbprint -> private city key. */
  readonly cityKeys: ReadonlyMap<string, KeyObject>;
  /**
   * Looks whether there is a newer one where this comes from; true when what stands here is another now.
   * @param all in every place, which may be as many as gateways; else only in those that change most
   */
  refresh?(all: boolean): boolean;
}

/**
 * Builds the registry. Throws key.invalid when a gateway is named twice or one key belongs to two gateways: then a
 * signature would not say whose message it is. Nor may a revoked key come back under any name.
 * @param cityKeys the city's private keys (X25519), old ones included while messages sealed to them may still come
 */
export function makeRegistry(gateways: readonly RegisteredGateway[], cityKeys: readonly KeyPair[]): Registry {
  const known = new Map<string, ReadonlyMap<string, KeyObject>>();
  const owners = new Map<string, string>();
  const revoked = new Set(gateways.flatMap(({ revoked = [] }) => revoked.map(({ kid }) => kid)));
  for (const { gateway, keys } of gateways) {
    if (known.has(gateway)) throw new TelpostError("key.invalid", `gateway ${gateway} is named twice`);
    known.set(gateway, new Map(keys.map(({ kid, publicKey }) => [kid, publicKey])));
    for (const { kid } of keys) {
      const owner = owners.get(kid);
      if (owner !== undefined && owner !== gateway) {
        throw new TelpostError("key.invalid", `${owner} and ${gateway} have the same key`);
      }
      if (revoked.has(kid)) throw new TelpostError("key.invalid", `the key of ${gateway} is revoked`);
      owners.set(kid, gateway);
    }
  }
  return {
    gateways: known,
    revoked,
    cityKeys: new Map(cityKeys.map(({ kid, privateKey }) => [kid, privateKey])),
  };
}
