import { decodeProtectedHeader } from "jose";
import { describe, expect, it } from "vitest";
import { systemRandom } from "../../../src/base/random.ts";
import { openSealed } from "../../../src/city/open.ts";
import { makeCityKey } from "../../../src/keys/make.ts";
import type { Output } from "../../../src/model.ts";
import { plaintext } from "../../../src/sense/guard/envelope.ts";
import { release } from "../../../src/sense/guard/release.ts";
import { Sealer } from "../../../src/sense/guard/seal.ts";
import { jweOf } from "../../kit/sealed-message.ts";
import {
  END_MS,
  EPOCH,
  flowOutput,
  GATEWAY,
  makePair,
  originOf,
  privacyOf,
  sealExample,
  windowOf,
} from "./fixtures.ts";

describe("a sealed message", () => {
  it("carries exactly the protected headers of the contract", async () => {
    const pair = makePair();
    const { jws } = await sealExample(pair, 7);
    expect(decodeProtectedHeader(jws)).toEqual({
      alg: "EdDSA",
      typ: "telpost+jws",
      cty: "JWE",
      kid: pair.gateway.kid,
    });
    expect(decodeProtectedHeader(jweOf(jws))).toEqual({
      alg: "ECDH-ES",
      enc: "A256GCM",
      kid: pair.city.kid,
      typ: "telpost+jwe",
      gw: GATEWAY,
      sgn: pair.gateway.kid,
      epoch: EPOCH,
      seq: 7,
      end: "2026-07-18T14:05:00Z",
      epk: { kty: "OKP", crv: "X25519", x: expect.any(String) },
    });
  });

  it("names its window lengths in order", async () => {
    const { epoch, seq, endMs, lengths } = await sealExample(makePair(), 7);
    expect({ epoch, seq, endMs, lengths }).toEqual({
      epoch: EPOCH,
      seq: 7,
      endMs: END_MS,
      lengths: [60, 300],
    });
  });

  it("has the same length for any counts", async () => {
    const pair = makePair();
    const lengths = await Promise.all([1, 2, 3, 4].map(async () => (await sealExample(pair)).jws.length));
    expect(new Set(lengths).size).toBe(1);
  });

  it("cannot be opened by anyone but the city, not even by the gateway that sealed it", async () => {
    const pair = makePair();
    const { jws } = await sealExample(pair);
    const stranger = makeCityKey();
    const cityKeys = new Map([[pair.city.kid, stranger.privateKey]]);
    expect(await openSealed(jws, GATEWAY, { ...pair.registry, cityKeys })).toEqual({
      ok: false,
      refusal: "decrypt",
    });
  });

  it("of ten sensors stays within 7,000 characters, padded for the worst minute", async () => {
    const pair = makePair();
    const privacy = privacyOf();
    const outputs = Array.from(
      { length: 10 },
      (_, index): Output => ({ ...flowOutput, id: `blvd-noord-0${index}` }),
    );
    const records = outputs.map((output) =>
      release(windowOf(output, { in: 1, out: 1 }), privacy, systemRandom),
    );
    const text = plaintext(originOf(privacy), { epoch: EPOCH, seq: 1, endMs: END_MS, outputs, records });
    const request = { epoch: EPOCH, seq: 1, endMs: END_MS, lengths: [60], plaintext: text };
    const { jws } = await new Sealer(GATEWAY, pair.gateway).seal(request, {
      kid: pair.city.kid,
      key: pair.city.publicKey,
    });
    expect(jws.length).toBeLessThanOrEqual(7000);
  });
});
