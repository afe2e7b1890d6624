import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import mqtt from "mqtt";
import { afterEach, beforeEach, expect, it } from "vitest";
import { thumbprint } from "../../src/keys/jwk.ts";
import { makeGatewayKey } from "../../src/keys/make.ts";
import { issueClient, issueServer, makeAuthority } from "../kit/certificates.ts";
import { type Mosquitto, startTlsMosquitto } from "../kit/mosquitto.ts";
import { describeWith } from "../kit/programs.ts";
import { telpost } from "../kit/telpost.ts";
import { aWhile, until } from "../kit/until.ts";

describeWith(["mosquitto", "openssl"], "the city's keys, on a broker with the shipped ACL", () => {
  let folder: string;
  let broker: Mosquitto;
  const at = (name: string) => join(folder, name);

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "telpost-city-keys-"));
    const authority = makeAuthority(folder);
    broker = await startTlsMosquitto(authority, issueServer(folder, authority));
    for (const name of ["city-denhaag", "technician-denhaag"]) {
      const { cert, key } = issueClient(folder, authority, name);
      writeSite(name, authority.ca, cert, key);
    }
  });

  afterEach(async () => {
    await broker.stop();
    rmSync(folder, { recursive: true });
  });

  function writeSite(name: string, ca: string, cert: string, key: string): void {
    const [one, two, stolen] = [makeGatewayKey(), makeGatewayKey(), makeGatewayKey()].map(({ publicJwk }) =>
      JSON.stringify(publicJwk),
    );
    const lines = [
      `broker: { url: "mqtts://127.0.0.1:${broker.port}", ca: ${ca}, cert: ${cert}, key: ${key} }`,
      "tenant: denhaag",
      "keys: ring.jwks",
      "memory: seen.sqlite",
      "gateways:",
      `  - { id: denhaag/plein/gw01, key: ${one} }`,
      `  - { id: denhaag/plein/gw02, key: ${two} }`,
      `  - { id: denhaag/plein/gw03, revoked: ${stolen} }`,
    ];
    writeFileSync(at(`${name}.yaml`), `${lines.join("\n")}\n`);
  }

  async function keys(...args: string[]) {
    const root = ["publish", "show"].includes(args[0] ?? "") ? "root.jwk" : "root-private.jwk";
    const own = args[0] === "root" ? [] : ["--root", at(root), "--set", at("set.jws")];
    return telpost(["keys", ...args, ...own]);
  }

  it("are made beside the reader, signed where the root key lies, and published to every gateway that was not stolen", async () => {
    await keys("root", "--out", at("root-private.jwk"), "--public", at("root.jwk"));
    const made = await keys("city", "--ring", at("ring.jwks"), "--public", at("new.jwk"));
    expect(made).toMatchObject({ code: 0, err: expect.stringContaining("keys sign --add") });
    const kid = thumbprint(JSON.parse(readFileSync(at("new.jwk"), "utf8")));
    expect(made.out.trim()).toBe(kid);
    expect(await keys("sign", "--add", at("new.jwk"), "--days", "365")).toMatchObject({ code: 0 });
    expect((await keys("show")).out).toContain(kid);

    const site = ["publish", "--site", at("city-denhaag.yaml")];
    expect(await keys(...site)).toMatchObject({
      code: 0,
      out: expect.stringMatching(/of 2 gateway\(s\)\n$/),
    });
    const gateways = ["gw01", "gw02"].map((name) => `telpost/v1/denhaag/plein/${name}/keys`);
    expect(await retained()).toEqual(gateways);
    expect(await keys(...site, "--gateway", "denhaag/plein/gw03")).toMatchObject({ code: 2 });

    // Nobody else may: the broker refuses the write, or what comes back.
    const wrong = await keys("publish", "--site", at("technician-denhaag.yaml"));
    expect(wrong).toMatchObject({ code: 1, err: expect.stringMatching(/^key\.not_published: /m) });

    const revoked = await keys("revoke", `--kid=${kid}`);
    expect(revoked).toMatchObject({ code: 0, err: expect.stringContaining("No key is left in it") });
    expect((await keys("show")).out).toContain(`${kid} revoked`);
    expect(await keys("revoke", "--kid=nonsense")).toMatchObject({ code: 2 });
  });

  /** The gateways that have the set of the file. */
  async function retained(): Promise<string[]> {
    const pem = (name: string) => readFileSync(at(name));
    const [cert, key] = [pem("client-ca-city-denhaag.pem"), pem("client-ca-city-denhaag.key")];
    const url = `mqtts://127.0.0.1:${broker.port}`;
    const client = await mqtt.connectAsync(url, { ca: pem("ca.pem"), cert, key, protocolVersion: 5 });
    const set = readFileSync(at("set.jws"), "utf8").trim();
    const found: string[] = [];
    client.on("message", (topic, payload) => {
      if (payload.toString() === set) found.push(topic);
    });
    await client.subscribeAsync("telpost/v1/denhaag/+/+/keys", { qos: 1 });
    await until(() => found.length >= 2, "two gateways have it");
    await aWhile();
    await client.endAsync();
    return found.sort();
  }
});
