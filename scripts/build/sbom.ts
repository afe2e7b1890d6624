import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Component } from "./components.ts";

export interface SbomInput {
  /** The folder whose files are listed. */
  readonly tree: string;
  readonly files: readonly string[];
  readonly components: readonly Component[];
  readonly version: string;
  /** Debian's name of the architecture. */
  readonly arch: string;
  /** Seconds since 1970. */
  readonly epoch: number;
  /** Libraries compiled into the binaries, by package, then by library: version. */
  readonly inside: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/**
 * What is in a package, as CycloneDX 1.6 JSON (ECMA-424): the packages of others with the hash of the archive they came
 * from, the libraries compiled into them, and every file with its SHA-256.
 */
export function sbom({ tree, files, components, version, arch, epoch, inside }: SbomInput): string {
  const purl = `pkg:deb/telpost/telpost@${version}?arch=${arch}`;
  const bom = {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      timestamp: new Date(epoch * 1000).toISOString(),
      component: {
        type: "application",
        "bom-ref": purl,
        name: "telpost",
        version,
        purl,
        ...licensed("EUPL-1.2"),
      },
    },
    components: [
      ...components.map((one) => packageEntry(one, inside[one.name] ?? {})),
      ...files.map((file) => ({ type: "file", name: `/${file}`, hashes: [sha256(join(tree, file))] })),
    ],
  };
  return `${JSON.stringify(bom, null, 2)}\n`;
}

function packageEntry(
  { name, version, licence, integrity, path }: Component,
  inside: Readonly<Record<string, string>>,
) {
  const purl = `pkg:npm/${name.replace("@", "%40")}@${version}`;
  const libraries = Object.entries(inside).map(([library, at]) => ({
    type: "library",
    name: library,
    version: at,
    purl: `pkg:generic/${library}@${at}`,
  }));
  return {
    type: "library",
    // The path, because one version of a package may be there twice.
    "bom-ref": path,
    name,
    version,
    purl,
    ...licensed(licence),
    ...(integrity ? { hashes: [sha512(integrity)] } : {}),
    ...(libraries.length > 0 ? { components: libraries } : {}),
  };
}

function licensed(licence: string) {
  const simple = /^[\w.-]+$/.test(licence);
  return { licenses: [simple ? { license: { id: licence } } : { expression: licence }] };
}

function sha512(integrity: string) {
  const content = Buffer.from(integrity.replace("sha512-", ""), "base64").toString("hex");
  return { alg: "SHA-512", content };
}

function sha256(file: string) {
  return { alg: "SHA-256", content: createHash("sha256").update(readFileSync(file)).digest("hex") };
}
