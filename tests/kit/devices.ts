import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { loadProfiles } from "../../src/config/catalog.ts";
import { checkSettings, type Profile, type ProfileSettings } from "../../src/config/profile.ts";
import type { Reading } from "../../src/model.ts";
import type { Discard } from "../../src/sense/sensor/decoder.ts";
import type { Engine, Step } from "../../src/sense/sensor/engine.ts";
import { profileEngine } from "../../src/sense/sensor/profile/engine.ts";

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

/** A device at the other end: what it says to what it hears, or nothing. */
export type Device = (heard: Uint8Array) => Uint8Array | undefined;

export const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ""), "hex"));
export const text = (line: string) => Uint8Array.from(Buffer.from(line, "latin1"));

/** An engine and its device, with a time that only the test moves. */
export class Bench {
  readonly engine: Engine;
  readonly sent: string[] = [];
  readonly readings: Reading[] = [];
  readonly discarded: Discard[] = [];
  nowMs = 1000;
  readonly #device: Device;

  constructor(profile: Profile, settings: Record<string, unknown> = {}, device: Device = () => undefined) {
    this.engine = profileEngine(profile, settingsOf(profile, settings));
    this.#device = device;
  }

  /** Opens the line and lets so many ms pass. */
  open(forMs = 0): this {
    this.#take(this.engine.opened(this.nowMs));
    return this.pass(forMs);
  }

  /** Time passes, with a tick at every moment that the engine asks for. */
  pass(forMs: number): this {
    const untilMs = this.nowMs + forMs;
    for (let due = this.engine.dueMs; due !== null && due <= untilMs; due = this.engine.dueMs) {
      this.nowMs = Math.max(this.nowMs, due);
      this.#take(this.engine.tick(this.nowMs));
    }
    this.nowMs = untilMs;
    return this;
  }

  bytes(...chunks: readonly Uint8Array[]): this {
    for (const chunk of chunks) this.#take(this.engine.bytes("main", chunk, this.nowMs));
    return this;
  }

  #take({ readings, discarded, send }: Step): void {
    this.readings.push(...readings);
    this.discarded.push(...discarded);
    for (const { bytes } of send) {
      this.sent.push(Buffer.from(bytes).toString("hex"));
      const answer = this.#device(bytes);
      if (answer) this.bytes(answer);
    }
  }
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
  return new Bench(deviceProfile(id), settings, (heard) => device?.(heard) ?? answer?.(heard)).open(
    START_MS[id],
  );
}
