import { isAbsolute, join } from "node:path";
import type { Clock } from "../base/clock.ts";
import type { Config, PrivacyConfig } from "../config/schema.ts";
import type { About } from "../handover/protocol.ts";
import { readKeyPair, readPublicKey, readSignedKeySet } from "../keys/files.ts";
import { CityKeyRing, type KeyRingOptions } from "./city-key-ring.ts";

export interface OwnKeysOptions extends Omit<KeyRingOptions, "root"> {
  readonly config: Config;
  /** Paths in the configuration are relative to this folder. */
  readonly configFolder: string;
  readonly credentialsDirectory: string | undefined;
  readonly clock: Clock;
  readonly clockSynced: () => boolean;
}

/** The keys of sense: its own, and those of the city. @throws TelpostError of kind key */
export async function openKeys(options: OwnKeysOptions) {
  const { config, configFolder, credentialsDirectory, clock, clockSynced } = options;
  const inFolder = (path: string) => (isAbsolute(path) ? path : join(configFolder, path));
  const gatewayKey = readKeyPair(inFolder(config.gateway.key), "Ed25519", { credentialsDirectory });
  const root = readPublicKey(inFolder(config.city.root), "Ed25519").publicJwk;
  const ring = await CityKeyRing.open(readSignedKeySet(inFolder(config.city.keys)), { ...options, root });
  const question = (profile = config.privacy.profile) => ({
    nowMs: clock.realtime(),
    synced: clockSynced(),
    profile,
  });
  return {
    gatewayKey,
    ring,
    usable: (profile: PrivacyConfig["profile"]) => ring.usable(question(profile)),
    /** What forward and the city may know of the keys in use. */
    facts: (): Pick<About, "gatewayKid" | "cityKid" | "cityKeyUntilMs"> => ({
      gatewayKid: gatewayKey.kid,
      cityKid: ring.usable(question())?.kid ?? null,
      cityKeyUntilMs: ring.untilMs(question()),
    }),
    /** Tells when it has changed how long the keys will last. */
    watch: () => ring.watch(question()),
  };
}

export type OwnKeys = Awaited<ReturnType<typeof openKeys>>;
