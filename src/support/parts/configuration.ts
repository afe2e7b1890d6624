import { z } from "zod";
import { factsOf } from "../../config/facts.ts";
import type { ContactConfig, SensorConfig } from "../../config/schema.ts";
import type { Configuration, Patient } from "../../doctor/check.ts";
import { brokerOf } from "../../doctor/checks/network.ts";
import { CONTACT_USES } from "../../model.ts";
import { contactSettings, gpioSettings, lineSettings } from "../../sense/line-settings.ts";
import { code, flag, hash, id, kept, listOf, oneOf, path, rational, title, whole } from "../allow.ts";
import { part } from "../part.ts";

const serial = z.object({
  port: path,
  baudRate: whole,
  dataBits: whole,
  parity: oneOf(["none", "even", "odd"]),
  stopBits: whole,
});
const line = z.union([z.int(), title]);
const gpio = z.object({
  chip: title,
  driver: oneOf(["character-device", "onoff"]),
  lines: kept(z.record(z.string().regex(/^[a-z]{1,16}$/), line)),
  bias: oneOf(["pull-up", "pull-down", "disabled", "as-is"]),
  activeLow: flag,
  debounceMs: whole,
});
const sensor = z.object({
  id,
  profile: id,
  liveness: oneOf(["poll", "frames", "heartbeat", "none"]),
  silentAfterMs: whole,
  nominalHz: kept(z.number()),
  outputs: listOf(z.object({ id, kind: oneOf(["flow", "occupancy"]), seconds: whole }), 64),
  serial: listOf(serial, 2),
  gpio: kept(gpio),
});

const good = z.object({
  gateway: z.object({ tenant: id, site: id, id }),
  broker: z.object({
    host: title,
    port: whole,
    isTls: flag,
    ack: oneOf(["broker", "city"]),
    protocol: oneOf(["auto", "5", "3.1.1"]),
    inFlight: whole,
    backlogPerSecond: whole,
    keepaliveSeconds: whole,
    hasCertificate: flag,
  }),
  privacy: z.object({
    profile: oneOf(["street", "lab"]),
    mechanism: oneOf(["discrete-laplace", "none"]),
    flow: z.object({ windowSeconds: whole, epsilon: rational }),
    occupancy: z.object({
      windowSeconds: whole,
      epsilon: rational,
      w: whole,
      stat: oneOf(["max", "mean", "last"]),
    }),
  }),
  outbox: z.object({ maxBytes: whole, maxAge: whole }),
  sensors: listOf(sensor, 64),
  contacts: listOf(z.object({ id, use: oneOf(CONTACT_USES), gpio: kept(gpio) }), 16),
  statusLight: kept(z.object({ gpio: z.object({ chip: title, line: kept(line), activeLow: flag }) })),
});

const shape = z.object({
  hash,
  code,
  problems: listOf(z.object({ line: whole, column: whole }), 100),
  good: kept(good),
});

/** What telpost.yaml sets, as far as a technician needs it. */
export const configuration = part(
  {
    name: "configuration",
    why: "what telpost.yaml sets: sensors with profile, port and baud rate, broker, windows, limits",
    leavesOut:
      "the file itself and where its problems quote it, keys and their paths, positions of lines and zones, places, names and texts of people",
    names: ["tenant, site and id of the gateway", "the broker's name", "device paths", "ids of sensors"],
  },
  shape,
  ({ patient }) => {
    const { hash, code } = patient.configuration;
    return { hash, code, problems: placesOfProblems(patient.configuration), good: goodOf(patient) };
  },
);

/** Where the problems are: what is said of them may quote what stands there. */
function placesOfProblems({ file, problems }: Configuration) {
  return problems.flatMap((problem) => {
    const [, line, column] = /^:(\d+):(\d+)/.exec(problem.slice(file.length)) ?? [];
    return line && column ? [{ line: Number(line), column: Number(column) }] : [];
  });
}

function goodOf(patient: Patient) {
  const { config } = patient.configuration;
  if (!config) return null;
  return {
    ...config,
    broker: { ...config.broker, ...brokerOf(patient), hasCertificate: config.broker.cert !== undefined },
    sensors: config.sensors.map((one) => sensorOf(one, config.privacy)),
    contacts: config.contacts.map(contactOf),
    statusLight: config.statusLight ?? null,
  };
}

function sensorOf(sensor: SensorConfig, privacy: Parameters<typeof factsOf>[1]) {
  const serial = lineSettings(sensor).map(([, settings]) => settings);
  return { ...factsOf(sensor, privacy), serial, gpio: gpioSettings(sensor) ?? null };
}

function contactOf(contact: ContactConfig) {
  return { id: contact.id, use: contact.use, gpio: contactSettings(contact) };
}
