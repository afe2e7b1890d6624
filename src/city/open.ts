import type { KeyObject } from "node:crypto";
import { compactDecrypt, compactVerify, errors } from "jose";
import type { z } from "zod";
import {
  CONTENT_ENCRYPTION,
  jweHeader,
  jwsHeader,
  KEY_AGREEMENT,
  MAX_SEALED_CHARACTERS,
  SIGNATURE_ALGORITHM,
} from "../contract/sealed.ts";
import { type ReadWindowsMessage, windowsMessageForReaders } from "../contract/windows.ts";
import { compactHeader, parseJson } from "./compact.ts";
import type { Registry } from "./keys.ts";

/** Why a sealed message was refused: a closed list, in the order of the checks. */
export const REFUSALS = [
  "too_large",
  "not_jws",
  "unknown_gateway",
  "revoked_gateway",
  "revoked_signer",
  "unknown_signer",
  "signature",
  "not_jwe",
  "wrong_signer",
  "wrong_gateway",
  "unknown_city_key",
  "decrypt",
  "schema",
  "header_mismatch",
] as const;
export type Refusal = (typeof REFUSALS)[number];

/** A message that passed every check but the dedupe rule, or why it did not. */
export type Opened =
  | {
      readonly ok: true;
      /** `tenant/site/gateway` */
      readonly gateway: string;
      readonly epoch: string;
      readonly seq: number;
      /** The closing instant, ms since the Unix epoch. */
      readonly endMs: number;
      /** Window lengths that end here, seconds, ascending. */
      readonly lengths: readonly number[];
      readonly windows: ReadWindowsMessage;
    }
  | { readonly ok: false; readonly refusal: Refusal };

/**
 * Opens a sealed message, with the checks of the contract in their order. Never throws on input.
 * @param jws what came in @param topicGateway `tenant/site/gateway` of the topic it came on
 */
export async function openSealed(jws: string, topicGateway: string, registry: Registry): Promise<Opened> {
  try {
    const { jwe, kid } = await verify(jws, topicGateway, registry);
    const { header, plain } = await decrypt(jwe, { signer: kid, topicGateway, registry });
    return opened(header, plain);
  } catch (failure) {
    if (failure instanceof Refused) return { ok: false, refusal: failure.refusal };
    throw failure;
  }
}

/** Carries a refusal up to `openSealed`, no further. */
class Refused extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal);
    this.refusal = refusal;
  }
}

function check(holds: boolean, refusal: Refusal): asserts holds {
  if (!holds) throw new Refused(refusal);
}

async function verify(jws: string, topicGateway: string, { gateways, revoked }: Registry) {
  check(jws.length <= MAX_SEALED_CHARACTERS, "too_large");
  const { kid } = readHeader(jws, 3, jwsHeader, "not_jws");
  const keys = gateways.get(topicGateway);
  check(keys !== undefined, "unknown_gateway");
  check(keys.size > 0, "revoked_gateway");
  check(!revoked.has(kid), "revoked_signer");
  const key = keys.get(kid);
  check(key !== undefined, "unknown_signer");
  const options = { algorithms: [SIGNATURE_ALGORITHM] };
  const { payload } = await refusing("signature", () => compactVerify(jws, key, options));
  return { jwe: Buffer.from(payload).toString("latin1"), kid };
}

interface Expected {
  readonly signer: string;
  readonly topicGateway: string;
  readonly registry: Registry;
}

async function decrypt(jwe: string, { signer, topicGateway, registry }: Expected) {
  const header = readHeader(jwe, 5, jweHeader, "not_jwe");
  check(header.sgn === signer, "wrong_signer");
  check(header.gw === topicGateway, "wrong_gateway");
  const key: KeyObject | undefined = registry.cityKeys.get(header.kid);
  check(key !== undefined, "unknown_city_key");
  const options = {
    keyManagementAlgorithms: [KEY_AGREEMENT],
    contentEncryptionAlgorithms: [CONTENT_ENCRYPTION],
  };
  const { plaintext } = await refusing("decrypt", () => compactDecrypt(jwe, key, options));
  return { header, plain: plaintext };
}

function opened(header: z.output<typeof jweHeader>, plain: Uint8Array): Opened {
  const parsed = windowsMessageForReaders.safeParse(parseJson(plain));
  check(parsed.success, "schema");
  const windows = parsed.data;
  const { tenant, site, gateway, epoch, seq, end, records } = windows;
  const inside = `${tenant}/${site}/${gateway}`;
  check(
    header.gw === inside && header.epoch === epoch && header.seq === seq && header.end === end,
    "header_mismatch",
  );
  const lengths = [...new Set(records.map(({ seconds }) => seconds))].sort((a, b) => a - b);
  return { ok: true, gateway: inside, epoch, seq, endMs: Date.parse(end), lengths, windows };
}

/** The protected header of a compact serialization. */
function readHeader<T extends z.ZodType>(
  text: string,
  parts: number,
  schema: T,
  refusal: Refusal,
): z.output<T> {
  const header = compactHeader(text, parts, schema);
  check(header !== null, refusal);
  return header;
}

/** What the library refuses in an input becomes a refusal; anything else is a defect and passes through. */
async function refusing<T>(refusal: Refusal, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (failure) {
    if (failure instanceof errors.JOSEError) throw new Refused(refusal);
    throw failure;
  }
}
