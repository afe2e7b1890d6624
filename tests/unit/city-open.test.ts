import { CompactEncrypt, type CompactJWEHeaderParameters, CompactSign } from "jose";
import { describe, expect, it } from "vitest";
import { makeRegistry } from "../../src/city/keys.ts";
import { openSealed } from "../../src/city/open.ts";
import { makeCityKey, makeGatewayKey } from "../../src/keys/make.ts";
import { jweOf } from "../kit/sealed-message.ts";
import {
  END_MS,
  EPOCH,
  examplePlaintext,
  GATEWAY,
  makePair,
  type Pair,
  sealExample,
} from "./guard/fixtures.ts";

const OTHER = "denhaag/scheveningen/gw08";
const END = "2026-07-18T14:05:00Z";

interface Forgery {
  readonly jws?: object;
  readonly jwe?: object;
  readonly plaintext?: Uint8Array;
}

/** A message as a gateway gone bad could make it: rightly signed, with these parts other than they should be. */
async function forge({ gateway, city }: Pair, { jws = {}, jwe = {}, plaintext }: Forgery): Promise<string> {
  const header = {
    alg: "ECDH-ES",
    enc: "A256GCM",
    kid: city.kid,
    typ: "telpost+jwe",
    gw: GATEWAY,
    sgn: gateway.kid,
  };
  const inner = await new CompactEncrypt(plaintext ?? examplePlaintext(7))
    .setProtectedHeader({ ...header, epoch: EPOCH, seq: 7, end: END, ...jwe } as CompactJWEHeaderParameters)
    .encrypt(city.publicKey);
  return sign({ gateway }, inner, jws);
}

function sign({ gateway }: Pick<Pair, "gateway">, text: string, header: object = {}): Promise<string> {
  return new CompactSign(Buffer.from(text))
    .setProtectedHeader({ alg: "EdDSA", typ: "telpost+jws", cty: "JWE", kid: gateway.kid, ...header })
    .sign(gateway.privateKey);
}

/** The example plaintext with other content. */
function altered(change: (message: { records: object[] } & Record<string, unknown>) => object): Uint8Array {
  return Buffer.from(JSON.stringify(change(JSON.parse(Buffer.from(examplePlaintext(7)).toString("utf8")))));
}

async function refusal(jws: string, { registry }: Pick<Pair, "registry">, topicGateway = GATEWAY) {
  const opened = await openSealed(jws, topicGateway, registry);
  return opened.ok ? "opened" : opened.refusal;
}

describe("a message from its gateway", () => {
  it("opens, and tells its number, window and records", async () => {
    const pair = makePair();
    const { jws } = await sealExample(pair, 7);
    const opened = await openSealed(jws, GATEWAY, pair.registry);
    expect(opened).toMatchObject({
      ok: true,
      gateway: GATEWAY,
      epoch: EPOCH,
      seq: 7,
      endMs: END_MS,
      lengths: [60, 300],
    });
    const records = opened.ok ? opened.windows.records : [];
    expect(records.map(({ sensor, kind, quality }) => [sensor, kind, quality])).toEqual([
      ["blvd-noord-03", "flow", "ok"],
      ["plein", "occupancy", "ok"],
    ]);
  });

  it("opens with the old city key and the second gateway key during a change of keys", async () => {
    const pair = makePair();
    const gateways = [{ gateway: GATEWAY, keys: [makeGatewayKey(), pair.gateway] }];
    const registry = makeRegistry(gateways, [makeCityKey(), pair.city]);
    expect(await refusal((await sealExample(pair)).jws, { registry })).toBe("opened");
  });

  it("opens with unknown flags and fields inside", async () => {
    const pair = makePair();
    const plaintext = altered(({ records, ...rest }) => ({
      ...rest,
      later: true,
      records: records.map((record) => ({ ...record, flags: ["fog"], shade: 3 })),
    }));
    expect(await refusal(await forge(pair, { plaintext }), pair)).toBe("opened");
  });
});

describe("who signed it", () => {
  it("must be known on the topic it came on", async () => {
    const pair = makePair();
    const { jws } = await sealExample(pair);
    expect(await refusal(jws, pair, OTHER)).toBe("unknown_gateway");
    const both = [
      { gateway: GATEWAY, keys: [makeGatewayKey()] },
      { gateway: OTHER, keys: [pair.gateway] },
    ];
    const registry = makeRegistry(both, [pair.city]);
    expect(await refusal(jws, { registry })).toBe("unknown_signer");
    expect(await refusal(jws, { registry }, OTHER)).toBe("wrong_gateway");
  });

  it("must have signed it: another key under the same name does not do", async () => {
    const pair = makePair();
    const { jws } = await sealExample({ ...pair, gateway: { ...makeGatewayKey(), kid: pair.gateway.kid } });
    expect(await refusal(jws, pair)).toBe("signature");
  });

  it("must be who encrypted it: a ciphertext of another gateway cannot be signed anew", async () => {
    const pair = makePair();
    const thief = makeGatewayKey();
    const stolen = jweOf((await sealExample(pair)).jws);
    const gateways = [{ gateway: GATEWAY, keys: [pair.gateway, thief] }];
    const registry = makeRegistry(gateways, [pair.city]);
    expect(await refusal(await sign({ gateway: thief }, stolen), { registry })).toBe("wrong_signer");
  });

  it("has one name: a key of two gateways and a gateway named twice are refused at start", () => {
    const { gateway } = makePair();
    const twice = [
      { gateway: GATEWAY, keys: [gateway] },
      { gateway: OTHER, keys: [gateway] },
    ];
    expect(() => makeRegistry(twice, [])).toThrow(expect.objectContaining({ code: "key.invalid" }));
    const same = [twice[0], twice[0]].filter((one) => one !== undefined);
    expect(() => makeRegistry(same, [])).toThrow(expect.objectContaining({ code: "key.invalid" }));
  });
});

describe("tampering on the way", () => {
  it("is seen in every part, byte by byte", async () => {
    const pair = makePair();
    const { jws } = await sealExample(pair);
    const step = 97;
    for (let at = 0; at < jws.length; at += at < 200 || at > jws.length - 90 ? 1 : step) {
      const other = jws[at] === "A" ? "B" : "A";
      const changed = jws.slice(0, at) + other + jws.slice(at + 1);
      expect(["not_jws", "unknown_signer", "signature"]).toContain(await refusal(changed, pair));
    }
  });

  it("cannot respell a message: the last character of a part is checked as well", async () => {
    const pair = makePair();
    const { jws } = await sealExample(pair);
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    // A signature of 64 bytes leaves four unused bits in its last character.
    const respelled = jws.slice(0, -1) + alphabet[alphabet.indexOf(jws.at(-1) ?? "") + 1];
    expect(Buffer.from(respelled.split(".")[2] ?? "", "base64url")).toEqual(
      Buffer.from(jws.split(".")[2] ?? "", "base64url"),
    );
    expect(await refusal(respelled, pair)).toBe("not_jws");
  });

  it.each(["", "a.b.c", "a.b", "....", "é.é.é", "{}", `${"A".repeat(300_000)}.A.A`])(
    "%.20j is no message",
    async (text) => {
      expect(["not_jws", "too_large"]).toContain(await refusal(text, makePair()));
    },
  );

  it("too much of it is refused before anything is decoded", async () => {
    expect(await refusal("A".repeat(200 * 1024 + 1), makePair())).toBe("too_large");
  });
});

describe("a gateway gone bad cannot pass off", () => {
  it.each<[string, Forgery, string]>([
    ["another type of JWS", { jws: { typ: "JWT" } }, "not_jws"],
    ["other content", { jws: { cty: "JSON" } }, "not_jws"],
    ["more in the JWS header", { jws: { jku: "https://example.test" } }, "not_jws"],
    ["no name of its key", { jws: { kid: undefined } }, "not_jws"],
    ["another type of JWE", { jwe: { typ: "JWT" } }, "not_jwe"],
    ["a compressed plaintext", { jwe: { zip: "DEF" } }, "not_jwe"],
    ["weaker encryption", { jwe: { enc: "A128GCM" } }, "not_jwe"],
    ["more in the JWE header", { jwe: { more: 1 } }, "not_jwe"],
    ["a number that is none", { jwe: { seq: -1 } }, "not_jwe"],
    ["a message without its signer", { jwe: { sgn: undefined } }, "not_jwe"],
    ["another signer", { jwe: { sgn: "A".repeat(43) } }, "wrong_signer"],
    ["another gateway", { jwe: { gw: OTHER } }, "wrong_gateway"],
    ["an unknown city key", { jwe: { kid: "A".repeat(43) } }, "unknown_city_key"],
    ["another number outside than inside", { jwe: { seq: 8 } }, "header_mismatch"],
    ["another epoch outside than inside", { jwe: { epoch: "0000000000000000" } }, "header_mismatch"],
    ["another end outside than inside", { jwe: { end: "2026-07-18T14:10:00Z" } }, "header_mismatch"],
    [
      "another gateway inside",
      { plaintext: altered((one) => ({ ...one, gateway: "gw08" })) },
      "header_mismatch",
    ],
    [
      "another tenant inside",
      { plaintext: altered((one) => ({ ...one, tenant: "delft" })) },
      "header_mismatch",
    ],
    [
      "another site inside",
      { plaintext: altered((one) => ({ ...one, site: "kijkduin" })) },
      "header_mismatch",
    ],
    ["another schema", { plaintext: altered((one) => ({ ...one, schema: "telpost/windows/2" })) }, "schema"],
    ["no records", { plaintext: altered((one) => ({ ...one, records: [] })) }, "schema"],
    ["a plaintext that is no JSON", { plaintext: Buffer.from("{") }, "schema"],
    ["a plaintext that is no UTF-8", { plaintext: Uint8Array.of(0xff) }, "schema"],
  ])("%s", async (_, forgery, why) => {
    const pair = makePair();
    expect(await refusal(await forge(pair, forgery), pair)).toBe(why);
  });

  it("something signed that is no JWE", async () => {
    const pair = makePair();
    expect(await refusal(await sign(pair, "hello"), pair)).toBe("not_jwe");
  });

  it("a ciphertext changed before it was signed", async () => {
    const pair = makePair();
    const jwe = jweOf((await sealExample(pair)).jws);
    const parts = jwe.split(".");
    const flipped = (text: string) => (text[0] === "A" ? "B" : "A") + text.slice(1);
    for (const part of [2, 3, 4]) {
      const changed = parts.map((text, index) => (index === part ? flipped(text) : text)).join(".");
      expect(await refusal(await sign(pair, changed), pair)).toBe("decrypt");
    }
    const wrapped = parts.map((text, index) => (index === 1 ? "AAAA" : text)).join(".");
    expect(await refusal(await sign(pair, wrapped), pair)).toBe("decrypt");
  });

  it("an ephemeral key that makes every secret zero", async () => {
    const pair = makePair();
    const jwe = jweOf((await sealExample(pair)).jws);
    const [header = "", ...rest] = jwe.split(".");
    const parsed = JSON.parse(Buffer.from(header, "base64url").toString());
    const zero = { ...parsed, epk: { ...parsed.epk, x: Buffer.alloc(32).toString("base64url") } };
    const forged = [Buffer.from(JSON.stringify(zero)).toString("base64url"), ...rest].join(".");
    expect(await refusal(await sign(pair, forged), pair)).toBe("decrypt");
  });
});
