import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { doctorReport } from "../../../src/contract/doctor-report.ts";
import { describeWith } from "../../kit/programs.ts";
import { FAULTS, type Fault } from "./faults.ts";
import { doctorPage, rowOf } from "./page.ts";
import { DoctorRig } from "./rig.ts";

const PAGE = new URL("../../../docs/doctor.md", import.meta.url);
const isRoot = process.getuid?.() === 0;

describeWith(["mosquitto", "openssl"], "the doctor of a gateway", () => {
  let rig: DoctorRig;
  const rows = new Map<string, string>();

  beforeAll(async () => {
    rig = new DoctorRig();
    await rig.start();
    await rig.isWell();
  });
  afterAll(() => rig.stop());

  it("finds nothing wrong with one that is well", async () => {
    const report = await rig.examine();
    expect(report.findings.filter(({ state }) => state === "failed" || state === "warning")).toEqual([]);
    expect(report.state).toBe("ok");
  });

  /** Injects, looks, undoes, judges. */
  const named = async (fault: Fault) => {
    const undo: (() => unknown)[] = [];
    try {
      const report = await rig.examine(await fault.inject(rig, (one) => undo.push(one)));
      expect(doctorReport.safeParse(report).success).toBe(true);
      const [first] = report.findings;
      expect(first, JSON.stringify(first)).toMatchObject({ check: fault.check, code: fault.code });
      expect(first?.cure).not.toBe("");
      expect(report.state).toBe(fault.exit === 7 ? "warning" : "failed");
      rows.set(fault.fault, rowOf(fault, report, rig));
    } finally {
      for (const one of undo.reverse()) await one();
    }
  };
  const faults = FAULTS.filter(({ needsRoot }) => isRoot || !needsRoot);

  it.each(faults)("names first, with its cure: $fault", named);

  it("has a fault for each finding that its checks name", () => {
    const folder = new URL("../../../src/doctor/", import.meta.url);
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
      name.endsWith(".ts"),
    );
    const text = files.map((name) => readFileSync(new URL(name, folder), "utf8")).join("\n");
    const found = [...text.matchAll(/\b(?:failed|warning)\(\s*"([a-z]+\.[a-z_]+)"/g)].map(([, code]) => code);
    expect(found.length).toBeGreaterThan(40);
    const injected = new Set<string>(FAULTS.map(({ code }) => code));
    expect(found.filter((code) => code && !injected.has(code))).toEqual([]);
  });

  it("says in docs/doctor.md what it said here", () => {
    const page = doctorPage(FAULTS, rows);
    if (process.env.TELPOST_WRITE) writeFileSync(PAGE, page);
    // Without root some faults cannot be injected: what was found is compared all the same.
    if (isRoot) expect(readFileSync(PAGE, "utf8")).toBe(page);
    else for (const row of rows.values()) expect(readFileSync(PAGE, "utf8")).toContain(row);
  });
});
