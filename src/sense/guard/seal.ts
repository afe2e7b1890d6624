import type { KeyObject } from "node:crypto";
import { CompactEncrypt, CompactSign } from "jose";
import { assert } from "../../base/assert.ts";
import {
  CONTENT_ENCRYPTION,
  KEY_AGREEMENT,
  MAX_SEALED_CHARACTERS,
  SIGNATURE_ALGORITHM,
} from "../../contract/sealed.ts";
import { rfc3339 } from "../../contract/windows.ts";
import type { SealedMessage } from "../../model.ts";

/** The gateway's own key (Ed25519). */
export interface GatewayKey {
  /** RFC 7638 thumbprint of the public key. */
  readonly kid: string;
  readonly privateKey: KeyObject;
}

/** The one recipient of a message: a city key (X25519). */
export interface Recipient {
  /** RFC 7638 thumbprint of the public key. */
  readonly kid: string;
  readonly key: KeyObject;
}

/** What is sealed, and under which number. */
export interface SealRequest {
  readonly epoch: string;
  readonly seq: number;
  /** The closing instant, ms since the Unix epoch. */
  readonly endMs: number;
  /** The window lengths (seconds) that end here. */
  readonly lengths: readonly number[];
  /** Padded, as the envelope makes it. */
  readonly plaintext: Uint8Array<ArrayBuffer>;
}

/** `sealed/1`: encrypts to the city, then signs. What comes out can be opened by the city only, not even by this gateway. */
export class Sealer {
  readonly #gateway: string;
  readonly #key: GatewayKey;

  /** @param gateway `tenant/site/gateway` @param key signs every message */
  constructor(gateway: string, key: GatewayKey) {
    this.#gateway = gateway;
    this.#key = key;
  }

  /** Seals one message. A fresh ephemeral key and nonce each time: keep the result, never seal a window twice (P5). */
  async seal(request: SealRequest, recipient: Recipient): Promise<SealedMessage> {
    const { epoch, seq, endMs, lengths } = request;
    const jwe = await this.#encrypt(request, recipient);
    const jws = await new CompactSign(Buffer.from(jwe, "ascii"))
      .setProtectedHeader({
        alg: SIGNATURE_ALGORITHM,
        typ: "telpost+jws",
        cty: "JWE",
        kid: this.#key.kid,
      })
      .sign(this.#key.privateKey);
    assert(jws.length <= MAX_SEALED_CHARACTERS, "a sealed message fits into its limit");
    return { epoch, seq, endMs, lengths: [...new Set(lengths)].sort((a, b) => a - b), jws };
  }

  /** JWE with ECDH-ES on X25519 (RFC 7518, section 4.6; RFC 8037) and A256GCM. */
  #encrypt({ epoch, seq, endMs, plaintext }: SealRequest, recipient: Recipient): Promise<string> {
    return new CompactEncrypt(plaintext)
      .setProtectedHeader({
        alg: KEY_AGREEMENT,
        enc: CONTENT_ENCRYPTION,
        kid: recipient.kid,
        typ: "telpost+jwe",
        gw: this.#gateway,
        sgn: this.#key.kid,
        epoch,
        seq,
        end: rfc3339(endMs),
      })
      .encrypt(recipient.key);
  }
}
