import { createPrivateKey, X509Certificate } from "node:crypto";
import { type ErrorCode, TelpostError } from "../../base/errors.ts";
import { readPrivateText, readPublicText } from "../../base/key-file.ts";
import { commonNameOf } from "../../config/common-name.ts";
import { check, failed, good, type Judgement, type Subject, warning } from "../check.ts";
import { configOf, day, daysUntil, identityOf, inFolder, NOT_YET } from "./files.ts";

/** What a certificate says of itself. */
interface Dates {
  readonly file: string;
  readonly name: string;
  readonly fromMs: number;
  readonly untilMs: number;
}

interface CertificateFacts {
  readonly isTls: boolean;
  /** Files that cannot be used. */
  readonly bad: readonly { readonly code: ErrorCode; readonly file: string }[];
  readonly ca: Dates | null;
  readonly own: Dates | null;
  /** Whether broker.key is the key of broker.cert; null where the key is not for us to read. */
  readonly isOurs: boolean | null;
  readonly nowMs: number;
  readonly clockSynced: boolean;
  /** The name by which the broker's ACL knows this gateway. */
  readonly wanted: string;
}

/** Told so long before it ends: a city needs time to sign a new one. */
const SOON_DAYS = 30;

/** The gateway's own certificate and the CA, as files: needs no network. */
export const certificate = check<CertificateFacts>("certificate", {
  needs: ["configuration"],
  remote: true,
  observe,
  judge(facts) {
    const { isTls, bad } = facts;
    if (!isTls) return [good("No certificate is needed: broker.url is mqtt, without TLS.")];
    if (bad.length > 0) return bad.map(({ code, file }) => failed(code, `${file}`, { fill: { FILE: file } }));
    const found = [
      ...datesOf(facts.ca, facts),
      ...datesOf(facts.own, facts),
      ...nameOf(facts),
      ...keyOf(facts),
    ];
    return found.length > 0 ? found : [good(goodWords(facts))];
  },
});

function observe(subject: Subject): CertificateFacts {
  const { machine } = subject;
  const config = configOf(subject);
  const { ca, cert, key } = config.broker;
  const bad: { code: ErrorCode; file: string }[] = [];
  const reading = <T>(path: string | undefined, read: (file: string) => T): T | null => {
    if (path === undefined) return null;
    const file = inFolder(subject, path);
    try {
      return read(file);
    } catch (failure) {
      bad.push({ code: failure instanceof TelpostError ? failure.code : "key.invalid", file });
      return null;
    }
  };
  const own = reading(cert, (file) => new X509Certificate(readPublicText(file)));
  return {
    isTls: config.broker.url.startsWith("mqtts:"),
    ca: reading(ca, (file) => said(new X509Certificate(readPublicText(file)), file)),
    own: own && said(own, inFolder(subject, cert ?? "")),
    isOurs: reading(key, (file) => isKeyOf(own, file, subject)),
    bad,
    nowMs: machine.clock.realtime(),
    clockSynced: machine.clockSync().synced,
    wanted: commonNameOf(identityOf(config)),
  };
}

function said(found: X509Certificate, file: string): Dates {
  const name = /^CN=(.*)$/m.exec(found.subject)?.[1] ?? "";
  return { file, name, fromMs: Date.parse(found.validFrom), untilMs: Date.parse(found.validTo) };
}

/** Null where the key is another user's, as it should be. */
function isKeyOf(
  own: X509Certificate | null,
  file: string,
  { credentialsDirectory }: Subject,
): boolean | null {
  try {
    const key = createPrivateKey(readPrivateText(file, { credentialsDirectory }));
    return own?.checkPrivateKey(key) ?? null;
  } catch (failure) {
    if (!isDenied(failure)) throw failure;
    return null;
  }
}

/** True when it is there, but not for this user to read. */
export function isDenied(failure: unknown): boolean {
  const cause =
    failure instanceof TelpostError ? (failure.cause as NodeJS.ErrnoException | undefined) : undefined;
  return cause?.code === "EACCES" || cause?.code === "EPERM";
}

function datesOf(dates: Dates | null, { nowMs, clockSynced }: CertificateFacts): Judgement[] {
  // Without a clock no date says anything, and the clock has a line of its own.
  if (!dates || !clockSynced) return [];
  const { file, fromMs, untilMs } = dates;
  const fill = { FILE: file };
  if (nowMs < fromMs)
    return [failed("broker.tls_expired", `${file} begins only on ${day(fromMs)}.`, NOT_YET)];
  if (nowMs >= untilMs) return [failed("broker.tls_expired", `${file} ended on ${day(untilMs)}.`, { fill })];
  const days = daysUntil(untilMs, nowMs);
  return days < SOON_DAYS ? [warning("broker.tls_expiring", `${file} ends in ${days} days.`, { fill })] : [];
}

function nameOf({ own, wanted }: CertificateFacts): Judgement[] {
  if (!own || own.name === wanted) return [];
  return [
    failed("broker.cert_name", `It is for ${own.name || "no name"}, not ${wanted}.`, {
      fill: { NAME: wanted },
    }),
  ];
}

function keyOf({ isOurs }: CertificateFacts): Judgement[] {
  if (isOurs !== false) return [];
  const cure = "Put the key in broker.key that was made together with broker.cert.";
  return [failed("key.invalid", "broker.key is not the key of broker.cert.", { cure })];
}

function goodWords({ own, isOurs }: CertificateFacts): string {
  if (!own) return "The gateway has no certificate of its own, and the CA is good.";
  const key = isOurs === null ? "Its key is not for you to read, as it should be" : "Its key fits";
  return `The certificate is good until ${day(own.untilMs)}. ${key}.`;
}
