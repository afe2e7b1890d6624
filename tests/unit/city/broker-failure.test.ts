import { expect, test } from "vitest";
import { classifyEnding } from "../../../src/city/broker-failure.ts";

const named = (code: string | number) => Object.assign(new Error("x"), { code });

test.each([
  ["ENOTFOUND", "broker.unresolved"],
  ["ECONNREFUSED", "broker.unreachable"],
  ["ETIMEDOUT", "broker.timeout"],
  ["CERT_HAS_EXPIRED", "broker.tls_expired"],
  ["ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED", "broker.tls_expired"],
  ["ERR_TLS_CERT_ALTNAME_INVALID", "broker.tls_name"],
  ["ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", "broker.tls_client"],
  ["ERR_SSL_TLSV1_ALERT_UNKNOWN_CA", "broker.tls_client"],
  ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "broker.tls_ca"],
  ["SELF_SIGNED_CERT_IN_CHAIN", "broker.tls_ca"],
  ["ERR_SSL_WRONG_VERSION_NUMBER", "broker.tls_other"],
  [0x87, "broker.refused"],
  [0x88, "broker.unreachable"],
])("%s is %s", (code, expected) => {
  expect(classifyEnding({ error: named(code), wasUp: false })).toMatchObject({
    code: expected,
    versionRefused: false,
  });
});

test("only what an older broker says to MQTT 5 makes the other version worth a try", () => {
  const refused = (error: unknown, wasUp = false) => classifyEnding({ error, wasUp }).versionRefused;
  expect([
    refused(named(0x01)),
    refused(named(0x84)),
    refused(undefined),
    refused(named("ECONNRESET")),
  ]).toEqual([true, true, true, true]);
  expect([refused(named(0x84), true), refused(undefined, true), refused(named("ENOTFOUND"))]).toEqual([
    false,
    false,
    false,
  ]);
  expect(classifyEnding({ disconnectReason: 0x8e, wasUp: true })).toMatchObject({
    code: "broker.closed",
    detail: "reason 0x8e",
  });
});
