import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { privacyLine } from "../../../src/city/ndjson.ts";
import { privacyReport } from "../../../src/contract/privacy-report.ts";
import { configWith } from "../../kit/config.ts";
import { telpost } from "../../kit/telpost.ts";

let folder = "";
const at = (name: string) => join(folder, name);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "telpost-report-"));
  writeFileSync(
    at("telpost.yaml"),
    configWith("id: gate, profile: generic-jsonl, port: /dev/a, location: the gate"),
  );
});
afterEach(() => rmSync(folder, { recursive: true }));

it("is made from a configuration without a gateway, and says that nobody signed it", async () => {
  const { code, out } = await telpost(["privacy-report", "--config", at("telpost.yaml")]);
  const report = privacyReport.parse(JSON.parse(out));
  expect([code, report.isolation, report.protection.signedBy]).toEqual([0, null, null]);
  const page = await telpost(["privacy-report", "--config", at("telpost.yaml"), "--html", "--lang", "en"]);
  expect(page.out).toMatch(/^<!doctype html><html lang="en">[\s\S]*the gate[\s\S]*not signed/);
});

it("becomes a page from what the city's reader printed", async () => {
  const { out } = await telpost(["privacy-report", "--config", at("telpost.yaml")]);
  writeFileSync(
    at("line.json"),
    privacyLine(privacyReport.parse(JSON.parse(out)), "denhaag/scheveningen/gw07"),
  );
  const page = await telpost(["privacy-report", "--read", at("line.json"), "--html"]);
  expect(page).toMatchObject({ code: 0, out: expect.stringMatching(/^<!doctype html><html lang="nl">/) });
  const again = await telpost(["privacy-report", "--read", at("line.json")]);
  expect(JSON.parse(again.out)).toEqual(JSON.parse(out));
});

it("is not invented: no gateway, no report, no page", async () => {
  const nobody = await telpost(["privacy-report", "--crash", folder]);
  expect(nobody).toMatchObject({ code: 4, out: "" });
  expect(await telpost(["privacy-report", "--read", at("telpost.yaml")])).toMatchObject({
    code: 2,
    err: expect.stringMatching(/^report\.unreadable: /),
  });
  expect(await telpost(["privacy-report", "--html", "--lang", "de"])).toMatchObject({ code: 2 });
  expect(readFileSync(at("telpost.yaml"), "utf8")).toContain("gate");
});
