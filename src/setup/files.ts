import { constants, copyFileSync, existsSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { TelpostError } from "../base/errors.ts";
import { writeWhole } from "../base/whole-file.ts";
import { commonNameOf } from "../config/common-name.ts";
import { marked } from "../config/marker.ts";
import type { Plain } from "../config/plain.ts";
import type { Config } from "../config/schema.ts";
import { yamlText } from "../config/yaml-text.ts";
import { readKeyPair } from "../keys/files.ts";
import type { PublicJwk } from "../keys/jwk.ts";
import { makeGatewayKey } from "../keys/make.ts";
import { writePrivateKey, writePublicKey } from "../keys/write.ts";
import { type Existing, isNobodys, sameConfiguration } from "./base.ts";

/** A configuration as setup writes it. */
export function configurationText(plain: Plain): string {
  return marked(yamlText(plain), "telpost setup; change it as you like, then it is yours");
}

/**
 * Puts a configuration in its place and says what was done. What somebody wrote is replaced only with `force`, and
 * whatever is replaced stays beside it as a copy.
 * @throws TelpostError setup.exists, setup.unwritable
 */
export function writeConfiguration(
  file: string,
  plain: Plain,
  { existing, force }: { readonly existing: Existing | null; readonly force: boolean },
): string {
  if (existing && sameConfiguration(existing.plain, plain)) return `${file} is kept as it is.`;
  if (existing && !isNobodys(existing) && !force) throw new TelpostError("setup.exists", file);
  try {
    const copy = existing ? copyOf(file) : null;
    writeWhole(file, configurationText(plain), { mode: 0o644, replace: existing !== null });
    return `${file} written${copy ? `; what was there is ${basename(copy)}` : ""}.`;
  } catch (cause) {
    throw new TelpostError("setup.unwritable", `${file}: ${(cause as NodeJS.ErrnoException).code}`, {
      cause,
    });
  }
}

function copyOf(file: string): string {
  for (let number = 1; ; number++) {
    const copy = `${file}.${number}`;
    if (existsSync(copy)) continue;
    copyFileSync(file, copy, constants.COPYFILE_EXCL);
    return copy;
  }
}

/** The gateway's public key; a private key that is there is kept, whatever else is asked. */
export function gatewayKey(
  config: Config,
  folder: string,
): { readonly made: boolean; readonly publicJwk: PublicJwk } {
  const file = resolve(folder, config.gateway.key);
  const made = !existsSync(file);
  if (made) writePrivateKey(file, makeGatewayKey().privateJwk);
  const { publicJwk } = readKeyPair(file, "Ed25519");
  writePublicKey(publicKeyFile(config, folder), publicJwk, { replace: true });
  return { made, publicJwk };
}

/** What goes back to the city, where `telpost fleet` looks for files of this name. */
export function publicKeyFile({ gateway }: Config, folder: string): string {
  return join(folder, `${gateway.id}.public.jwk`);
}

/**
 * Takes what the city and the broker's operator gave from another folder, where the configuration names it and its own
 * folder lacks it. Never the gateway's own key, which is made here. @returns the names
 * @throws TelpostError setup.unwritable
 */
export function bringFiles({ city, broker }: Config, folder: string, from: string): string[] {
  const given = [city.root, city.keys, broker.ca, broker.cert, broker.key].filter(
    (path) => path !== undefined && basename(path) === path && !isThere(path, folder) && isThere(path, from),
  ) as string[];
  for (const name of given) {
    const mode = name === broker.key ? 0o600 : 0o644;
    try {
      writeWhole(join(folder, name), readFileSync(join(from, name), "utf8"), { mode, replace: false });
    } catch (cause) {
      throw new TelpostError("setup.unwritable", `${name}: ${(cause as NodeJS.ErrnoException).code}`, {
        cause,
      });
    }
  }
  return given;
}

/** Files that the configuration names and that are not there, each with how to get it. */
export function missingFiles({ city, broker }: Config, folder: string): string[] {
  const needs: [path: string | undefined, how: string][] = [
    [city.root, "the city gives it: its public root key"],
    [city.keys, "the city gives it: the keys to seal to"],
    [broker.ca, "the broker's operator gives it: who signed its certificate"],
    [broker.key, "it is made here, by the line below"],
    [broker.cert, "the broker's operator makes it of the request (.csr) that the line below makes"],
  ];
  return needs.flatMap(([path, how]) => (isThere(path, folder) ? [] : [`${path} is missing; ${how}.`]));
}

/** The line that makes the broker key and the request for its certificate; null when the key is there or not wanted. */
export function requestCommand(
  { gateway: { tenant, site, id }, broker }: Config,
  folder: string,
): string | null {
  if (broker.key === undefined || isThere(broker.key, folder)) return null;
  const name = commonNameOf({ tenant, site, gateway: id }).replaceAll("/", "\\/");
  const files = `-keyout ${resolve(folder, broker.key)} -out ${id}.csr -subj '/CN=${name}'`;
  // openssl makes a private key readable for its owner alone, whatever the umask (openssl-req(1), -keyout).
  return `sudo openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes ${files}`;
}

function isThere(path: string | undefined, folder: string): boolean {
  return path === undefined || isFile(resolve(folder, path));
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

/** The folder that the paths of a configuration are relative to. */
export const folderOf = (file: string) => dirname(resolve(file));
