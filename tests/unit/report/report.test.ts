import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { silentLog } from "../../../src/base/log.ts";
import { makeRegistry } from "../../../src/city/keys.ts";
import { openReport } from "../../../src/city/privacy.ts";
import { parseConfig } from "../../../src/config/parse.ts";
import {
  MAX_PRIVACY_REPORT_CHARACTERS,
  privacyReport,
  privacyReportForReaders,
} from "../../../src/contract/privacy-report.ts";
import { makeGatewayKey } from "../../../src/keys/make.ts";
import { buildReport, type ReportFacts } from "../../../src/report/build.ts";
import { DERIVED_TEXTS } from "../../../src/report/derived.ts";
import { DUTCH } from "../../../src/report/html/dutch.ts";
import { offBy, reportPage } from "../../../src/report/html/page.ts";
import { OwnReport } from "../../../src/report/own-report.ts";
import { accessOf, EXACT_NUMBERS } from "../../../src/report/people.ts";
import { GENERIC_TEXTS } from "../../../src/report/sensors.ts";
import { signReport } from "../../../src/report/sign.ts";
import { configWith } from "../../kit/config.ts";
import { shippedProfiles } from "../../kit/devices.ts";

const GATEWAY = "denhaag/scheveningen/gw07";
const FACTS: ReportFacts = {
  software: "telpost test",
  configHash: "c0ffee",
  isolation: "kernel",
  madeMs: Date.parse("2026-07-18T14:00:00Z"),
  gatewayKid: "g".repeat(43),
  cityKid: "c".repeat(43),
  walkTests: null,
};

function reportOf(sensor: string, privacy?: string, facts: Partial<ReportFacts> = {}) {
  const parsed = parseConfig(configWith(sensor, privacy), shippedProfiles());
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return buildReport(parsed.value, { ...FACTS, ...facts });
}

const LIGHT = { gpio: { chip: "pinctrl-rp1", line: 22, activeLow: false } };
const VIEW =
  "id: radar, profile: generic-jsonl, port: /dev/a, location: lamp post 14, sends: [tracks, present], lines: [{ id: exit, from: [0, 0], to: [1, 0], in: left }]";

describe("the privacy report", () => {
  it("says of each sensor where it is, what is read and dropped, what is counted, and what one person spends in all", () => {
    const override = 'profile: street, override: "a trial", occupancy: { epsilon: "1/2" }';
    const { sensors, technologies, protection } = reportOf(VIEW, override);
    expect(sensors).toEqual([
      {
        id: "radar",
        profile: "generic-jsonl",
        location: "lamp post 14",
        outputs: [
          { id: "exit", kind: "flow", method: "derived", seconds: 60 },
          { id: "radar", kind: "occupancy", method: "counted", seconds: 300 },
        ],
        epsilonPerPerson: 1.5,
      },
    ]);
    expect(technologies).toEqual([
      expect.objectContaining({
        profile: "generic-jsonl",
        reads: expect.arrayContaining([expect.any(String)]),
      }),
    ]);
    expect(protection).toMatchObject({ override: "a trial", occupancy: { epsilon: "1/2", windows: 3 } });
  });

  it("says what is told apart, and that who is in view spends for each class while a passage is of one", () => {
    const view = VIEW.replace("sends:", "classes: [person, bicycle, other], sends:");
    const report = reportOf(view, 'profile: street, override: "a trial", occupancy: { epsilon: "1/2" }');
    const classes = ["bicycle", "other", "person"];
    expect(report.sensors[0]).toMatchObject({
      outputs: [
        { id: "exit", kind: "flow", classes },
        { id: "radar", kind: "occupancy", classes },
      ],
      epsilonPerPerson: 2.5,
    });
    expect(report.technologies[0]?.reads.join()).toContain("one of the classes");
    expect(reportOf(VIEW).technologies[0]?.reads.join()).not.toContain("one of the classes");
    expect(privacyReport.parse(report)).toEqual(report);
    for (const language of ["en", "nl"] as const)
      expect(reportPage(report, language)).toContain("(bicycle, other, person)");
  });

  it("takes what is read and dropped from the profile of a device", () => {
    for (const profile of shippedProfiles()) {
      if (profile.id !== "hilink-ld2450") continue;
      const line = "lines: [{ id: exit, from: [0, 0], to: [1, 0], in: left }]";
      const { technologies } = reportOf(`id: r, profile: ${profile.id}, port: /dev/a, ${line}`);
      expect(technologies[0]).toMatchObject({
        reads: profile.privacy.read,
        discards: profile.privacy.dropped,
      });
      return;
    }
    throw new Error("no such profile");
  });

  it("claims no noise where there is none", () => {
    const report = reportOf(VIEW, 'profile: lab, mechanism: none, reason: "a bench test"');
    expect(report.sensors[0]?.epsilonPerPerson).toBeNull();
    expect(report.protection).toMatchObject({ mechanism: "none", reason: "a bench test" });
    expect(reportPage(report, "en")).toMatch(/class="warning">No chance noise.*a bench test/);
  });

  it("lists totals and levels with what they are computed from, on the page too", () => {
    const gates = ["north", "south"].map((id) => `id: ${id}, profile: generic-jsonl, port: /dev/${id}`);
    const thresholds =
      "busy: { from: 4, below: 3 }, crowded: { from: 8, below: 7 }, critical: { from: 12, below: 11 }";
    const text = `${configWith(gates.join(" }\n  - { "))}totals:
  - { id: pier, kind: flow, of: [north, south] }
levels:
  - { id: pier-crowd, of: pier, number: in, ${thresholds} }
`;
    const parsed = parseConfig(text);
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    const report = buildReport(parsed.value, FACTS);
    expect(report.derived).toEqual([
      { id: "pier", kind: "flow", seconds: 60, of: ["north", "south"], how: DERIVED_TEXTS[0] },
      { id: "pier-crowd", kind: "level", seconds: 60, of: ["pier"], how: DERIVED_TEXTS[1] },
    ]);
    expect(reportPage(report, "en")).toContain("pier (north + south): the sum of published numbers");
    expect(reportPage(report, "nl")).toContain("pier-crowd (pier): rustig, druk");
    expect(reportPage(reportOf(VIEW), "en")).not.toContain("after the noise");
  });

  it("names the limits of the outbox as they are configured", () => {
    const { files } = reportOf(VIEW);
    expect(files.find(({ name }) => name === "outbox.db")?.keptFor).toMatch(/at most 30 days and 512 MiB/);
  });
});

describe("the signed report", () => {
  const key = makeGatewayKey();
  const registry = makeRegistry([{ gateway: GATEWAY, keys: [key] }], []);
  const report = reportOf(VIEW, undefined, { gatewayKid: key.kid });

  it("is opened by a city that knows the gateway's key, and is what was signed", async () => {
    const jws = await signReport(report, key);
    expect(jws.length).toBeLessThan(MAX_PRIVACY_REPORT_CHARACTERS / 5);
    expect(await openReport(jws, GATEWAY, registry)).toEqual(report);
  });

  it("is refused from another key, another gateway, a revoked key, and when anything in it was changed", async () => {
    const jws = await signReport(report, key);
    expect(await openReport(await signReport(report, makeGatewayKey()), GATEWAY, registry)).toBeNull();
    const other = makeRegistry([{ gateway: "denhaag/scheveningen/gw08", keys: [key] }], []);
    expect(await openReport(jws, "denhaag/scheveningen/gw08", other)).toBeNull();
    const revoked = makeRegistry([{ gateway: GATEWAY, keys: [], revoked: [key] }], []);
    expect(await openReport(jws, GATEWAY, revoked)).toBeNull();
    await fc.assert(
      fc.asyncProperty(fc.nat(jws.length - 1), fc.constantFrom("A", "B", ".", "!"), async (at, letter) => {
        const changed = jws.slice(0, at) + letter + jws.slice(at + 1);
        const opened = await openReport(changed, GATEWAY, registry);
        // The last letter of a base64url text may hold bits that stand for nothing.
        if (opened !== null) expect(opened).toEqual(report);
        expect(opened === null || changed === jws || at === jws.length - 1).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it("is made anew only when it says something else, and never because time passes", async () => {
    let nowMs = 0;
    let cityKid = "c".repeat(43);
    let signed = 0;
    const own = new OwnReport({
      build: (madeMs) => reportOf(VIEW, undefined, { madeMs, cityKid }),
      sign: (one) => signReport(one, key),
      nowMs: () => nowMs,
      log: silentLog,
      onSigned: () => void signed++,
    });
    for (; nowMs < 10; nowMs++) await own.refresh();
    expect(signed).toBe(1);
    cityKid = "d".repeat(43);
    await own.refresh();
    expect(signed).toBe(2);
    expect(await openReport(own.jws ?? "", GATEWAY, registry)).toMatchObject({
      protection: { sealedTo: cityKid },
    });
  });

  it("may have more in it in a later version: readers drop what they do not know", () => {
    expect(privacyReportForReaders.parse({ ...report, later: 1 })).toEqual(report);
  });
});

describe("the page", () => {
  it.each(["nl", "en"] as const)(
    "in %s has every fact of the report, loads nothing and runs nothing",
    (language) => {
      const report = reportOf(VIEW);
      const page = reportPage(report, language);
      for (const { topic } of report.topics) expect(page).toContain(topic);
      for (const event of report.logs.events) expect(page).toContain(event);
      for (const { name, columns } of report.tables)
        for (const word of [`<td>${name}</td>`, ...columns]) expect(page).toContain(word);
      expect(page).toContain("lamp post 14");
      expect(page).not.toMatch(/<script|<img|<link|<iframe|\bsrc=|\bhref=|url\(|@import|\son[a-z]+=/i);
      expect(page).toContain("default-src 'none'");
    },
  );

  it("shows what a configuration says as text, whatever it says", () => {
    const page = reportPage(reportOf(VIEW.replace("lamp post 14", '"<script>alert(1)</script>"')), "nl");
    expect(page).toContain("&lt;script&gt;alert(1)");
    expect(page).not.toContain("<script");
  });

  it("says who sees the status light, where there is one", () => {
    const light = "statusLight: { gpio: { chip: pinctrl-rp1, line: 22 } }";
    const seen = [configWith(VIEW), `${configWith(VIEW)}\n${light}\n`].map((text) => {
      const parsed = parseConfig(text, shippedProfiles());
      const { access } = buildReport(parsed.ok ? parsed.value : expect.fail("good"), FACTS);
      return access.map(({ who }) => who).filter((who) => who.includes("status light")).length;
    });
    expect(seen).toEqual([0, 1]);
  });

  it("has Dutch for each of the program's own sentences", () => {
    const own = [
      ...GENERIC_TEXTS,
      ...DERIVED_TEXTS,
      ...accessOf({ statusLight: LIGHT }).flatMap(({ who, sees }) => [who, sees]),
      ...EXACT_NUMBERS.flatMap(({ where, why, limit }) => [where, why, limit]),
    ];
    expect(own.filter((text) => DUTCH[text] === undefined)).toEqual([]);
    expect(Object.keys(DUTCH).filter((text) => !own.includes(text))).toEqual([]);
  });

  it("says how far off 19 of 20 numbers are at most: 3 at epsilon 1, 9 at a third of it", () => {
    expect([offBy(1), offBy(1 / 3), offBy(2), offBy(50)]).toEqual([3, 9, 1, 0]);
  });
});
