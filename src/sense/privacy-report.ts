import { VERSION } from "../ops/version.ts";
import { buildReport } from "../report/build.ts";
import { OwnReport } from "../report/own-report.ts";
import { signReport } from "../report/sign.ts";
import type { SenseOptions } from "./compose.ts";
import type { OwnKeys } from "./own-keys.ts";

interface ReportHooks {
  readonly clockSynced: () => boolean;
  /** Another report is signed. */
  readonly onSigned: () => void;
}

/** The privacy report of this process, signed with its key; `onWalkTests` hears from forward how many there were. */
export function reportOf(
  {
    config,
    configHash,
    isolation,
    clock,
    log,
  }: Pick<SenseOptions, "config" | "configHash" | "isolation" | "clock" | "log">,
  keys: OwnKeys,
  { clockSynced, onSigned }: ReportHooks,
): { readonly report: OwnReport; readonly onWalkTests: (used: number) => void } {
  /** How often live exact counts were ever looked at here; null until forward has told. */
  let walkTests: number | null = null;
  const fixed = { software: `telpost ${VERSION}`, configHash, isolation };
  const report = new OwnReport({
    build: (madeMs) => buildReport(config, { ...fixed, ...keys.facts(), walkTests, madeMs }),
    sign: (report) => signReport(report, keys.gatewayKey),
    nowMs: () => (clockSynced() ? clock.realtime() : null),
    log,
    onSigned,
  });
  const onWalkTests = (used: number) => {
    walkTests = used;
    if (report.jws !== null) void report.refresh();
  };
  return { report, onWalkTests };
}
