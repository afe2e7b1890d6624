import {
  MAX_PRIVACY_REPORT_CHARACTERS,
  type PrivacyReport,
  privacyReportForReaders,
  privacyReportHeader,
} from "../contract/privacy-report.ts";
import { gatewayName } from "../contract/topics.ts";
import type { Registry } from "./keys.ts";
import { openSigned } from "./signed.ts";

/**
 * Opens a signed privacy report: null unless a registered key of this gateway signed it and it speaks of this gateway.
 * Never throws on input.
 * @param gateway `tenant/site/gateway` of the topic it came on
 */
export async function openReport(
  jws: string,
  gateway: string,
  registry: Pick<Registry, "gateways" | "revoked">,
): Promise<PrivacyReport | null> {
  if (jws.length > MAX_PRIVACY_REPORT_CHARACTERS) return null;
  const signed = { header: privacyReportHeader, payload: privacyReportForReaders };
  const report = await openSigned(jws, { gateway, registry, ...signed });
  return report && gatewayName(report) === gateway ? report : null;
}
