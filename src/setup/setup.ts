import type { Clock } from "../base/clock.ts";
import { TelpostError } from "../base/errors.ts";
import { recordOutputs } from "../config/derived.ts";
import { firstWindowSeconds } from "../config/outputs.ts";
import { parseConfig, problemLine } from "../config/parse.ts";
import type { Plain } from "../config/plain.ts";
import type { Profile } from "../config/profile.ts";
import type { Config } from "../config/schema.ts";
import { gatewayName } from "../contract/topics.ts";
import type { PublicJwk } from "../keys/jwk.ts";
import type { Answers } from "./answers.ts";
import { readExisting, startingPoint } from "./base.ts";
import {
  bringFiles,
  configurationText,
  folderOf,
  gatewayKey,
  missingFiles,
  publicKeyFile,
  requestCommand,
  writeConfiguration,
} from "./files.ts";
import { firstWindow } from "./first-window.ts";
import type { Machine, Person } from "./ports.ts";
import { sensorsOf } from "./sensors.ts";

export interface SetupOptions {
  readonly file: string;
  readonly answers: Answers;
  /** Where files of the city and the broker may lie too: the folder of the answers. */
  readonly from?: string;
  readonly person: Person;
  readonly machine: Machine;
  readonly profiles: readonly Profile[];
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Replaces a configuration that somebody wrote; a copy is kept. */
  readonly force: boolean;
  /** False: everything but the start, and a wait only for what runs already. */
  readonly start: boolean;
  /** How long the first window may take; default two windows and a minute. */
  readonly waitSeconds?: number;
}

/**
 * From a boxed machine to the first window, one step after the other; each says what it did. Every file is whole or not
 * there, so that it can be stopped and run again at any moment.
 * @returns whether everything is done; false when something is missing that only a person can bring
 * @throws TelpostError with what to do
 */
export async function runSetup(options: SetupOptions): Promise<boolean> {
  const { file, person, answers, machine, force } = options;
  look(machine, person);
  person.say("[2/6] What this gateway is, and its sensors");
  const existing = readExisting(file);
  const start = await startingPoint({ answers, existing, file, force, person });
  const plain: Plain = { ...start, sensors: await sensorsOf(start.sensors, { answers, person, machine }) };
  const config = checked(plain, options);
  unlessStopped(options);
  person.say("[3/6] Configuration");
  person.say(writeConfiguration(file, plain, { existing, force }));
  const { publicJwk } = keys(config, options);
  unlessStopped(options);
  const done = await started(config, options);
  registration(config, publicJwk, options);
  return done;
}

/** A step that began is ended; none begins after Ctrl-C. @throws TelpostError setup.stopped */
function unlessStopped({ signal }: SetupOptions): void {
  if (signal.aborted) throw new TelpostError("setup.stopped");
}

function look(machine: Machine, person: Person): void {
  person.say("[1/6] What is plugged in");
  const ports = machine.ports();
  for (const { path, device } of ports) person.show(`  ${path}${path === device ? "" : ` (${device})`}`);
  if (ports.length === 0) person.say("  no serial port; check the cable, then: ls -l /dev/serial/by-id");
  for (const { label, lines } of machine.chips()) person.show(`  GPIO ${label}, ${lines} lines`);
}

/** Nothing is written that `telpost check` would not take. @throws TelpostError config.invalid */
function checked(plain: Plain, { file, profiles, person }: SetupOptions): Config {
  const parsed = parseConfig(configurationText(plain), profiles);
  if (parsed.ok) {
    const { sensors } = parsed.value;
    person.say(`Checked: ${sensors.length} sensors, ${recordOutputs(parsed.value).length} records a window.`);
    return parsed.value;
  }
  for (const problem of parsed.problems) person.show(problemLine(`${file} (not written)`, problem));
  throw new TelpostError("config.invalid", `${parsed.problems.length} problems; nothing was written`);
}

function keys(config: Config, { file, from, person, machine }: SetupOptions) {
  person.say("[4/6] Keys");
  const folder = folderOf(file);
  const brought = from === undefined ? [] : bringFiles(config, folder, from);
  if (brought.length > 0) person.say(`From ${from}: ${brought.join(", ")}.`);
  const key = gatewayKey(config, folder);
  person.say(
    `${config.gateway.key} ${key.made ? "made; it never leaves this gateway." : "is there and kept."}`,
  );
  if (!machine.giveKeys())
    person.say("It belongs to you, not to telpost-sense: run this as root on an installed gateway.");
  return key;
}

async function started(config: Config, options: SetupOptions): Promise<boolean> {
  const { file, person, machine, clock, signal, start } = options;
  person.say("[5/6] Start");
  const missing = missingFiles(config, folderOf(file));
  if (missing.length > 0) {
    for (const one of missing) person.say(`- ${one}`);
    const command = requestCommand(config, folderOf(file));
    if (command) person.show(`  ${command}`);
    person.say(
      `Not started. Put these files beside ${options.from === undefined ? "telpost.yaml" : "the answers"}, then run telpost setup again.`,
    );
    return false;
  }
  if (start && machine.start) await machine.start();
  person.say(start && machine.start ? "telpost-sense and telpost-forward are started." : whyNot(options));
  if (!start || !machine.start) {
    const { sense, forward } = await machine.status();
    if (!sense && !forward) return !start;
  }
  person.say("[6/6] The first window");
  const seconds = options.waitSeconds ?? firstWindowSeconds(config);
  person.say(`Waiting for it, at most ${seconds} s.`);
  await firstWindow({ machine, person, clock, signal, seconds });
  return true;
}

function whyNot({ start, file }: SetupOptions): string {
  if (!start) return "Not started, as you asked (--no-start).";
  return `No unit of systemd here uses ${file}. Start it with: telpost run --config ${file}`;
}

/** What the city must know, as it stands in its site file. */
function registration(config: Config, { kty, crv, x }: PublicJwk, { file, person }: SetupOptions): void {
  const { tenant, site, id: gateway } = config.gateway;
  const id = gatewayName({ tenant, site, gateway });
  person.say(`At the city, this line goes into site.yaml under gateways:`);
  person.show(`  - { id: ${id}, key: { kty: ${kty}, crv: ${crv}, x: "${x}" } }`);
  person.say(
    `With telpost fleet, ${publicKeyFile(config, folderOf(file))} goes into its folder keys instead.`,
  );
}
