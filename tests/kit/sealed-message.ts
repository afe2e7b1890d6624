/** What anybody can read of a sealed message without a key: the header of its JWE. */
export interface OpenPart {
  /** The city key that it is sealed to. */
  readonly kid: string;
  readonly seq: number;
  /** When its windows end, RFC 3339. */
  readonly end: string;
}

/** The JWE that the gateway signed (RFC 7515, section 3.1: header.payload.signature). */
export function jweOf(jws: string): string {
  return Buffer.from(jws.split(".")[1] ?? "", "base64url").toString("ascii");
}

/** The header of that JWE (RFC 7516, section 3.1: it is the first of five parts). */
export function openPart(jws: string): OpenPart {
  return JSON.parse(Buffer.from(jweOf(jws).split(".")[0] ?? "", "base64url").toString("utf8")) as OpenPart;
}
