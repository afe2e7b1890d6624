import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { ROOT } from "../shape/tree.ts";
import { evidence } from "./evidence.ts";

/** P16: what is in memory stays there. The running processes are asked in live.test.ts, at any moment of a start in program.test.ts. */

const UNITS = ["telpost-sense.service", "telpost-forward.service"];

it.each(UNITS)("P16 has no core dump, no swap, no inspector and no heap snapshot in %s", (name) => {
  const unit = readFileSync(join(ROOT, "systemd", name), "utf8");
  expect(unit).toMatch(/^LimitCORE=0$/m);
  expect(unit).toMatch(/^MemorySwapMax=0$/m);
  expect(unit).toMatch(/^UnsetEnvironment=.*\bNODE_OPTIONS\b/m);
  const start = /^ExecStart=.*$/m.exec(unit)?.[0] ?? "";
  expect(start).toContain(" --disable-sigusr1 ");
  expect(start).not.toMatch(/--(inspect|heapsnapshot|report|abort-on-uncaught|cpu-prof|heap-prof)/);
  evidence("P16", `${name}: no core dump, no swap, no inspector, no heap snapshot, no NODE_OPTIONS`);
});

it("P16 starts every command with the inspector's signal off", () => {
  expect(readFileSync(join(ROOT, "scripts/n24"), "utf8")).toContain("--disable-sigusr1");
});
