import { systemRandom } from "../../../src/base/random.ts";
import { makeRegistry, type Registry } from "../../../src/city/keys.ts";
import { configSchema, type PrivacyConfig } from "../../../src/config/schema.ts";
import { type MadeKey, makeCityKey, makeGatewayKey } from "../../../src/keys/make.ts";
import type { Output, SealedMessage, Window } from "../../../src/model.ts";
import { type Origin, plaintext } from "../../../src/sense/guard/envelope.ts";
import { release } from "../../../src/sense/guard/release.ts";
import { Sealer } from "../../../src/sense/guard/seal.ts";

/** 2026-07-18T14:05:00Z, on the grid of 60 s and of 300 s windows. */
export const END_MS = 1_784_383_500_000;
export const EPOCH = "7k2m9qv4x0t8b1ce";
export const GATEWAY = "denhaag/scheveningen/gw07";

/** A privacy section as the configuration file gives it. */
export function privacyOf(section: object = {}): PrivacyConfig {
  return configSchema.shape.privacy.parse(section);
}

export const flowOutput: Output = { id: "blvd-noord-03", kind: "flow", method: "counted", seconds: 60 };
export const gaugeOutput: Output = {
  id: "plein",
  kind: "occupancy",
  method: "derived",
  seconds: 300,
  stat: "max",
};

/** A closed window that was fully watched. */
export function windowOf(output: Output, value: Window["value"], more: Partial<Window> = {}): Window {
  return { output, endMs: END_MS, coveredMs: output.seconds * 1000, value, flags: [], ...more };
}

export function originOf(privacy: PrivacyConfig = privacyOf()): Origin {
  return { tenant: "denhaag", site: "scheveningen", gateway: "gw07", privacy };
}

/** The plaintext of one flow and one gauge, noised. */
export function examplePlaintext(seq = 0): Uint8Array<ArrayBuffer> {
  const privacy = privacyOf();
  const windows = [windowOf(flowOutput, { in: 41, out: 0 }), windowOf(gaugeOutput, { present: 128 })];
  return plaintext(originOf(privacy), {
    epoch: EPOCH,
    seq,
    endMs: END_MS,
    outputs: windows.map(({ output }) => output),
    records: windows.map((window) => release(window, privacy, systemRandom)),
  });
}

/** A gateway, its city, and what the city knows of both. */
export interface Pair {
  readonly gateway: MadeKey;
  readonly city: MadeKey;
  readonly registry: Registry;
}

export function makePair(): Pair {
  const gateway = makeGatewayKey();
  const city = makeCityKey();
  return { gateway, city, registry: makeRegistry([{ gateway: GATEWAY, keys: [gateway] }], [city]) };
}

/** Seals through the production path. */
export function sealExample({ gateway, city }: Pair, seq = 0): Promise<SealedMessage> {
  const request = { epoch: EPOCH, seq, endMs: END_MS, lengths: [300, 60], plaintext: examplePlaintext(seq) };
  return new Sealer(GATEWAY, gateway).seal(request, { kid: city.kid, key: city.publicKey });
}
