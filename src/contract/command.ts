import { z } from "zod";
import { COMMANDS } from "../model.ts";
import { remoteDoctor } from "./doctor-report.ts";
import { health } from "./health.ts";
import { jsonOf } from "./json.ts";

/**
 * The few things a city may ask of a gateway from afar: `cmd/<name>` in, `res/<name>` out. None of them shows a reading,
 * changes a setting or publishes a window again (P17).
 */

export const COMMAND_SCHEMA = "telpost/command/1";
export const RESULT_SCHEMA = "telpost/result/1";
/** The largest command is far smaller. */
export const MAX_COMMAND_BYTES = 1024;
/** MQTT 5 correlation data: more is not given back. A UUID as text has 36. */
export const MAX_CORRELATION_BYTES = 64;

const schema = z.literal(COMMAND_SCHEMA);

/** The message on `cmd/<name>`, one form for each. Closed for readers too: a gateway does nothing it does not know whole. */
export const command = z.discriminatedUnion("command", [
  z.strictObject({ schema, command: z.literal("health") }),
  z.strictObject({ schema, command: z.literal("privacy") }),
  z.strictObject({ schema, command: z.literal("restart") }),
  z.strictObject({ schema, command: z.literal("doctor") }),
]);
export type Command = z.output<typeof command>;

const head = {
  schema: z.literal(RESULT_SCHEMA),
  /** Last level of the topic the command came on, whether there is such a command or not. */
  command: z.string().regex(/^[a-z0-9-]{1,32}$/),
  at: z.iso.datetime(),
};

const refused = z.object({
  ...head,
  outcome: z.literal("refused"),
  /** Error code of the table: nothing was done. */
  code: z.string().max(64),
});

const done = z.object({
  ...head,
  outcome: z.literal("done"),
  /** The answer to `health`. */
  health: health.exactOptional(),
  /** The answer to `doctor`. */
  doctor: remoteDoctor.exactOptional(),
});

/** The answer on `res/<name>`, or on the response topic that was asked for. Readers accept unknown keys. */
export const result = z.discriminatedUnion("outcome", [done, refused]);
export type Result = z.output<typeof result>;
/** What a command that was done answers with. */
export type Findings = Omit<z.output<typeof done>, "schema" | "command" | "at" | "outcome">;

/** The command in a payload, or null when it is none. Never throws: the payload comes from outside. */
export function readCommand(payload: Uint8Array): Command | null {
  if (payload.length > MAX_COMMAND_BYTES) return null;
  try {
    return command.safeParse(jsonOf(payload)).data ?? null;
  } catch {
    return null; // Not UTF-8 or not JSON.
  }
}

/** True for the name of a command there is. */
export function isCommand(name: string): name is Command["command"] {
  return (COMMANDS as readonly string[]).includes(name);
}
