import { connect, type PeerCertificate } from "node:tls";
import { readPrivateText, readPublicText } from "../../base/key-file.ts";
import { classify } from "../../forward/uplink/classify.ts";
import { check, failed, good, type Judgement, type Subject, warning } from "../check.ts";
import { isDenied } from "./certificate.ts";
import { configOf, day, daysUntil, inFolder, NOT_YET } from "./files.ts";
import { brokerOf, fillFor } from "./network.ts";

interface TlsFacts {
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
  /** Why the handshake failed, or why its certificate is not trusted; null when all is well. */
  readonly error: unknown;
  readonly peer: {
    readonly names: string;
    readonly issuer: string;
    readonly fromMs: number;
    readonly untilMs: number;
  } | null;
  readonly nowMs: number;
  readonly clockSynced: boolean;
}

const SOON_DAYS = 14;

/** The handshake, step by step: dates, chain and name of the broker's certificate. Sends nothing but the handshake. */
export const tls = check<TlsFacts>("tls", {
  needs: ["certificate", "tcp"],
  remote: true,
  late: "broker.timeout",
  observe: (subject) => handshake(subject),
  judge: judgeTls,
});

function handshake(subject: Subject): Promise<TlsFacts> {
  const { machine, signal } = subject;
  const { host, port, isTls } = brokerOf(subject);
  const clockFacts = { nowMs: machine.clock.realtime(), clockSynced: machine.clockSync().synced };
  const facts = { host, port, isTls, ...clockFacts, error: null, peer: null };
  if (!isTls) return Promise.resolve(facts);
  return new Promise((resolve) => {
    const socket = connect({
      host,
      port,
      servername: nameFor(host),
      ...filesOf(subject),
      rejectUnauthorized: false,
    });
    signal.addEventListener("abort", () => socket.destroy(), { once: true });
    socket.once("secureConnect", () => {
      const peer = peerOf(socket.getPeerCertificate());
      const code = socket.authorizationError as unknown as string | null;
      const error = socket.authorized ? null : Object.assign(new Error(String(code)), { code: String(code) });
      socket.destroy();
      resolve({ ...facts, error, peer });
    });
    socket.once("error", (error) => resolve({ ...facts, error }));
    socket.once("close", () => resolve({ ...facts, error: undefined }));
  });
}

/** An address is no server name (RFC 6066, section 3). */
const nameFor = (host: string) => (/^[\d.]+$|:/.test(host) ? "" : host);

/** The key only where this user may read it: without it the broker's side can be judged all the same. */
function filesOf(subject: Subject) {
  const { ca, cert, key } = configOf(subject).broker;
  const trusted = ca === undefined ? {} : { ca: readPublicText(inFolder(subject, ca)) };
  if (cert === undefined || key === undefined) return trusted;
  try {
    const own = readPrivateText(inFolder(subject, key), subject);
    return { ...trusted, cert: readPublicText(inFolder(subject, cert)), key: own };
  } catch (failure) {
    if (!isDenied(failure)) throw failure;
    return trusted;
  }
}

function peerOf({
  subjectaltname,
  subject,
  issuer,
  valid_from,
  valid_to,
}: PeerCertificate): TlsFacts["peer"] {
  return {
    names: subjectaltname ?? String(subject?.CN ?? ""),
    issuer: String(issuer?.CN ?? ""),
    fromMs: Date.parse(valid_from),
    untilMs: Date.parse(valid_to),
  };
}

export function judgeTls(facts: TlsFacts): Judgement[] {
  const { host, port, isTls, error, peer, nowMs, clockSynced } = facts;
  if (!isTls) return [good("broker.url is mqtt: without TLS.")];
  if (error !== null) {
    const { code, detail } = classify({ error, wasUp: false, clockSynced, nowMs });
    const isExpiry = code === "broker.tls_expired";
    const isYoung = isExpiry && peer !== null && nowMs < peer.fromMs;
    const cure = isYoung
      ? NOT_YET
      : isExpiry
        ? { cure: `Renew the certificate of the broker, at ${host}.` }
        : {};
    return [
      failed(code, whyNot(code, facts) ?? `${detail || "The broker closed the connection"}.`, {
        fill: fillFor(host, port),
        ...cure,
      }),
    ];
  }
  const days = peer ? daysUntil(peer.untilMs, nowMs) : SOON_DAYS;
  if (peer && days < SOON_DAYS) {
    const cure = `Renew the certificate of the broker, at ${host}, before it ends.`;
    return [warning("broker.tls_expiring", `The broker's certificate ends in ${days} days.`, { cure })];
  }
  return [good("The broker's certificate is of the right CA, for this name and in its time.")];
}

function whyNot(code: string, { peer, host, clockSynced, nowMs }: TlsFacts): string | undefined {
  if (!peer) return undefined;
  const dates = `The broker's certificate is for ${day(peer.fromMs)} to ${day(peer.untilMs)}; the clock says ${day(nowMs)}.`;
  switch (code) {
    case "broker.tls_name":
      return `It is for ${peer.names}, not for ${host}.`;
    case "broker.tls_ca":
      return `It is signed by ${peer.issuer || "somebody without a name"}.`;
    case "broker.tls_clock":
      return clockSynced ? dates : `${dates} The clock is not set.`;
    case "broker.tls_expired":
      return dates;
    default:
      return undefined;
  }
}
