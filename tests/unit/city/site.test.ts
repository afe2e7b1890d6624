import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parseSite, readSite } from "../../../src/city/site.ts";
import { problemLine } from "../../../src/config/parse.ts";
import { makeCityKey, makeGatewayKey } from "../../../src/keys/make.ts";
import { writeKeyRing, writePublicKey } from "../../../src/keys/write.ts";
import { GATEWAY } from "./fixtures.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "telpost-site-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const good = (gateways: string) => `broker: { url: "mqtt://127.0.0.1:1883" }
tenant: denhaag
keys: city-private.jwks
memory: seen.sqlite
gateways:
${gateways}
`;

test("a site file is read with everything it names, keys in it or in files, two while a gateway changes its key", () => {
  const [first, second, third] = [makeGatewayKey(), makeGatewayKey(), makeGatewayKey()];
  const city = makeCityKey();
  writeKeyRing(join(folder, "city-private.jwks"), [city.privateJwk]);
  writePublicKey(join(folder, "gw07.jwk"), first.publicJwk);
  const inline = JSON.stringify(second.publicJwk);
  const text = good(
    `  - { id: ${GATEWAY}, key: gw07.jwk }\n  - { id: denhaag/plein/gw08, key: [${inline}, ${JSON.stringify(third.publicJwk)}] }`,
  );
  writeFileSync(join(folder, "site.yaml"), text);
  const site = readSite(join(folder, "site.yaml"));
  expect([...site.registry.gateways].map(([name, keys]) => [name, [...keys.keys()]])).toEqual([
    [GATEWAY, [first.kid]],
    ["denhaag/plein/gw08", [second.kid, third.kid]],
  ]);
  expect([...site.registry.cityKeys.keys()]).toEqual([city.kid]);
  expect(site.memoryFile).toBe(join(folder, "seen.sqlite"));
  expect(site.broker).toMatchObject({ clientId: "telpost-receive-denhaag", sessionExpirySeconds: 604_800 });
});

test("all problems come at once, each with its line and column", () => {
  const text = `broker: { url: http://x, clientid: me }
tenant: Den Haag
gateways:
  - { id: gw07, key: 3 }
memory: seen.sqlite
`;
  const parsed = parseSite(text);
  expect(parsed.ok ? [] : parsed.problems.map((problem) => problemLine("site.yaml", problem)).sort()).toEqual(
    [
      "site.yaml:1:1 keys: missing; write text",
      "site.yaml:1:11 broker.url: write mqtts://host:8883",
      'site.yaml:1:26 broker.clientid: unknown key "clientid"; did you mean clientId?',
      "site.yaml:2:1 tenant: use 1 to 32 of a-z, 0-9 and -",
      "site.yaml:4:17 gateways.0.key: write a public key, its file, or a list of two",
      "site.yaml:4:7 gateways.0.id: write tenant/site/gateway",
    ],
  );
});

test("rules over several keys are told with their place too", () => {
  const text = good(
    `  - { id: ${GATEWAY}, key: a }\n  - { id: ${GATEWAY}, key: b }\n  - { id: leiden/x/y, key: c }`,
  );
  const parsed = parseSite(text.replace('1883" }', '1883", cert: c.pem }'));
  expect(parsed.ok ? [] : parsed.problems.map((problem) => problemLine("site.yaml", problem))).toEqual([
    "site.yaml:1:41 broker.cert: needs a url with mqtts://",
    "site.yaml:1:1 broker: cert and key go together",
    `site.yaml:7:7 gateways.1.id: ${GATEWAY} stands here twice`,
    "site.yaml:8:7 gateways.2.id: is not of tenant denhaag",
  ]);
});

test("a stolen gateway has no key or another one, and its old key is named as revoked", () => {
  const [stolen, fresh] = [makeGatewayKey(), makeGatewayKey()];
  writeKeyRing(join(folder, "city-private.jwks"), [makeCityKey().privateJwk]);
  const [old, now] = [stolen, fresh].map(({ publicJwk }) => JSON.stringify(publicJwk));
  const write = (line: string) =>
    writeFileSync(join(folder, "site.yaml"), good(`  - { id: ${GATEWAY}, ${line} }`));
  write(`revoked: ${old}`);
  expect(readSite(join(folder, "site.yaml")).registry.gateways.get(GATEWAY)?.size).toBe(0);
  write(`key: ${now}, revoked: [${old}]`);
  const { gateways, revoked } = readSite(join(folder, "site.yaml")).registry;
  expect([[...(gateways.get(GATEWAY)?.keys() ?? [])], [...revoked]]).toEqual([[fresh.kid], [stolen.kid]]);
  write(`key: [${now}, ${old}], revoked: ${old}`);
  expect(() => readSite(join(folder, "site.yaml"))).toThrow(expect.objectContaining({ code: "key.invalid" }));
  const parsed = parseSite(good(`  - { id: ${GATEWAY} }`));
  expect(parsed.ok ? [] : parsed.problems.map((problem) => problemLine("site.yaml", problem))).toEqual([
    "site.yaml:6:5 gateways.0: needs key, or revoked when it was stolen",
  ]);
});

test("a file that is not there and keys that are missing are refused by name", () => {
  expect(() => readSite(join(folder, "no.yaml"))).toThrow(
    expect.objectContaining({ code: "receive.unreadable" }),
  );
  writeFileSync(join(folder, "site.yaml"), good(`  - { id: ${GATEWAY}, key: gone.jwk }`));
  expect(() => readSite(join(folder, "site.yaml"))).toThrow(/gone\.jwk/);
});
