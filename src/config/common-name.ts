import { createHash } from "node:crypto";
import { gatewayName, type Identity } from "../contract/topics.ts";

/** X.509 allows so many characters in a common name (RFC 5280, appendix A.1, ub-common-name). */
const LONGEST_COMMON_NAME = 64;

/** The common name of a gateway's certificate, which is its user name at the broker: its whole name, where that fits. */
export function commonNameOf(identity: Identity): string {
  const name = gatewayName(identity);
  if (name.length <= LONGEST_COMMON_NAME) return name;
  return `${identity.gateway}-${createHash("sha256").update(name).digest("hex").slice(0, 16)}`;
}
