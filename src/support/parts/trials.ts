import { z } from "zod";
import { code, kept, listOf, oneOf, version, whole } from "../allow.ts";
import { part } from "../part.ts";

/** A version of the package, or the hash of a configuration. */
const release = z.union([version.unwrap().unwrap(), z.string().regex(/^[0-9a-f]{16}$/)]);
const time = kept(z.iso.datetime());

/** How the last update and the last change of the configuration went. */
export const trials = part(
  {
    name: "trials",
    why: "how the last update and the last change of the configuration ended",
    leavesOut: "why one was taken back in words that may quote telpost.yaml; run ids of the units",
    names: ["hash of the configuration"],
  },
  listOf(
    z.object({
      what: oneOf(["package", "configuration"]),
      from: kept(release),
      to: kept(release),
      stage: oneOf(["new", "old"]),
      step: oneOf(["apply", "watch", "done"]),
      tries: whole,
      boots: whole,
      limitSeconds: whole,
      proof: oneOf(["none", "kept", "delivered"]),
      outcome: oneOf(["kept", "returned", "stuck", "unproven", "overtaken"]),
      code,
      startedAt: time,
      endedAt: time,
    }),
    2,
  ),
  ({ trials }) => trials,
);
