import { describe, expect, it } from "vitest";
import { classify } from "../../../src/forward/uplink/classify.ts";
import {
  firstProtocol,
  protocolFailed,
  protocolWorked,
} from "../../../src/forward/uplink/protocol-choice.ts";

const NOW = Date.UTC(2026, 6, 18);
const calm = { wasUp: false, clockSynced: true, nowMs: NOW };
const named = (code: string | number) => Object.assign(new Error("met"), { code });

describe("an ending of a connection", () => {
  it.each([
    ["ENOTFOUND", "broker.unresolved"],
    ["EAI_AGAIN", "broker.unresolved"],
    ["ECONNREFUSED", "broker.unreachable"],
    ["EHOSTUNREACH", "broker.unreachable"],
    ["ETIMEDOUT", "broker.timeout"],
    ["ECONNRESET", "broker.closed"],
    ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "broker.tls_ca"],
    ["SELF_SIGNED_CERT_IN_CHAIN", "broker.tls_ca"],
    ["DEPTH_ZERO_SELF_SIGNED_CERT", "broker.tls_ca"],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "broker.tls_name"],
    ["CERT_HAS_EXPIRED", "broker.tls_expired"],
    ["ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", "broker.tls_client"],
    ["ERR_SSL_TLSV1_ALERT_UNKNOWN_CA", "broker.tls_client"],
    ["ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE", "broker.tls_client"],
    ["ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED", "broker.tls_expired"],
    ["ERR_SSL_WRONG_VERSION_NUMBER", "broker.tls_other"],
    ["EWHATEVER", "broker.unreachable"],
  ])("named %s is %s", (code, expected) => {
    expect(classify({ ...calm, error: named(code) }).code).toBe(expected);
  });

  it.each([
    [0x86, "broker.refused", false],
    [0x87, "broker.refused", false],
    [5, "broker.refused", false],
    [0x84, "broker.refused", true],
    [1, "broker.refused", true],
    [0x88, "broker.unreachable", false],
    [3, "broker.unreachable", false],
  ])("with CONNACK code %i is %s, another protocol worth a try: %s", (code, expected, protocolRefused) => {
    expect(classify({ ...calm, error: named(code) })).toMatchObject({ code: expected, protocolRefused });
  });

  it("blames the clock for dates only while the clock is not set or older than the software", () => {
    const late = { error: named("CERT_NOT_YET_VALID") };
    expect(classify({ ...calm, ...late, clockSynced: false }).code).toBe("broker.tls_clock");
    expect(classify({ ...calm, ...late, nowMs: 12_000 }).code).toBe("broker.tls_clock");
    expect(classify({ ...calm, ...late }).code).toBe("broker.tls_expired");
  });

  it("names the reason of a DISCONNECT, and never suggests another protocol after a connection was up", () => {
    const ended = classify({ ...calm, wasUp: true, disconnectReason: 0x8e });
    expect(ended).toEqual({ code: "broker.closed", detail: "reason 0x8e", protocolRefused: false });
    expect(classify({ ...calm, wasUp: true }).protocolRefused).toBe(false);
  });

  it("takes whatever the parser cannot read as something that is not MQTT", () => {
    expect(classify({ ...calm, wasUp: true, error: new Error("Invalid puback reason code") }).code).toBe(
      "broker.protocol",
    );
  });
});

describe("the choice of the protocol", () => {
  const closed = classify(calm);
  const absent = classify({ ...calm, error: named("ECONNREFUSED") });

  it("tries 5 first, 3.1.1 after a refusal, and 5 again when that fails too", () => {
    const first = firstProtocol("auto");
    const second = protocolFailed(first, closed);
    expect([first.next, second.next, protocolFailed(second, closed).next]).toEqual(["5", "3.1.1", "5"]);
  });

  it("keeps the version when the broker is only absent, and stays with what worked", () => {
    const second = protocolFailed(firstProtocol("auto"), closed);
    expect(protocolFailed(firstProtocol("auto"), absent).next).toBe("5");
    expect(protocolFailed(protocolWorked(second), absent).next).toBe("3.1.1");
  });

  it("never falls back from a broker that spoke 5 once, nor from a configured version", () => {
    expect(protocolFailed(protocolWorked(firstProtocol("auto")), closed).next).toBe("5");
    expect(protocolFailed(firstProtocol("5"), closed).next).toBe("5");
    expect(protocolFailed(firstProtocol("3.1.1"), closed).next).toBe("3.1.1");
  });
});
