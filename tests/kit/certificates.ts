import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { basename, join } from "node:path";

/** A certificate authority in a folder. Everything is PEM; keys are P-256. */
export interface Authority {
  readonly ca: string;
  readonly caKey: string;
}

export interface Issued {
  readonly cert: string;
  readonly key: string;
}

export interface Validity {
  /** `YYYYMMDDHHMMSSZ`; default from now for a day. */
  readonly from: string;
  readonly to: string;
}

function openssl(args: readonly string[]): void {
  const { status, stderr } = spawnSync("openssl", args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`openssl ${args[0]} failed: ${stderr}`);
}

const NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];

/** Makes a CA. @param days it is valid for */
export function makeAuthority(folder: string, name = "ca", days = 2): Authority {
  const ca = join(folder, `${name}.pem`);
  const caKey = join(folder, `${name}.key`);
  const subject = [
    "-subj",
    `/CN=${name}`,
    "-days",
    String(days),
    "-addext",
    "keyUsage=critical,keyCertSign,cRLSign",
  ];
  openssl(["req", "-x509", ...NEW_KEY, "-keyout", caKey, "-out", ca, ...subject]);
  return { ca, caKey };
}

/** A server certificate for 127.0.0.1 and localhost, or for other names (`DNS:broker.example`). */
export function issueServer(
  folder: string,
  authority: Authority,
  {
    name = "server",
    names = "IP:127.0.0.1,DNS:localhost",
    validity,
  }: { name?: string; names?: string; validity?: Validity } = {},
): Issued {
  return issue(folder, authority, {
    name,
    subject: "broker",
    extensions: `subjectAltName=${names}`,
    validity,
  });
}

/** A client certificate; the common name becomes the MQTT user name. */
export function issueClient(
  folder: string,
  authority: Authority,
  commonName: string,
  validity?: Validity,
): Issued {
  const name = `client-${basename(authority.ca, ".pem")}-${commonName.replaceAll("/", "-")}`;
  return issue(folder, authority, {
    name,
    subject: commonName,
    extensions: "extendedKeyUsage=clientAuth",
    validity,
  });
}

interface Request {
  readonly name: string;
  readonly subject: string;
  readonly extensions: string;
  readonly validity: Validity | undefined;
}

function issue(folder: string, { ca, caKey }: Authority, request: Request): Issued {
  const { name, subject, extensions, validity } = request;
  const [key, csr, cert, ext] = ["key", "csr", "pem", "ext"].map((end) => join(folder, `${name}.${end}`));
  if (!key || !csr || !cert || !ext) throw new Error("unreachable");
  writeFileSync(ext, `${extensions}\n`);
  openssl(["req", ...NEW_KEY, "-keyout", key, "-out", csr, "-subj", `/CN=${subject.replaceAll("/", "\\/")}`]);
  const signed = ["-in", csr, "-out", cert, "-extfile", ext];
  if (!validity) {
    openssl(["x509", "-req", "-CA", ca, "-CAkey", caKey, "-CAcreateserial", "-days", "1", ...signed]);
    return { cert, key };
  }
  // Only `openssl ca` sets both dates; it wants a small database of its own.
  const config = join(folder, `${name}.cnf`);
  writeFileSync(join(folder, `${name}.index`), "");
  writeFileSync(
    config,
    `[ca]\ndefault_ca=d\n[d]\ndatabase=${join(folder, `${name}.index`)}\nnew_certs_dir=${folder}\nrand_serial=yes\npolicy=p\ndefault_md=sha256\n[p]\ncommonName=supplied\n`,
  );
  const dates = ["-startdate", validity.from, "-enddate", validity.to];
  openssl([
    "ca",
    "-batch",
    "-config",
    config,
    "-cert",
    ca,
    "-keyfile",
    caKey,
    "-notext",
    ...dates,
    ...signed,
  ]);
  return { cert, key };
}
