import { networkInterfaces } from "node:os";

/** Set by `telpost run`, which starts both processes without walls between them. */
export const TOGETHER = "TELPOST_TOGETHER";

/**
 * What the birth may claim: `kernel` only when the kernel shows this process no network beyond its own loopback,
 * as PrivateNetwork= and RestrictAddressFamilies= of the unit arrange.
 */
export function isolationOf(env: NodeJS.ProcessEnv): "kernel" | "none" {
  if (env[TOGETHER] || !env.INVOCATION_ID) return "none";
  try {
    return Object.keys(networkInterfaces()).every((name) => name === "lo") ? "kernel" : "none";
  } catch {
    // Without netlink there is nothing to ask, and nothing to reach.
    return "kernel";
  }
}
