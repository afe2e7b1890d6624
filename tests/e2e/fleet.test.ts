import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectAsync, type MqttClient } from "mqtt";
import { afterEach, beforeEach, expect, it, onTestFinished } from "vitest";
import { readSite } from "../../src/city/site.ts";
import { makeCityKey, makeGatewayKey } from "../../src/keys/make.ts";
import { writeKeyRing, writePublicKey } from "../../src/keys/write.ts";
import { type Authority, issueClient, issueServer, makeAuthority } from "../kit/certificates.ts";
import { startTlsMosquitto } from "../kit/mosquitto.ts";
import { describeWith } from "../kit/programs.ts";
import { telpost } from "../kit/telpost.ts";
import { aWhile, until } from "../kit/until.ts";

let folder: string;
const at = (...path: string[]) => join(folder, ...path);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "telpost-fleet-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function inventory(...ids: readonly string[]): void {
  const text = `tenant: denhaag
reader: { broker: { url: mqtts://127.0.0.1:8883, ca: ca.pem, cert: city.pem, key: city.key } }
defaults:
  broker: { url: mqtts://127.0.0.1:8883, ca: ca.pem }
  sensors: [{ id: radar-1, profile: hilink-ld2450, port: /dev/ttyUSB0, lines: [{ id: l1, from: [-2, 1], to: [2, 1], in: left }] }]
sites:
  - id: scheveningen
    gateways: [${ids.map((id) => `{ id: ${id} }`).join(", ")}]
`;
  writeFileSync(at("inventory.yaml"), text);
}

const fleet = (...flags: string[]) => telpost(["fleet", at("inventory.yaml"), "--out", at("out"), ...flags]);

/** What a field engineer types on the gateway, as the file of that gateway says. */
function request(id: string): void {
  mkdirSync(at("gateway", id), { recursive: true });
  cpSync(at("out/gateways", id), at("gateway", id), { recursive: true });
  const text = readFileSync(at("gateway", id, "request.cnf"), "utf8");
  const command = /^# {3}(\(umask[\s\S]*?\))$/m.exec(text)?.[1]?.replaceAll("\n#", "\n") ?? "false";
  execFileSync("sh", ["-c", command], { cwd: at("gateway", id), stdio: "pipe" });
  mkdirSync(at("requests"), { recursive: true });
  cpSync(at("gateway", id, `${id}.csr`), at("requests", `${id}.csr`));
}

function sign({ ca, caKey }: Authority) {
  return spawnSync("sh", [at("out/sign.sh"), ca, caKey, at("requests")], { encoding: "utf8" });
}

/** "taken", or the reason code of the broker's refusal. */
const taken = (published: Promise<unknown>): Promise<unknown> =>
  published.then(
    () => "taken",
    (failure: { code?: number }) => failure.code,
  );

describeWith(["mosquitto", "openssl"], "a fleet at a real broker", () => {
  it("writes below its own topics only; a gateway that left is denied though its certificate is good", async () => {
    inventory("gw07", "gw08");
    expect(await fleet()).toMatchObject({ code: 0, err: "" });
    const authority = makeAuthority(folder);
    for (const id of ["gw07", "gw08"]) request(id);
    expect(sign(authority)).toMatchObject({ status: 0, stderr: "" });
    const server = issueServer(folder, authority);
    const broker = await startTlsMosquitto(authority, server, at("out/acl"));
    onTestFinished(() => broker.stop());
    const city = issueClient(folder, authority, "city-denhaag");
    const connected = (cert: string, key: string, clientId: string): Promise<MqttClient> =>
      connectAsync(`mqtts://127.0.0.1:${broker.port}`, {
        protocolVersion: 5,
        reconnectPeriod: 0,
        clientId,
        ca: readFileSync(authority.ca),
        cert: readFileSync(cert),
        key: readFileSync(key),
      });
    const gateway = (id: string) =>
      connected(at("requests", `${id}.pem`), at("gateway", id, `${id}.key`), id);
    const reader = await connected(city.cert, city.key, "reader");
    const heard: string[] = [];
    reader.on("message", (topic, payload) => heard.push(`${topic} ${payload}`));
    await reader.subscribeAsync("telpost/v1/denhaag/#", { qos: 1 });

    const own = "telpost/v1/denhaag/scheveningen/gw07";
    const gw07 = await gateway("gw07");
    await gw07.publishAsync(`${own}/sealed`, "mine", { qos: 1 });
    await until(() => heard.length === 1, "its own arrives");
    const refused = await taken(
      gw07.publishAsync("telpost/v1/denhaag/scheveningen/gw08/sealed", "not mine", { qos: 1 }),
    );
    expect(refused).toBe(0x87);

    // gw08 leaves the inventory.
    const gw08 = await gateway("gw08");
    await gw08.publishAsync("telpost/v1/denhaag/scheveningen/gw08/sealed", "still here", { qos: 1 });
    await until(() => heard.length === 2, "gw08 is heard");
    inventory("gw07");
    expect((await fleet()).out).toContain("no longer in the inventory: 1 gateways");
    broker.reload();
    // Its connection is open still, and its certificate is good.
    let last: unknown = "taken";
    for (let tries = 0; last === "taken" && tries < 500; tries++) {
      last = await taken(
        gw08.publishAsync("telpost/v1/denhaag/scheveningen/gw08/health", "gone", { qos: 1 }),
      );
    }
    expect(last).toBe(0x87);
    const again = await gateway("gw08");
    heard.length = 0;
    expect(
      await taken(again.publishAsync("telpost/v1/denhaag/scheveningen/gw08/sealed", "gone", { qos: 1 })),
    ).toBe(0x87);
    // Mosquitto ended the connection on which gw07 was refused.
    const gw07Again = await gateway("gw07");
    await gw07Again.publishAsync(`${own}/health`, "still mine", { qos: 1 });
    await until(() => heard.includes(`${own}/health still mine`), "gw07 goes on");
    await aWhile();
    expect(heard.filter((line) => line.includes("gw08/sealed"))).toEqual([]);
    for (const client of [gw07, gw07Again, gw08, again, reader]) await client.endAsync(true);
  });

  it("signs no request that asks for the name of another", async () => {
    inventory("gw07", "gw08");
    await fleet();
    const authority = makeAuthority(folder);
    request("gw08");
    cpSync(at("requests/gw08.csr"), at("requests/gw07.csr"));
    const { status, stderr, stdout } = sign(authority);
    expect(status).toBe(1);
    expect(stderr).toContain(
      "asks for CN=denhaag/scheveningen/gw08, the inventory says denhaag/scheveningen/gw07",
    );
    expect(stdout).toContain("gw08.pem: CN=denhaag/scheveningen/gw08");
    expect(() => readFileSync(at("requests/gw07.pem"))).toThrow();
  });
});

it("what telpost fleet makes is taken by telpost check and by the city's library", async () => {
  inventory("gw07", "gw08");
  const key = makeGatewayKey();
  mkdirSync(at("out/keys"), { recursive: true });
  writePublicKey(at("out/keys/gw07.public.jwk"), key.publicJwk);
  writeKeyRing(at("out/city-private.jwks"), [makeCityKey().privateJwk]);
  const made = await fleet();
  expect(made).toMatchObject({ code: 0, err: "" });
  expect(made.out).toMatch(/keys: 1 of 2 gateways registered\nmissing in .*:\n {2}gw08\n/);
  expect(await telpost(["check", "--config", at("out/gateways/gw08/telpost.yaml")])).toMatchObject({
    code: 0,
  });
  const { registry, broker } = readSite(at("out/site.yaml"));
  expect([...(registry.gateways.get("denhaag/scheveningen/gw07")?.keys() ?? [])]).toEqual([key.kid]);
  expect(broker).toMatchObject({ url: "mqtts://127.0.0.1:8883", cert: at("out/city.pem") });
});

it("telpost fleet says what it would do, what is wrong, and what is in the way, and writes nothing then", async () => {
  inventory("gw07");
  expect(await fleet("--check")).toMatchObject({
    code: 1,
    out: expect.stringContaining("nothing was written (--check)"),
  });
  expect(() => readFileSync(at("out/acl"))).toThrow();
  await fleet();
  expect(await fleet("--check")).toMatchObject({
    code: 0,
    out: expect.stringContaining("unchanged: 5 files"),
  });
  inventory("gw07", "gw08");
  writeFileSync(at("out/acl"), "user me\n");
  expect(await fleet()).toMatchObject({
    code: 2,
    err: expect.stringMatching(
      /^ {2}acl: was not made by telpost fleet\nfleet\.in_the_way: .*nothing was written/,
    ),
  });
  expect(readFileSync(at("out/acl"), "utf8")).toBe("user me\n");
  expect(() => readFileSync(at("out/gateways/gw08/telpost.yaml"))).toThrow();
  writeFileSync(at("inventory.yaml"), "tenant: denhaag\nsites: []\n");
  expect(await fleet()).toMatchObject({
    code: 3,
    err: expect.stringMatching(/2 problems; nothing was written\.\n$/),
  });
  inventory("gw07");
  expect(await fleet("--keys", at("kees"))).toMatchObject({
    code: 1,
    err: expect.stringContaining("kees: ENOENT"),
  });
  expect(await telpost(["fleet", "--out", at("out")])).toMatchObject({ code: 2 });
});
