import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Log, LogEvent } from "../../../src/base/log.ts";
import { readSite } from "../../../src/city/site.ts";
import { SiteRegistry } from "../../../src/city/site-registry.ts";
import { makeCityKey, makeGatewayKey } from "../../../src/keys/make.ts";
import { writeKeyRing, writePublicKey } from "../../../src/keys/write.ts";
import { GATEWAY, receiveAll, TestGateway, testReader } from "./fixtures.ts";

let folder = "";
const at = (name: string) => join(folder, name);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "telpost-registry-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Whole or not at all, as a person who knows that somebody reads it writes it. */
function replace(name: string, write: (path: string) => void): void {
  write(at("new"));
  renameSync(at("new"), at(name));
}

const writeSiteFile = (...gateways: readonly string[]) =>
  replace("site.yaml", (path) =>
    writeFileSync(
      path,
      `broker: { url: "mqtt://127.0.0.1:1883" }\ntenant: denhaag\nkeys: ring.jwks\nmemory: seen.sqlite\ngateways: [${gateways}]\n`,
    ),
  );
const writeRing = (...keys: readonly TestGateway["city"][]) =>
  replace("ring.jwks", (path) =>
    writeKeyRing(
      path,
      keys.map(({ privateJwk }) => privateJwk),
    ),
  );

/** A reader on the files of a gateway, and what its registry logs. */
function reading(gateway: TestGateway) {
  const said: LogEvent[] = [];
  const say = (event: LogEvent) => void said.push(event);
  const log: Log = { debug: say, info: say, warn: say, error: say };
  writePublicKey(at("gw07.jwk"), gateway.key.publicJwk);
  writeSiteFile(`{ id: ${GATEWAY}, key: gw07.jwk }`);
  writeRing(makeCityKey());
  const registry = new SiteRegistry(at("site.yaml"), readSite(at("site.yaml")), log);
  return { registry, reader: testReader(registry), said };
}

test("a city key that was added after the start opens the first message sealed to it", async () => {
  const gateway = new TestGateway();
  const { reader, said } = reading(gateway);
  const [first, second] = [await gateway.seal({ seq: 0 }), await gateway.seal({ seq: 1 })];
  expect(await receiveAll(reader, [first])).toEqual(["unknown_city_key"]);
  expect(said).toEqual([]);
  writeRing(makeCityKey(), gateway.city);
  expect(await receiveAll(reader, [second, first])).toEqual(["handled", "handled"]);
  expect(said).toEqual(["receive.keys_read"]);
});

test("a gateway that was added after the start is believed, and one whose key was revoked is not", async () => {
  const gateway = new TestGateway();
  const { reader } = reading(gateway);
  writeRing(gateway.city);
  writeSiteFile("{ id: denhaag/plein/gw01, revoked: gw07.jwk }");
  await reader.tick();
  expect(await receiveAll(reader, [await gateway.seal({ seq: 0 })])).toEqual(["unknown_gateway"]);
  writeSiteFile(`{ id: ${GATEWAY}, key: gw07.jwk }`);
  expect(await receiveAll(reader, [await gateway.seal({ seq: 0 })])).toEqual(["handled"]);
  writeSiteFile(`{ id: ${GATEWAY}, revoked: gw07.jwk }`);
  await reader.tick();
  expect(await receiveAll(reader, [await gateway.seal({ seq: 1 })])).toEqual(["revoked_gateway"]);
});

test("another key in the file of a gateway counts after the next tick", async () => {
  const gateway = new TestGateway();
  const { reader } = reading(gateway);
  writeRing(gateway.city);
  replace("gw07.jwk", (path) => writePublicKey(path, makeGatewayKey().publicJwk));
  await reader.tick();
  expect(await receiveAll(reader, [await gateway.seal({ seq: 0 })])).toEqual(["unknown_signer"]);
});

test("files that are wrong are said once and change nothing; once they are right they count", async () => {
  const gateway = new TestGateway();
  const { reader, said } = reading(gateway);
  writeRing(gateway.city);
  await reader.tick();
  replace("site.yaml", (path) => writeFileSync(path, "broker: ["));
  for (let ticks = 0; ticks < 3; ticks++) await reader.tick();
  expect(said).toEqual(["receive.keys_read", "receive.keys_kept"]);
  expect(await receiveAll(reader, [await gateway.seal({ seq: 0 })])).toEqual(["handled"]);
  rmSync(at("ring.jwks"));
  writeSiteFile(`{ id: ${GATEWAY}, key: gw07.jwk }`);
  await reader.tick();
  expect(said.slice(2)).toEqual(["receive.keys_kept"]);
  writeRing(gateway.city);
  await reader.tick();
  expect(said.slice(3)).toEqual(["receive.keys_read"]);
});

test("a gateway whose key is copied after the site file that names it counts once the key is there", () => {
  const { registry, said } = reading(new TestGateway());
  const gw10 = "denhaag/scheveningen/gw10";
  writeSiteFile(`{ id: ${GATEWAY}, key: gw07.jwk }`, `{ id: ${gw10}, key: gw10.jwk }`);
  expect([registry.refresh(true), registry.refresh(true)]).toEqual([false, false]);
  writePublicKey(at("gw10.jwk"), makeGatewayKey().publicJwk);
  expect(registry.refresh(true)).toBe(true);
  expect([...registry.gateways.keys()]).toContain(gw10);
  expect(said).toEqual(["receive.keys_kept", "receive.keys_read"]);
});
