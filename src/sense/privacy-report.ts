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

/** The privacy report of this process, signed with its key. */
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
): OwnReport {
  const fixed = { software: `telpost ${VERSION}`, configHash, isolation, walkTests: null };
  return new OwnReport({
    build: (madeMs) => buildReport(config, { ...fixed, ...keys.facts(), madeMs }),
    sign: (report) => signReport(report, keys.gatewayKey),
    nowMs: () => (clockSynced() ? clock.realtime() : null),
    log,
    onSigned,
  });
}
