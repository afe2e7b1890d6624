import { crowd, cycled, occupancy, unknownCrowd, unmeasured } from "../examples.ts";
import { bits, fields } from "./fields.ts";
import { flow, GW06, GW08, inside, KEYS, padded, sealed } from "./forge.ts";
import { goneBad } from "./gone-bad.ts";
import { onTheWay } from "./tampered.ts";
import { bothKinds, GENUINE, LEVELS, opens, refused, type Vector } from "./vector.ts";

const catchUp = {
  ...flow,
  covered: 59.9,
  quality: "partial",
  flags: ["catch_up"],
  since: "2026-07-18T13:58:12Z",
};
const presentByClass = { ...occupancy, value: { person: { present: 12 }, bicycle: { present: -1 } } };
const gw08Inside = inside({ gateway: "gw08" });
const YEAR_0 = "0000-01-01T00:00:00Z";
const LARGEST_SEQ = Number.MAX_SAFE_INTEGER;

const OPENS: readonly Vector[] = [
  opens("a genuine message", inside()),
  opens(
    "two kinds, and one that was not measured",
    inside({ privacy: bothKinds, records: [flow, occupancy, unmeasured] }),
  ),
  opens("a running total that caught up", inside({ records: [catchUp] })),
  opens(
    "the largest numbers",
    inside({
      seq: LARGEST_SEQ,
      records: [{ ...flow, value: { in: 999999999999999, out: -999999999999999 } }],
    }),
    { jwe: { seq: LARGEST_SEQ } },
  ),
  opens(
    "without noise, and marked as lab",
    inside({
      privacy: { flow: { mechanism: "none", reason: "staff only" } },
      records: [{ ...flow, flags: ["lab"] }],
    }),
  ),
  opens("sealed to a city key that has expired since", inside(), { recipient: KEYS.cityOld }),
  opens("signed with the second key of a gateway that changes its key", inside(), { signer: KEYS.gw07Next }),
  opens("of another gateway, on its own topic", gw08Inside, { signer: KEYS.gw08, jwe: { gw: GW08 } }, GW08),
  opens("a total and a crowd level, beside what they were computed from", LEVELS),
  opens("a crowd level of what was not measured", inside({ records: [unknownCrowd] })),
  opens("a crowd level, and of nothing else any noise", inside({ privacy: {}, records: [crowd] })),
  opens(
    "passages and people present by class",
    inside({ privacy: bothKinds, records: [cycled, presentByClass] }),
  ),
  opens("of a window that ended with the year before 0", inside({ end: YEAR_0 }), { jwe: { end: YEAR_0 } }),
  opens("with numbers written as fractions of nothing", inside(), {
    plaintext: padded(
      JSON.stringify(inside()).replace('"in":41', '"in":41.0').replace('"seq":7', '"seq":7.0'),
    ),
  }),
  opens("not padded", inside(), { plaintext: Buffer.from(JSON.stringify(inside())) }),
  opens("with line feeds and tabs in its JSON", inside(), {
    plaintext: Buffer.from(JSON.stringify(inside(), null, "\t")),
  }),
  opens("with a flag that this version does not know", inside({ records: [{ ...flow, flags: ["fog"] }] })),
  opens("with fields that this version does not know", inside(), {
    plaintext: padded({ ...inside({ records: [{ ...flow, shade: 3 }] }), later: { on: true } }),
  }),
];

/** Messages that are right, but not here. */
const ELSEWHERE: readonly Vector[] = [
  refused("unknown_signer", "on the topic of another gateway", GENUINE, GW08),
  refused("unknown_gateway", "on the topic of a gateway that is not registered", GENUINE, GW06),
  refused("unknown_gateway", "on the topic of another tenant", GENUINE, "delft/scheveningen/gw07"),
  refused(
    "unknown_signer",
    "signed with a gateway key that was revoked",
    sealed({ signer: KEYS.gw07Revoked }),
  ),
  refused("unknown_signer", "signed by a stranger", sealed({ signer: KEYS.thief })),
  refused(
    "signature",
    "signed by a stranger under the kid of the gateway",
    sealed({ signer: { ...KEYS.thief, kid: KEYS.gw07.kid } }),
  ),
  refused(
    "unknown_city_key",
    "sealed to a city key that the city no longer has",
    sealed({ recipient: KEYS.cityDestroyed }),
  ),
  refused(
    "decrypt",
    "sealed to another key under the kid of the city key",
    sealed({ recipient: { ...KEYS.cityOther, kid: KEYS.city.kid } }),
  ),
];

/** Every message, and what a reader makes of it. */
export function sealedVectors(): { readonly group: string; readonly vectors: readonly Vector[] }[] {
  return [
    { group: "opens", vectors: OPENS },
    { group: "tampered on the way, without a key", vectors: onTheWay() },
    { group: "not for here", vectors: ELSEWHERE },
    ...goneBad(),
    { group: "a total and a crowd level, with a field of a header changed", vectors: fields() },
    { group: "a total and a crowd level, with other bits", vectors: bits() },
  ];
}
