import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseSite } from "../../../src/city/site.ts";
import { ownerOf } from "../../../src/config/marker.ts";
import { parseConfig } from "../../../src/config/parse.ts";
import { apply, compare, returnedKeys } from "../../../src/fleet/folder.ts";
import { type Plan, planFleet, readFleet } from "../../../src/fleet/plan.ts";
import { makeGatewayKey } from "../../../src/keys/make.ts";
import { writePublicKey } from "../../../src/keys/write.ts";

let out: string;
beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), "telpost-fleet-"));
});
afterEach(() => rmSync(out, { recursive: true }));

const at = (...path: string[]) => join(out, ...path);
const text = (path: string) => readFileSync(at(path), "utf8");

function planned(ids: readonly string[], site = "scheveningen", more = ""): Plan {
  const read = readFleet(
    `tenant: denhaag
reader: { broker: { url: mqtts://mqtt.city.example:8883 } }
defaults:
  broker: { url: mqtts://mqtt.city.example:8883 }
  sensors: [{ id: gate-1, profile: generic-jsonl, port: /dev/ttyUSB0 }]
sites: [{ id: ${site}, gateways: [${ids.map((id) => `{ id: ${id} }`).join(", ")}] }]
${more}
`,
    [],
  );
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  return planFleet(read.value, returnedKeys(at("keys")));
}

function write(plan: Plan) {
  const changes = compare(out, plan);
  apply(out, plan, changes);
  return changes;
}

function back(id: string, key = makeGatewayKey()) {
  mkdirSync(at("keys"), { recursive: true });
  writePublicKey(at("keys", `${id}.public.jwk`), key.publicJwk, { replace: true });
  return key;
}

describe("the output folder of telpost fleet", () => {
  it("holds a good configuration for every gateway", () => {
    const changes = write(planned(["gw07", "gw08"]));
    expect(changes.added).toHaveLength(7);
    expect(parseConfig(text("gateways/gw07/telpost.yaml"))).toMatchObject({
      ok: true,
      value: { gateway: { tenant: "denhaag", site: "scheveningen", id: "gw07" } },
    });
  });

  it("is touched by no second run", () => {
    write(planned(["gw07", "gw08"]));
    const stamp = () => {
      const { ino, mtimeNs } = statSync(at("acl"), { bigint: true });
      return [ino, mtimeNs];
    };
    const before = stamp();
    expect(write(planned(["gw07", "gw08"]))).toEqual({
      added: [],
      changed: [],
      removed: [],
      same: 7,
      refused: [],
    });
    expect(stamp()).toEqual(before);
  });

  it("loses what was made for a gateway that is gone, its stanza too, but nothing of anybody else", () => {
    write(planned(["gw07", "gw08", "gw09"]));
    writeFileSync(at("gateways/gw09/notes.txt"), "roof key at the porter");
    const changes = write(planned(["gw07"]));
    expect(changes.removed).toEqual([
      "gateways/gw08/telpost.yaml",
      "gateways/gw08/request.cnf",
      "gateways/gw09/telpost.yaml",
      "gateways/gw09/request.cnf",
    ]);
    expect(text("acl")).not.toContain("gw08");
    expect(existsSync(at("gateways/gw08"))).toBe(false);
    expect(readdirSync(at("gateways/gw09"))).toEqual(["notes.txt"]);
  });

  it("names what is in the way: files of others, and own ones that somebody changed", () => {
    write(planned(["gw07"]));
    writeFileSync(at("acl"), "user me\ntopic readwrite #\n");
    writeFileSync(at("gateways/gw07/telpost.yaml"), `${text("gateways/gw07/telpost.yaml")}# by hand\n`);
    expect(compare(out, planned(["gw07", "gw08"])).refused).toEqual([
      { path: "gateways/gw07/telpost.yaml", why: "changed" },
      { path: "acl", why: "foreign" },
    ]);
    // Also when its gateway is gone.
    expect(compare(out, planned(["gw08"])).refused).toContainEqual({
      path: "gateways/gw07/telpost.yaml",
      why: "changed",
    });
  });

  it("marks every file that it makes", () => {
    back("gw07");
    const { files } = planned(["gw07"]);
    expect(files.size).toBe(6);
    expect([...files.values()].map(ownerOf)).toEqual(Array(6).fill("ours"));
  });
});

describe("the site file", () => {
  it("holds the gateways whose key came back, and the others are named", () => {
    const key = back("gw07");
    const plan = planned(["gw07", "gw08"]);
    expect(plan.registrations).toMatchObject({ registered: 1, missing: ["gw08"], refused: [] });
    expect(parseSite(plan.files.get("site.yaml") ?? "")).toMatchObject({
      ok: true,
      value: {
        tenant: "denhaag",
        keys: "city-private.jwks",
        gateways: [{ id: "denhaag/scheveningen/gw07", key: key.publicJwk }],
      },
    });
  });

  it("is not written before a key came back", () => {
    expect(planned(["gw07"]).files.has("site.yaml")).toBe(false);
  });

  it("takes no key of two gateways, of none, or that is private or broken", () => {
    const copied = back("gw07");
    back("gw08", copied);
    back("gw99");
    writeFileSync(at("keys/gw09.public.jwk"), JSON.stringify(makeGatewayKey().privateJwk));
    writeFileSync(at("keys/gw10.public.jwk"), "{");
    const { registered, missing, refused } = planned(["gw07", "gw08", "gw09", "gw10", "gw11"]).registrations;
    expect({ registered, missing }).toEqual({
      registered: 0,
      missing: ["gw07", "gw08", "gw09", "gw10", "gw11"],
    });
    expect(refused).toEqual([
      expect.stringMatching(/^key\.invalid: .*gw09.*not a public/),
      expect.stringMatching(/^key\.invalid: .*gw10.*not JSON/),
      "gw99: no gateway of the inventory",
      "gw07, gw08: the same key, so a card was copied; make each its own",
    ]);
    expect(refused.join()).not.toContain(`"d"`);
  });
});

describe("a stolen key", () => {
  const site = (plan: Plan) => {
    const parsed = parseSite(plan.files.get("site.yaml") ?? "");
    return parsed.ok ? parsed.value.gateways : parsed.problems;
  };
  const revoked = (id: string, { x }: { x: string }) =>
    `revoked: [{ site: scheveningen, id: ${id}, key: { kty: OKP, crv: Ed25519, x: "${x}" } }]`;

  it("is registered for no gateway again, and the reader is told to refuse it, replaced or not", () => {
    const stolen = back("gw07").publicJwk;
    back("gw08");
    const before = planned(["gw07", "gw08"], "scheveningen", revoked("gw07", stolen));
    expect(before.registrations).toMatchObject({
      registered: 1,
      missing: ["gw07"],
      refused: ["gw07: this key is revoked; make a new one on the gateway"],
    });
    const id = "denhaag/scheveningen/gw07";
    expect(site(before)).toContainEqual({ id, revoked: [expect.objectContaining({ x: stolen.x })] });
    const { publicJwk: key } = back("gw07");
    const replaced = planned(["gw07", "gw08"], "scheveningen", revoked("gw07", stolen));
    expect(site(replaced)).toContainEqual({ id, key, revoked: [expect.objectContaining({ x: stolen.x })] });
    expect(replaced.registrations.refused).toEqual([]);
  });

  it("stays refused when its gateway is in the inventory no more", () => {
    const stolen = back("gw07").publicJwk;
    rmSync(at("keys/gw07.public.jwk"));
    const gone = planned(["gw08"], "scheveningen", revoked("gw07", stolen));
    expect(site(gone)).toEqual([expect.objectContaining({ id: "denhaag/scheveningen/gw07" })]);
  });
});

it("a name that is too long for a certificate gets a short one, in the request and in the ACL", () => {
  const long = "x".repeat(32);
  const { files } = planned([long], long);
  const name = /^CN = (.*)$/m.exec(files.get(`gateways/${long}/request.cnf`) ?? "")?.[1] ?? "";
  expect(name).toMatch(/^x{32}-[0-9a-f]{16}$/);
  const root = `telpost/v1/denhaag/${long}/${long}`;
  const lines = [`readwrite ${root}/+`, `read ${root}/cmd/+`, `write ${root}/res/+`];
  expect(files.get("acl")).toContain(`user ${name}\n${lines.map((line) => `topic ${line}\n`).join("")}`);
});
