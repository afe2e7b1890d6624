import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ALL_PARTS } from "../../src/support/all.ts";
import type { Bundle } from "../../src/support/collect.ts";
import { telpost } from "../kit/telpost.ts";

/** The support bundle of a gateway on which nothing runs and nothing is right, as a technician makes it. */

const SUDO = { SUDO_USER: "jan", SUDO_UID: "65534", SUDO_GID: "65534" };
let folder: string;
let flags: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "telpost-support-"));
  writeFileSync(join(folder, "telpost.yaml"), "hunter2-9c1f: a key that the problem quotes\n");
  const places = ["runtime", "crash", "state", "safe"].flatMap((place) => [
    `--${place}`,
    join(folder, place),
  ]);
  flags = ["--config", join(folder, "telpost.yaml"), ...places];
});
afterEach(() => rmSync(folder, { recursive: true }));

const bundleIn = (file: string) => JSON.parse(gunzipSync(readFileSync(file)).toString()) as Bundle;

it("is made with nothing running and a broken configuration, says what is missing, and is for nobody else's eyes", async () => {
  const file = join(folder, "one.json.gz");
  const { code, out, err } = await telpost(["support-bundle", "--out", file, ...flags], SUDO);
  expect([code, err]).toEqual([0, ""]);
  const { mode, uid } = statSync(file);
  const own = process.getuid?.() ?? 0;
  // What root makes for who called sudo is his: else he could not copy it.
  expect([mode & 0o777, uid]).toEqual([0o600, own === 0 ? Number(SUDO.SUDO_UID) : own]);
  const { gateway, manifest, parts } = bundleIn(file);
  const codeOf = (name: string) => manifest.find((one) => one.name === name)?.code;
  expect(["status", "windows", "outbox"].map(codeOf)).toEqual([
    "usage.not_running",
    "usage.not_running",
    "outbox.absent",
  ]);
  expect([gateway, parts.configuration]).toEqual([
    null,
    expect.objectContaining({
      code: "config.invalid",
      problems: expect.arrayContaining([{ line: 1, column: 1 }]),
    }),
  ]);
  const { findings } = parts.doctor as { findings: { check: string; code: string }[] };
  expect(findings[0]).toMatchObject({ check: "configuration", code: "config.invalid" });
  expect(JSON.stringify([manifest, parts])).not.toContain("hunter2");
  expect(out).toContain("without status         usage.not_running: ");
  expect(out).toMatch(new RegExp(`^Get it: {2}scp jan@\\S+:${file} \\.$`, "m"));
  expect(statSync(file).size).toBeLessThan(64 * 1024);
});

it("overwrites nothing, and says so", async () => {
  const file = join(folder, "one.json.gz");
  writeFileSync(file, "what was there");
  const taken = await telpost(["support-bundle", "--out", file, ...flags]);
  expect([taken.code, taken.err]).toEqual([1, expect.stringMatching(/^support\.exists: /)]);
  expect(readFileSync(file, "utf8")).toBe("what was there");
  const nowhere = await telpost(["support-bundle", "--out", join(folder, "no/one.json.gz"), ...flags]);
  expect([nowhere.code, nowhere.err]).toEqual([1, expect.stringMatching(/^support\.unwritable: .*ENOENT/)]);
  expect(existsSync(join(folder, "no"))).toBe(false);
});

it("is listed part by part without being made", async () => {
  const before = readdirSync(folder);
  const { code, out } = await telpost(["support-bundle", "--list", "--out", join(folder, "x"), ...flags]);
  expect(code).toBe(0);
  for (const { name, names } of ALL_PARTS) {
    expect(out).toMatch(new RegExp(`^${name} `, "m"));
    expect(out.replaceAll(/\s+/g, " ")).toContain(names.join("; "));
  }
  expect(out.split("\n").filter((line) => line.length > 80)).toEqual([]);
  expect(readdirSync(folder)).toEqual(before);
});
