import { SystemClock } from "../base/clock.ts";
import { TelpostError } from "../base/errors.ts";
import { jitterBelow } from "../base/random.ts";
import { publishKeys } from "../city/publish-keys.ts";
import { readSite } from "../city/site.ts";
import { readPublicKey, readSignedKeySet } from "../keys/files.ts";
import { createLog } from "../ops/log.ts";
import { verifyKeySet } from "../sense/guard/city-keys.ts";
import { setFileOf } from "./keys-set.ts";
import { type Arguments, EXIT, type ExitCode, type Io, textFlag } from "./verb.ts";

/** `telpost keys publish`: only what gateways would take. */
export async function publish(args: Arguments, io: Io): Promise<ExitCode> {
  const rootKey = readPublicKey(textFlag(args, "root") ?? "city-root.jwk", "Ed25519").publicJwk;
  const { jws, version } = await verifyKeySet(readSignedKeySet(setFileOf(args)), rootKey);
  const { broker, registry } = readSite(textFlag(args, "site") ?? "site.yaml");
  // A gateway without a key was stolen: it gets none.
  const all = [...registry.gateways].filter(([, known]) => known.size > 0).map(([name]) => name);
  const only = textFlag(args, "gateway");
  if (only !== undefined && !all.includes(only))
    throw new TelpostError("usage.bad_arguments", `the site file has no gateway ${only}`);
  const gateways = only === undefined ? all : [only];
  const log = createLog({ process: "keys", level: "warn", env: io.env });
  const clock = new SystemClock();
  await publishKeys({ broker, gateways, jws, clock, log, jitterBelow, signal: io.signal });
  log.flush();
  io.out(`version ${version} lies on the topic keys of ${gateways.length} gateway(s)`);
  return EXIT.ok;
}
