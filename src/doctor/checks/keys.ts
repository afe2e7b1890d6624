import { statSync } from "node:fs";
import { type ErrorCode, TelpostError } from "../../base/errors.ts";
import { readKeyPair, readPublicKey, readSignedKeySet } from "../../keys/files.ts";
import { coveredUntilMs, verifyKeySet } from "../../sense/guard/city-keys.ts";
import { keyState } from "../../sense/key-alarm.ts";
import { check, failed, good, type Judgement, type Subject, warning } from "../check.ts";
import { accountOf, SENSE_USER } from "./accounts.ts";
import { isDenied } from "./certificate.ts";
import { configOf, day, inFolder } from "./files.ts";

interface KeyFacts {
  readonly bad: readonly { readonly code: ErrorCode; readonly file: string; readonly cure?: string }[];
  /** Until when there are valid city keys, ms since the Unix epoch; null when none is usable. */
  readonly untilMs: number | null;
  readonly nowMs: number;
  readonly synced: boolean;
}

/** The gateway's own key, the city's root key, and the keys that are sealed to. */
export const keys = check<KeyFacts>("keys", {
  needs: ["configuration"],
  observe,
  judge({ bad, untilMs, nowMs, synced }) {
    if (bad.length > 0)
      return bad.map(({ code, file, ...more }) =>
        failed(code, `${file}.`, { fill: { FILE: file }, ...more }),
      );
    return [judgeCityKeys(untilMs, { nowMs, synced })];
  },
});

async function observe(subject: Subject): Promise<KeyFacts> {
  const { machine, sense } = subject;
  const { gateway, city, privacy } = configOf(subject);
  const [own, root, set] = [gateway.key, city.root, city.keys].map((path) => inFolder(subject, path));
  const bad: { code: ErrorCode; file: string; cure?: string }[] = [];
  const reading = async <T>(file: string, read: () => T | Promise<T>): Promise<T | null> => {
    try {
      return await read();
    } catch (failure) {
      if (!(failure instanceof TelpostError)) throw failure;
      if (!isDenied(failure)) bad.push({ code: failure.code, file });
      return null;
    }
  };
  await reading(own ?? "", () => readKeyPair(own ?? "", "Ed25519", subject));
  bad.push(...foreign(subject, own ?? ""));
  const rootKey = await reading(root ?? "", () => readPublicKey(root ?? "", "Ed25519"));
  const signed = await reading(set ?? "", () => readSignedKeySet(set ?? ""));
  const question = {
    nowMs: machine.clock.realtime(),
    synced: machine.clockSync().synced,
    profile: privacy.profile,
  };
  const verified =
    rootKey && signed !== null
      ? await reading(set ?? "", () => verifyKeySet(signed, rootKey.publicJwk))
      : null;
  const installed = verified && coveredUntilMs(verified, question);
  // What sense has taken since is newer than the file.
  return { bad, untilMs: sense.answers ? sense.status.cityKeyUntilMs : installed, ...question };
}

/** On an installed gateway the key has to belong to the one process that needs it: nobody else may read it. */
function foreign({ machine }: Subject, file: string): KeyFacts["bad"] {
  const owner = accountOf(machine, SENSE_USER);
  const found = statSync(file, { throwIfNoEntry: false });
  if (!owner || !found || found.uid === owner.uid) return [];
  const cure = `It has to belong to ${SENSE_USER}. Run: sudo /usr/lib/telpost/activate keys`;
  return [{ code: "key.unreadable", file, cure }];
}

function judgeCityKeys(
  untilMs: number | null,
  now: { readonly nowMs: number; readonly synced: boolean },
): Judgement {
  const state = keyState(untilMs, now);
  const until = untilMs === null ? "" : day(untilMs);
  switch (state?.change) {
    case "none_usable":
      return failed(
        "key.none_usable",
        "Every key of the set is revoked, not yet valid, or over for too long.",
      );
    case "expired":
      return failed("key.expired", `It ended on ${until}.`);
    case "expiring":
      return warning("key.expiring", `It ends on ${until}.`);
    default:
      return good(`The gateway's key and the city's keys are good until ${until}.`);
  }
}
