import type { ErrorCode } from "../base/errors.ts";

/** Why a connection failed or ended. */
export interface BrokerFailure {
  readonly code: ErrorCode;
  /** The library's own code or reason. */
  readonly detail: string;
  /** The broker may not speak this version of MQTT: worth a try with the other one. */
  readonly versionRefused: boolean;
}

/** What is known when a connection ends. */
export interface BrokerEnding {
  /** What MQTT.js, the network or TLS gave; undefined when the connection just closed. */
  readonly error?: unknown;
  /** Reason code of a DISCONNECT packet that came before (MQTT 5, section 3.14.2.1). */
  readonly disconnectReason?: number | undefined;
  /** True after a CONNACK with code 0. */
  readonly wasUp: boolean;
}

/** Codes of Node's net and tls modules, of OpenSSL as Node spells them, and TLS alerts about our own certificate (RFC 8446, 6.2). */
const NAMES: readonly (readonly [RegExp, ErrorCode])[] = [
  [/^(ENOTFOUND|EAI_AGAIN)$/, "broker.unresolved"],
  [/^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ENETDOWN|EADDRNOTAVAIL)$/, "broker.unreachable"],
  [/^ETIMEDOUT$/, "broker.timeout"],
  [/^(ECONNRESET|EPIPE)$/, "broker.closed"],
  [/(CERT_HAS_EXPIRED|CERT_NOT_YET_VALID|CERTIFICATE_EXPIRED)$/, "broker.tls_expired"],
  [/ALTNAME_INVALID$|^HOSTNAME_MISMATCH$/, "broker.tls_name"],
  [/_ALERT_/, "broker.tls_client"],
  [/ISSUER_CERT|LEAF_SIGNATURE|SELF_SIGNED|INVALID_CA|CERT_UNTRUSTED/, "broker.tls_ca"],
  [/SSL|TLS|CERT/, "broker.tls_other"],
];

/** Decides which line of the error table an ending belongs to. */
export function classifyEnding({ error, disconnectReason, wasUp }: BrokerEnding): BrokerFailure {
  if (disconnectReason !== undefined) return failure("broker.closed", hex(disconnectReason));
  // An old broker may close without an answer when it is spoken to in MQTT 5.
  if (error === undefined) return failure("broker.closed", wasUp ? "" : "before it answered", !wasUp);
  const code: unknown = error instanceof Error && "code" in error ? error.code : undefined;
  if (typeof code === "number") return byReason(code, wasUp);
  if (typeof code !== "string") {
    return failure("broker.protocol", error instanceof Error ? error.message.slice(0, 100) : "", !wasUp);
  }
  const known = NAMES.find(([pattern]) => pattern.test(code))?.[1] ?? "broker.unreachable";
  return failure(known, code, known === "broker.closed" && !wasUp);
}

/** Codes of CONNACK: MQTT 5, table 3.2.2.2; MQTT 3.1.1, table 3.1. Once connected a number is a breach of the protocol. */
function byReason(code: number, wasUp: boolean): BrokerFailure {
  if (wasUp) return failure("broker.protocol", hex(code));
  if ([0x03, 0x88, 0x89, 0x97, 0x9c, 0x9d, 0x9f].includes(code))
    return failure("broker.unreachable", hex(code));
  return failure("broker.refused", hex(code), code === 0x01 || (code >= 0x80 && code <= 0x84));
}

function failure(code: ErrorCode, detail: string, versionRefused = false): BrokerFailure {
  return { code, detail, versionRefused };
}

function hex(code: number): string {
  return `reason 0x${code.toString(16).padStart(2, "0")}`;
}
