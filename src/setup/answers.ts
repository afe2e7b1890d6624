import { z } from "zod";
import { parseYaml } from "../config/parse.ts";
import { level, path } from "../config/schema-parts.ts";

/**
 * What telpost setup asks, as a file: with it nothing is asked. Paths in it are relative to it, except those in sections,
 * which are copied into telpost.yaml as they are. deploy/setup.example.yaml shows all of it.
 */

const section = z.record(z.string(), z.unknown());

const probe = z.strictObject({
  /** What the sensor is called from now on. */
  id: level,
  port: path,
  /** The one to take where several fit. */
  profile: z.string().optional(),
  /** May be asked too, as telpost probe --ask does. */
  ask: z.boolean().default(false),
  /** How long to listen at each setting of the line. */
  seconds: z.number().min(0.2).max(60).default(3),
  /** Keys of the sensor that nobody but the person on the spot knows, such as its counting lines. */
  set: section.default({}),
});

const schema = z.strictObject({
  /** A telpost.yaml to start from, such as the one telpost fleet made for this gateway. */
  base: path.optional(),
  gateway: z.strictObject({ tenant: level, site: level, id: level }).optional(),
  city: section.optional(),
  broker: section.optional(),
  privacy: section.optional(),
  outbox: section.optional(),
  report: section.optional(),
  /** Sensors as they stand in telpost.yaml. */
  sensors: z.array(section).optional(),
  /** Contacts of the cabinet as they stand in telpost.yaml. */
  contacts: z.array(section).optional(),
  statusLight: section.optional(),
  /** Where the sensors of the base are on this gateway: id -> port. */
  ports: z.record(z.string(), path).default({}),
  /** Sensors to find out about by listening. */
  probe: z.array(probe).optional(),
});

export type Answers = z.output<typeof schema>;
export type ProbeAnswer = z.output<typeof probe>;

/** When a person is asked instead. */
export const NO_ANSWERS: Answers = { ports: {} };

/** Text in, answers or all problems out. Opens nothing. */
export function parseAnswers(text: string) {
  return parseYaml(text, schema);
}
