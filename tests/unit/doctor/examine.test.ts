import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { SystemClock } from "../../../src/base/clock.ts";
import { DOCTOR_LENGTHS, doctorReport } from "../../../src/contract/doctor-report.ts";
import { type Check, check, failed, good, type Patient, warning } from "../../../src/doctor/check.ts";
import { examine } from "../../../src/doctor/examine.ts";
import { thisMachine } from "../../../src/doctor/this-machine.ts";

const nobody: Patient = {
  configuration: { file: "telpost.yaml", folder: "/", config: null, hash: null, code: null, problems: [] },
  places: { runtime: "/run", crash: "/run", state: "/var" },
  sense: { answers: false, code: "usage.not_running" },
  forward: { answers: false, code: "usage.not_running" },
  trials: [],
};

const says = (id: string, judgement: ReturnType<typeof good>, parts: Partial<Check> = {}) =>
  check(id, { ...parts, observe: () => null, judge: () => [judgement] });

const report = (checks: readonly Check[]) =>
  examine({ checks, patient: nobody, machine: thisMachine({ clock: new SystemClock(), program: [] }) });

describe("an examination", () => {
  it("names what failed first, then what warns, what is not known, and what is good", async () => {
    const found = await report([
      says("good", good("Fine.")),
      says("warns", warning("platform.hot", "81 degrees.")),
      says("fails", failed("platform.read_only", "/x takes no writes.")),
      says("follows", good("Never asked."), { needs: ["fails"] }),
    ]);
    expect(doctorReport.parse(found)).toEqual(found);
    expect(found.state).toBe("failed");
    expect(found.findings.map(({ check: id, state }) => [id, state])).toEqual([
      ["fails", "failed"],
      ["warns", "warning"],
      ["follows", "unknown"],
      ["good", "ok"],
    ]);
  });

  it("names the one cause also to what needs what needs it", async () => {
    const found = await report([
      says("first", failed("network.no_route", "None.")),
      says("second", good("Never."), { needs: ["first"] }),
      says("third", good("Never."), { needs: ["second"] }),
    ]);
    expect(found.findings.at(-1)).toMatchObject({
      check: "third",
      state: "unknown",
      why: "Not judged, because of what is said of: first.",
    });
  });

  it("goes on without a check that takes too long, and lets go what it holds", async () => {
    let aborted = false;
    const hangs = check("hangs", {
      timeoutMs: 50,
      observe: async ({ signal }) => {
        signal.addEventListener("abort", () => {
          aborted = true;
        });
        await wait(60_000, null, { signal }).catch(() => null);
      },
      judge: () => [good("Never.")],
    });
    const tells: Check = { ...hangs, id: "tells", late: "broker.timeout" };
    const found = await report([hangs, tells]);
    expect(found.findings.map(({ check: id, state, code }) => [id, state, code])).toEqual([
      ["tells", "failed", "broker.timeout"],
      ["hangs", "unknown", null],
    ]);
    expect(aborted).toBe(true);
  });

  it("says in one line that a check failed by itself", async () => {
    const breaks = check("breaks", {
      observe: () => {
        throw new Error("no such thing");
      },
      judge: () => [good("Never.")],
    });
    const { state, findings } = await report([breaks]);
    expect(state).toBe("ok");
    expect(findings[0]).toMatchObject({
      state: "unknown",
      why: "The check itself failed: Error: no such thing",
    });
  });

  it("fills the words of a cure, and keeps every text short and on one line", async () => {
    const long = `a\u001b[2J\n${"b".repeat(1000)}`;
    const { findings } = await report([
      says("key", failed("key.too_open", long, { fill: { FILE: "/etc/telpost/gateway-key.jwk" } })),
    ]);
    expect(findings[0]?.cure).toBe("Run: chmod 600 /etc/telpost/gateway-key.jwk");
    expect(findings[0]?.why).toHaveLength(DOCTOR_LENGTHS.why);
    expect(findings[0]?.why).toMatch(/^a \[2J b+\.\.\.$/);
  });
});
