import { chmodSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { mqttOptions } from "../../../src/forward/uplink/link-options.ts";
import { issueClient, makeAuthority } from "../../kit/certificates.ts";
import { describeWith } from "../../kit/programs.ts";

describeWith(["openssl"], "the key of the gateway's certificate", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "telpost-link-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const settings = (tls: object) => ({
    url: "mqtts://localhost",
    protocol: "5" as const,
    clientId: "a/b/c",
    keepaliveSeconds: 30,
    tls,
    will: { topic: "t", payload: "" },
  });

  it("is refused when others may read it, unless systemd guards it as a credential", () => {
    const credentialsDirectory = join(folder, "credentials");
    mkdirSync(credentialsDirectory);
    const authority = makeAuthority(credentialsDirectory);
    const { ca } = authority;
    const { cert, key } = issueClient(credentialsDirectory, authority, "a/b/c");
    expect(mqttOptions(settings({ ca, cert, key }))).toMatchObject({ rejectUnauthorized: true });
    for (const mode of [0o640, 0o604, 0o660]) {
      chmodSync(key, mode);
      expect(() => mqttOptions(settings({ ca, cert, key }))).toThrow(
        expect.objectContaining({ code: "key.too_open" }),
      );
    }
    chmodSync(key, 0o440);
    expect(mqttOptions(settings({ ca, cert, key, credentialsDirectory }))).toMatchObject({
      rejectUnauthorized: true,
    });
  });
});
