import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { loadProfiles } from "../../src/config/catalog.ts";
import { checkSettings, type Profile, type ProfileSettings } from "../../src/config/profile.ts";
import type { Engine } from "../../src/sense/sensor/engine.ts";
import { engineOf } from "./engines.ts";
import { Bench, type Device, hex, text } from "./talk.ts";

export { Bench, type Device, hex, text };

const FOLDER = join(import.meta.dirname, "../../firmware-config");

/** The folders of devices that come with the product. */
export const deviceFolders: readonly string[] = readdirSync(FOLDER, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .sort();

/** The text of a file in the folder of a device. */
export const deviceFile = (id: string, file = "profile.yaml") => readFileSync(join(FOLDER, id, file), "utf8");

const loadedProfiles = new Map<string, Profile>();

/** A profile that comes with the product; read once. */
export function deviceProfile(id: string): Profile {
  const known = loadedProfiles.get(id);
  if (known) return known;
  const loaded = loadProfiles([{ id, text: deviceFile(id) }]);
  const profile = loaded.ok ? loaded.value.get(id) : undefined;
  if (!profile) throw new Error(`the profile ${id} does not load`);
  loadedProfiles.set(id, profile);
  return profile;
}

/** Every profile that comes with the product. */
export const shippedProfiles = (): Profile[] => deviceFolders.map(deviceProfile);

/** Settings of a sensor, with the defaults of its profile. */
export function settingsOf(profile: Profile, given: Record<string, unknown> = {}): ProfileSettings {
  const checked = checkSettings(profile.settings, given);
  if (!checked.ok) throw new Error(checked.problems.map(({ message }) => message).join("; "));
  return checked.value;
}

/** The engine that the profile of a device names. */
export function deviceEngine(id: string, settings: Record<string, unknown> = {}): Engine {
  const profile = deviceProfile(id);
  return engineOf(profile, settingsOf(profile, settings));
}

const said = (heard: Uint8Array) => Buffer.from(heard).toString("latin1");

/** Answers as the manuals print them; what is not printed is made by their rules. */
const ANSWERS: Readonly<Record<string, Device>> = {
  "hilink-ld2450": (heard) => {
    const command = heard[6] ?? 0;
    if (command === 0xff) return hex("fdfcfbfa0800ff0100000100400004030201");
    return Uint8Array.from([...hex("fdfcfbfa0400"), command, 1, 0, 0, ...hex("04030201")]);
  },
  "dfrobot-c4001": () => text("Done\r\nleapMMW:/>"),
  "sscma-camera": (heard) => {
    const name = /^AT\+([A-Z]+)/.exec(said(heard))?.[1];
    return text(`\r{"type": 0, "name": "${name}", "code": 0, "data": {}}\n`);
  },
  "omnipresense-ops243": (heard) =>
    said(heard) === "?P" ? text('{"Product":"OPS243 Doppler"}\r\n') : undefined,
};

/** How long the commands take: some devices want a pause after each. */
const START_MS: Readonly<Record<string, number>> = {
  "dfrobot-c4001": 2000,
  "sscma-camera": 500,
  "omnipresense-ops243": 1000,
};

/** The real profile of a device, started against answers of its manual: the next bytes are read. */
export function started(id: string, settings: Record<string, unknown> = {}, device?: Device): Bench {
  const answer = ANSWERS[id];
  return new Bench(
    deviceEngine(id, settings),
    (heard, nowMs) => device?.(heard, nowMs) ?? answer?.(heard, nowMs),
  ).open(START_MS[id]);
}
