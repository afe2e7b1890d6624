import type { ErrorCode } from "../../base/errors.ts";

/** Why a connection failed or ended. */
export interface Failure {
  readonly code: ErrorCode;
  /** The library's own code or reason, never a frame or a secret. */
  readonly detail: string;
  /** The broker may not speak this protocol version: worth a try with the other one. */
  readonly protocolRefused: boolean;
}

/** What is known when a connection ends. */
export interface Ending {
  /** What MQTT.js or the TLS library gave, undefined when the connection just closed. */
  readonly error?: unknown;
  /** Reason code of a DISCONNECT packet that came before (MQTT 5, section 3.14.2.1). */
  readonly disconnectReason?: number | undefined;
  /** True after a CONNACK with code 0. */
  readonly wasUp: boolean;
  readonly clockSynced: boolean;
  /** ms since the Unix epoch. */
  readonly nowMs: number;
}

/** A clock before this year was never set: the software is younger. */
const BUILD_YEAR_MS = Date.UTC(2026, 0, 1);

/** Codes of Node's net and tls modules, OpenSSL's X509_V_ERR_* names as Node spells them, and TLS alerts. */
const CODES: { readonly [code: string]: ErrorCode } = {
  ENOTFOUND: "broker.unresolved",
  EAI_AGAIN: "broker.unresolved",
  ECONNREFUSED: "broker.unreachable",
  EHOSTUNREACH: "broker.unreachable",
  ENETUNREACH: "broker.unreachable",
  EADDRNOTAVAIL: "broker.unreachable",
  ENETDOWN: "broker.unreachable",
  ETIMEDOUT: "broker.timeout",
  ECONNRESET: "broker.closed",
  EPIPE: "broker.closed",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "broker.tls_ca",
  UNABLE_TO_GET_ISSUER_CERT: "broker.tls_ca",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "broker.tls_ca",
  SELF_SIGNED_CERT_IN_CHAIN: "broker.tls_ca",
  DEPTH_ZERO_SELF_SIGNED_CERT: "broker.tls_ca",
  INVALID_CA: "broker.tls_ca",
  CERT_UNTRUSTED: "broker.tls_ca",
  CERT_SIGNATURE_FAILURE: "broker.tls_ca",
  ERR_TLS_CERT_ALTNAME_INVALID: "broker.tls_name",
  HOSTNAME_MISMATCH: "broker.tls_name",
  CERT_HAS_EXPIRED: "broker.tls_expired",
  CERT_NOT_YET_VALID: "broker.tls_expired",
};

/** Alerts the broker sends about our own certificate (RFC 8446, section 6.2). */
const CLIENT_ALERT =
  /_ALERT_(CERTIFICATE_REQUIRED|UNKNOWN_CA|BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|CERTIFICATE_REVOKED|CERTIFICATE_UNKNOWN|ACCESS_DENIED|DECRYPT_ERROR|HANDSHAKE_FAILURE)$/;

/** Decides which line of the error table an ending belongs to. */
export function classify(ending: Ending): Failure {
  const { error, disconnectReason, wasUp } = ending;
  if (disconnectReason !== undefined)
    return failure("broker.closed", `reason ${reasonHex(disconnectReason)}`, false);
  if (error === undefined) return failure("broker.closed", wasUp ? "" : "closed before it answered", !wasUp);
  const code: unknown = error instanceof Error && "code" in error ? error.code : undefined;
  if (typeof code === "number") return byReasonCode(code, wasUp);
  if (typeof code === "string") return byName(code, ending);
  return failure("broker.protocol", error instanceof Error ? error.message.slice(0, 100) : "", !wasUp);
}

/** Codes of CONNACK: MQTT 5 table 3.2.2.2, MQTT 3.1.1 table 3.1. Once connected a number is a breach of the protocol. */
function byReasonCode(code: number, wasUp: boolean): Failure {
  const detail = `reason ${reasonHex(code)}`;
  if (wasUp) return failure("broker.protocol", detail, false);
  if (code === 0x01 || code === 0x84) return failure("broker.refused", `${detail}, protocol version`, true);
  if ([0x03, 0x88, 0x89, 0x97, 0x9c, 0x9d, 0x9f].includes(code)) {
    return failure("broker.unreachable", detail, false);
  }
  // 0x80 to 0x82: some old brokers say "malformed" to a CONNECT of a version they do not know.
  return failure("broker.refused", detail, code >= 0x80 && code <= 0x82);
}

function byName(code: string, { wasUp, clockSynced, nowMs }: Ending): Failure {
  const expired = /CERTIFICATE_EXPIRED$/.test(code) || CODES[code] === "broker.tls_expired";
  if (expired) {
    const clockIsWrong = !clockSynced || nowMs < BUILD_YEAR_MS;
    return failure(clockIsWrong ? "broker.tls_clock" : "broker.tls_expired", code, false);
  }
  if (CLIENT_ALERT.test(code)) return failure("broker.tls_client", code, false);
  const known = CODES[code];
  if (known) return failure(known, code, known === "broker.closed" && !wasUp);
  if (/SSL|TLS|CERT|CRL/.test(code)) return failure("broker.tls_other", code, false);
  return failure(wasUp ? "broker.closed" : "broker.unreachable", code, false);
}

function failure(code: ErrorCode, detail: string, protocolRefused: boolean): Failure {
  return { code, detail, protocolRefused };
}

/** A reason code as the MQTT specification writes it. */
export function reasonHex(code: number): string {
  return `0x${code.toString(16).padStart(2, "0")}`;
}
