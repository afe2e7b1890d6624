import type { KeyObject } from "node:crypto";
import { CompactSign } from "jose";
import { TelpostError } from "../base/errors.ts";
import {
  MAX_PRIVACY_REPORT_CHARACTERS,
  PRIVACY_REPORT_TYPE,
  type PrivacyReport,
} from "../contract/privacy-report.ts";
import { SIGNATURE_ALGORITHM } from "../contract/sealed.ts";

/** Signs a report with the gateway's key, as a compact JWS. Throws report.too_large. */
export async function signReport(
  report: PrivacyReport,
  { kid, privateKey }: { readonly kid: string; readonly privateKey: KeyObject },
): Promise<string> {
  const jws = await new CompactSign(Buffer.from(JSON.stringify(report), "utf8"))
    .setProtectedHeader({ alg: SIGNATURE_ALGORITHM, typ: PRIVACY_REPORT_TYPE, kid })
    .sign(privateKey);
  if (jws.length > MAX_PRIVACY_REPORT_CHARACTERS)
    throw new TelpostError("report.too_large", `${jws.length} characters`);
  return jws;
}
