import { TelpostError } from "../base/errors.ts";
import { city, gateway, release, root } from "./keys-make.ts";
import { publish } from "./keys-publish.ts";
import { revoke, show, sign } from "./keys-set.ts";
import type { Arguments, ExitCode, Io, Verb } from "./verb.ts";

type Work = (args: Arguments, io: Io) => ExitCode | Promise<ExitCode>;

const WORKS: ReadonlyMap<string, Work> = new Map<string, Work>([
  ["gateway", gateway],
  ["root", root],
  ["city", city],
  ["sign", sign],
  ["revoke", revoke],
  ["publish", publish],
  ["release", release],
  ["show", show],
]);

export const keys: Verb = {
  usage: "gateway|root|city|sign|revoke|publish|release|show [OPTIONS]",
  options: {
    out: {
      type: "string",
      value: "FILE",
      help: "gateway, root, release: the private key to write (default NAME.jwk)",
    },
    public: {
      type: "string",
      value: "FILE",
      help: "root, release: the half that every gateway pins; city: the half that the root signs",
    },
    root: {
      type: "string",
      value: "FILE",
      help: "city, sign, revoke: the private root key that signs; publish, show: the public one",
    },
    ring: {
      type: "string",
      value: "FILE",
      help: "city: the private keys of the city's reader; the new one is added",
    },
    set: {
      type: "string",
      value: "FILE",
      help: "the signed key set for the gateways (default city-keys.jws); its keys are carried on",
    },
    kid: {
      type: "string",
      value: "KID",
      help: "revoke: which key, as keys show prints it; write --kid=KID, for some begin with a hyphen",
    },
    add: { type: "string", value: "FILE", help: "sign: the public half of a new city key" },
    version: {
      type: "string",
      value: "N",
      help: "city, sign, revoke: version of the set; must rise (default: seconds since 1970)",
    },
    days: { type: "string", value: "N", help: "city, sign: how long the new key is valid (default 730)" },
    lab: { type: "boolean", help: "city, sign: a lab key; only gateways with profile: lab seal to it" },
    site: { type: "string", value: "FILE", help: "publish: the reader's site file (default site.yaml)" },
    gateway: { type: "string", value: "NAME", help: "publish: only to this one, tenant/site/gateway" },
  },
  details: [
    "gateway  makes the key of one gateway and prints what the city registers",
    "root     makes the city's root key; keep the private half offline, give the public half to every gateway",
    "city     makes a city key, adds it to the reader's ring and signs the key set; earlier keys stay in it",
    "sign     signs the next key set where the root key lies, with a city key that was made elsewhere",
    "revoke   signs the next key set, in which a key must never be used again",
    "publish  puts the set on the topic keys of every gateway in the site file, retained",
    "release  makes the key that signs packages (npm run package -- --sign FILE), and its public half for the gateways",
    "show     prints who signed a key set and until when its keys are valid",
    "An existing private key is never overwritten; no private key is ever printed.",
  ].join("\n"),
  words: 1,
  examples: [
    "telpost keys gateway --out gateway-key.jwk",
    "telpost keys root --out city-root-private.jwk --public city-root.jwk",
    "telpost keys city --root city-root-private.jwk --ring city-private.jwks --set city-keys.jws",
    "telpost keys publish --site site.yaml --set city-keys.jws --root city-root.jwk",
    "telpost keys revoke --kid=KID --root city-root-private.jwk --set city-keys.jws",
    "telpost keys show --root city-root.jwk --set city-keys.jws",
  ],
  async run(args, io) {
    const [what = ""] = args.positionals;
    const work = WORKS.get(what);
    if (!work) throw new TelpostError("usage.bad_arguments", `say ${[...WORKS.keys()].join(", ")}`);
    return work(args, io);
  },
};
