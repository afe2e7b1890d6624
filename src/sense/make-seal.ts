import type { Config, PrivacyConfig } from "../config/schema.ts";
import { plaintext } from "./guard/envelope.ts";
import { flagged } from "./guard/release.ts";
import { type GatewayKey, type Recipient, Sealer } from "./guard/seal.ts";
import type { SealingOptions } from "./sealing-options.ts";

/** Seals records to the city key in use; null while there is none. */
export function makeSeal(
  { gateway }: Config,
  key: GatewayKey,
  usableKey: (profile: PrivacyConfig["profile"]) => Recipient | null,
): SealingOptions["seal"] {
  const { tenant, site, id } = gateway;
  const sealer = new Sealer(`${tenant}/${site}/${id}`, key);
  return async ({ endMs, lengths, outputs, records, privacy }, number, unsynced) => {
    // The profile the records were made under: a lab window never goes to a street key, whatever the configuration says now.
    const recipient = usableKey(privacy.profile);
    if (!recipient) return null;
    const origin = { tenant, site, gateway: id, privacy };
    const labelled = unsynced ? records.map((record) => flagged(record, "clock_unsynced")) : records;
    const text = plaintext(origin, { ...number, endMs, outputs, records: labelled });
    return sealer.seal({ ...number, endMs, lengths, plaintext: text }, recipient);
  };
}
