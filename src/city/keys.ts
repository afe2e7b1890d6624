import type { KeyObject } from "node:crypto";
import { TelpostError } from "../base/errors.ts";
import type { KeyPair, PublicKey } from "../keys/jwk.ts";

/** A gateway the city knows, with the keys it may sign with: one, or two while it changes its key. */
export interface RegisteredGateway {
  /** `tenant/site/gateway` */
  readonly gateway: string;
  /** Ed25519. */
  readonly keys: readonly PublicKey[];
}

/** Whom the city believes, and what it can open. */
export interface Registry {
  /** `tenant/site/gateway` -> thumbprint -> public key. */
  readonly gateways: ReadonlyMap<string, ReadonlyMap<string, KeyObject>>;
  /** Thumbprint -> private city key. */
  readonly cityKeys: ReadonlyMap<string, KeyObject>;
}

/**
 * Builds the registry. Throws key.invalid when a gateway is named twice or one key belongs to two gateways: then a
 * signature would not say whose message it is.
 * @param cityKeys the city's private keys (X25519), old ones included while messages sealed to them may still come
 */
export function makeRegistry(gateways: readonly RegisteredGateway[], cityKeys: readonly KeyPair[]): Registry {
  const known = new Map<string, ReadonlyMap<string, KeyObject>>();
  const owners = new Map<string, string>();
  for (const { gateway, keys } of gateways) {
    if (known.has(gateway)) throw new TelpostError("key.invalid", `gateway ${gateway} is named twice`);
    known.set(gateway, new Map(keys.map(({ kid, publicKey }) => [kid, publicKey])));
    for (const { kid } of keys) {
      const owner = owners.get(kid);
      if (owner !== undefined && owner !== gateway) {
        throw new TelpostError("key.invalid", `${owner} and ${gateway} have the same key`);
      }
      owners.set(kid, gateway);
    }
  }
  return {
    gateways: known,
    cityKeys: new Map(cityKeys.map(({ kid, privateKey }) => [kid, privateKey])),
  };
}
