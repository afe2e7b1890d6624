import { compactVerify } from "jose";
import { jsonOf } from "../contract/json.ts";
import {
  MAX_PRIVACY_REPORT_CHARACTERS,
  type PrivacyReport,
  privacyReportForReaders,
  privacyReportHeader,
} from "../contract/privacy-report.ts";
import { SIGNATURE_ALGORITHM } from "../contract/sealed.ts";
import { gatewayName } from "../contract/topics.ts";
import type { Registry } from "./keys.ts";

/**
 * Opens a signed privacy report: null unless a registered key of this gateway signed it and it speaks of this gateway.
 * Never throws on input.
 * @param gateway `tenant/site/gateway` of the topic it came on
 */
export async function openReport(
  jws: string,
  gateway: string,
  { gateways, revoked }: Pick<Registry, "gateways" | "revoked">,
): Promise<PrivacyReport | null> {
  if (jws.length > MAX_PRIVACY_REPORT_CHARACTERS) return null;
  try {
    const header = privacyReportHeader.parse(jsonOf(Buffer.from(jws.split(".")[0] ?? "", "base64url")));
    const key = revoked.has(header.kid) ? undefined : gateways.get(gateway)?.get(header.kid);
    if (!key) return null;
    const { payload } = await compactVerify(jws, key, { algorithms: [SIGNATURE_ALGORITHM] });
    const report = privacyReportForReaders.parse(jsonOf(payload));
    return gatewayName(report) === gateway ? report : null;
  } catch {
    return null; // Not a JWS, not signed by this key, or no report.
  }
}
