import { existsSync } from "node:fs";
import { SystemClock } from "../base/clock.ts";
import { TelpostError } from "../base/errors.ts";
import { readKeyPair, readPublicKey, readSignedKeySet } from "../keys/files.ts";
import type { KeyPair, PublicKey } from "../keys/jwk.ts";
import { keySetEntry, signKeySet } from "../keys/make.ts";
import { contentOf, type KeySetChange, nextSet } from "../keys/next-set.ts";
import { writeSignedKeySet } from "../keys/write.ts";
import { usableKey, verifyKeySet } from "../sense/guard/city-keys.ts";
import { type Arguments, EXIT, type ExitCode, type Io, textFlag } from "./verb.ts";

const DAY_MS = 86_400_000;

/** The file of the signed set. */
export const setFileOf = (args: Arguments): string => textFlag(args, "set") ?? "city-keys.jws";

/** `telpost keys sign`. */
export async function sign(args: Arguments, io: Io): Promise<ExitCode> {
  const file = textFlag(args, "add");
  await signNext(args, io, file === undefined ? {} : { add: readPublicKey(file, "X25519") });
  return EXIT.ok;
}

/** `telpost keys revoke`. */
export async function revoke(args: Arguments, io: Io): Promise<ExitCode> {
  const kid = textFlag(args, "kid") ?? "";
  if (!/^[A-Za-z0-9_-]{43}$/.test(kid))
    throw new TelpostError(
      "usage.bad_arguments",
      "say which key with --kid=KID: telpost keys show prints them",
    );
  await signNext(args, io, { revoke: kid });
  return EXIT.ok;
}

/** `telpost keys show`. */
export async function show(args: Arguments, io: Io): Promise<ExitCode> {
  const rootFile = textFlag(args, "root") ?? "city-root.jwk";
  const rootKey = readPublicKey(rootFile, "Ed25519").publicJwk;
  const set = await verifyKeySet(readSignedKeySet(setFileOf(args)), rootKey);
  io.out(`version ${set.version}, signed by the root key in ${rootFile}`);
  for (const { kid, nbfMs, expMs, lab } of set.keys) {
    const days = `${new Date(nbfMs).toISOString()} to ${new Date(expMs).toISOString()}`;
    io.out(`${kid} ${days}${lab ? ", lab" : ""}${set.revoked.includes(kid) ? ", revoked" : ""}`);
  }
  for (const kid of set.revoked.filter((one) => set.keys.every((key) => key.kid !== one)))
    io.out(`${kid} revoked`);
  return EXIT.ok;
}

export interface SignChange extends Pick<KeySetChange, "revoke"> {
  readonly add?: PublicKey;
  /** Called when everything is checked, before the set is written. */
  readonly before?: () => void;
}

/** Signs the set that follows the one in the file, and says what gateways will do with it. */
export async function signNext(args: Arguments, io: Io, change: SignChange): Promise<void> {
  const rootKey = readKeyPair(textFlag(args, "root") ?? "city-root-private.jwk", "Ed25519");
  const file = setFileOf(args);
  const nowMs = new SystemClock().realtime();
  const before = existsSync(file) ? await checkedContent(readSignedKeySet(file), rootKey) : null;
  const { add, revoke } = change;
  const version = wholeNumber(args, "version");
  const next = nextSet(
    before,
    {
      ...(add && { add: entryOf(add, args, nowMs) }),
      ...(revoke !== undefined && { revoke }),
      ...(version !== undefined && { version }),
    },
    nowMs,
  );
  const jws = await signKeySet(next, rootKey);
  change.before?.();
  writeSignedKeySet(file, jws, { replace: true });
  io.err(`${file} version ${next.version} is for the gateways: telpost keys publish`);
  await warnWhenEmpty(jws, rootKey, nowMs, io);
}

function entryOf(key: PublicKey, args: Arguments, nowMs: number) {
  const days = wholeNumber(args, "days") ?? 730;
  return keySetEntry(key, { fromMs: nowMs, untilMs: nowMs + days * DAY_MS, lab: args.flags.lab === true });
}

async function checkedContent(jws: string, rootKey: KeyPair) {
  await verifyKeySet(jws, rootKey.publicJwk);
  return contentOf(jws);
}

async function warnWhenEmpty(jws: string, rootKey: KeyPair, nowMs: number, io: Io): Promise<void> {
  const set = await verifyKeySet(jws, rootKey.publicJwk);
  const usable = (profile: "street" | "lab") => usableKey(set, { nowMs, synced: true, profile });
  if (usable("street") || usable("lab")) return;
  io.err("No key is left in it: gateways will hold their windows, then lose them. Run: telpost keys city");
}

function wholeNumber(args: Arguments, name: string): number | undefined {
  const text = textFlag(args, name);
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,9}$/.test(text))
    throw new TelpostError("usage.bad_arguments", `--${name} takes a whole number above 0`);
  return Number(text);
}
