import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { GW07, KEYS, sealed, signed, topicOf } from "../../../scripts/contract/vectors/forge.ts";
import { commissioning, walkRecord } from "../../../scripts/contract/vectors/walk-records.ts";
import { keySetEntry, makeCityRoot } from "../../../src/keys/make.ts";
import { CONTRACT } from "../../kit/contract.ts";
import { describeWith, PYTHON } from "../../kit/programs.ts";

const root = makeCityRoot();
const stranger = makeCityRoot();
const entry = keySetEntry(KEYS.city, { fromMs: Date.UTC(2026, 0, 1), untilMs: Date.UTC(2027, 0, 1) });
const set = (version: number, signer = root, keys: object[] = [entry]) =>
  signed(JSON.stringify({ schema: "telpost/city-keys/1", version, keys }), {
    signer,
    jws: { typ: "telpost+keys", cty: undefined },
  });
const ring = (...keys: readonly (typeof KEYS.city)[]) =>
  JSON.stringify({ keys: keys.map(({ privateJwk }) => privateJwk) });
const gateways = (...keys: readonly (typeof KEYS.gw07)[]) =>
  JSON.stringify([{ id: GW07, keys: keys.map(({ publicJwk }) => publicJwk) }]);

type Step =
  | { readonly file: string; readonly text: string; readonly tick?: false }
  | { readonly topic: string; readonly payload: string }
  | { readonly restart: true };

describeWith(
  ["python3/cryptography"],
  "the reader in Python, while its files and the key sets change",
  () => {
    let folder: string;
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), "telpost-learns-"));
      writeFileSync(join(folder, "root.jwk"), JSON.stringify(root.publicJwk));
      writeFileSync(join(folder, "ring.jwks"), ring(KEYS.cityOld));
      writeFileSync(join(folder, "gateways.json"), gateways(KEYS.gw07));
    });
    afterEach(() => rmSync(folder, { recursive: true }));

    function play(...steps: readonly Step[]): { outcome: string | null; lines: object[] }[] {
      const program = join(import.meta.dirname, "../../kit/python-learns.py");
      const args = [program, join(CONTRACT, "readers/python"), folder, JSON.stringify(steps)];
      const env = { ...process.env, PYTHONDONTWRITEBYTECODE: "1" };
      const { status, stdout, stderr } = spawnSync(PYTHON, args, { env, encoding: "utf8" });
      if (status !== 0) throw new Error(stderr);
      return stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line));
    }
    const message = (payload: string): Step => ({ topic: topicOf(GW07), payload });
    const published = (payload: string): Step => ({ topic: topicOf(GW07, "keys"), payload });
    const outcomes = (...steps: readonly Step[]) => play(...steps).map(({ outcome }) => outcome);

    it("opens what is sealed to a key that it did not have at its start, and believes no key that was taken away", () => {
      const steps = outcomes(
        message(sealed()),
        { file: "ring.jwks", text: ring(KEYS.cityOld, KEYS.city), tick: false },
        message(sealed()),
        { file: "gateways.json", text: gateways(KEYS.gw07Next) },
        message(sealed({ jwe: { seq: 8 } })),
        { topic: topicOf(GW07, "event"), payload: commissioning(walkRecord()) },
        { file: "gateways.json", text: gateways(KEYS.gw07), tick: false },
        { topic: topicOf(GW07, "event"), payload: commissioning(walkRecord()) },
        { file: "gateways.json", text: gateways() },
        { topic: topicOf(GW07, "health"), payload: "{}" },
      );
      expect(steps).toEqual([
        "unknown_city_key",
        null,
        "handled",
        null,
        "unknown_signer",
        "not_walk_record",
        null,
        "handled",
        null,
        "unknown_signer",
      ]);
    });

    it("goes on with the keys that it has while a file is wrong", () => {
      const steps = outcomes(
        { file: "ring.jwks", text: ring(KEYS.city) },
        { file: "gateways.json", text: "[{" },
        { file: "ring.jwks", text: '{"keys":[{"kty":"RSA"}]}' },
        message(sealed()),
      );
      expect(steps).toEqual([null, null, null, "handled"]);
    });

    it("tells of a key set what it cannot read, and refuses one that is older or not the root's, also after a restart", () => {
      const { kid } = KEYS.city;
      const alarm = (reason: string) => ({
        outcome: reason,
        lines: [{ type: "alarm", reason, gateway: GW07 }],
      });
      const line = (version: number, more: object = {}) => ({
        outcome: "handled",
        lines: [{ type: "keys", gateway: GW07, version, keys: [kid], ...more }],
      });
      const [second, third] = [set(2), set(3)];
      const told = play(
        published(second),
        published(second),
        published(set(9, stranger)),
        { file: "ring.jwks", text: ring(KEYS.city) },
        published(third),
        { restart: true },
        published(third),
        published(second),
        published(set(3, root, [])),
        published(""),
      );
      expect(told).toEqual([
        line(2, { unreadable: [kid] }),
        { outcome: "duplicate", lines: [] },
        alarm("key.signature"),
        { outcome: null, lines: [] },
        line(3),
        { outcome: null, lines: [] },
        { outcome: "duplicate", lines: [] },
        alarm("key.older"),
        alarm("key.conflict"),
        { outcome: "ignored", lines: [] },
      ]);
    });
  },
);
