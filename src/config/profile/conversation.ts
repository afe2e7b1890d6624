import { z } from "zod";
import {
  hexBytes,
  keyed,
  name,
  oneForm,
  orSetting,
  plainValue,
  pointer,
  settingName,
  wireText,
} from "./values.ts";

/** The line a device hangs on, and what is said on it: start-up steps and polls. */

const portName = z.enum(["main", "command"]);

const serial = z.strictObject({
  kind: z.literal("serial"),
  baudRate: z.int().min(50).max(4_000_000),
  dataBits: z.literal([7, 8]).default(8),
  parity: z.enum(["none", "even", "odd"]).default("none"),
  stopBits: z.literal([1, 2]).default(1),
  /** A shared line: what the gateway sends comes back as an echo with some adapters. */
  bus: z.literal("rs485").exactOptional(),
  ports: z.array(portName).min(1).max(2).default(["main"]),
  /** Of the second port, where it differs. */
  commandBaudRate: z.int().min(50).max(4_000_000).exactOptional(),
});

/** Names for the GPIO lines of a device; which pins they are is said in telpost.yaml. */
const gpio = z.strictObject({ kind: z.literal("gpio"), lines: z.array(name).min(1).max(4) });

export const transport = z.discriminatedUnion("kind", [serial, gpio]);

/** Bytes or text, exactly as they stand. */
const sent = {
  hex: z.strictObject({ hex: hexBytes(512) }),
  text: z.strictObject({ text: wireText }),
};
const register = z.int().min(0).max(65_535);

/** What proves that a step worked. */
const expected = oneForm({
  /** A frame that begins with these bytes. */
  hex: z.strictObject({ hex: hexBytes(64) }),
  /** The first of these texts, anywhere in what comes; one of `refuse` means no. */
  any: z.strictObject({
    any: z.array(wireText).min(1).max(8),
    refuse: z.array(wireText).min(1).max(8).exactOptional(),
  }),
  /** A JSON frame with these values. */
  json: z.strictObject({ json: keyed(pointer, plainValue) }),
});

/** Writes one register (Modbus Application Protocol V1.1b3, 6.6). The answer repeats it; `confirm: false` does without. */
const modbusWrite = z.strictObject({
  modbus: z.strictObject({
    fc: z.literal(6),
    addr: register,
    value: register,
    confirm: z.boolean().default(true),
  }),
});

export const initStep = z.strictObject({
  /** Only for sensors whose setting of this name is true: a command that only some models of a family have. */
  onlyIf: settingName.exactOptional(),
  port: portName.default("main"),
  /** A setting is a text, sent as it is, or a file of lines for the command line of a TI demo. */
  send: oneForm({ ...sent, setting: settingName, modbus: modbusWrite }),
  /** Without it nothing is waited for: the step is over after `timeoutMs`. */
  expect: expected.exactOptional(),
  timeoutMs: z.int().min(10).max(60_000).default(500),
  retries: z.int().min(0).max(10).default(3),
  /** Silence after the step. */
  gapMs: z.int().min(0).max(10_000).default(0),
  /** Also after a step before it failed, such as leaving the configuration mode. */
  always: z.boolean().default(false),
});

/** A read of registers: 3 holding, 4 input (Modbus Application Protocol V1.1b3, 6.3 and 6.4). Addresses count from 0. */
const modbus = z.strictObject({
  fc: orSetting(z.literal([3, 4])),
  addr: orSetting(register),
  qty: z.int().min(1).max(125),
});

/** `#AAN`: the value of counter N (ICP DAS I-7080 user manual V2.2 p. 26). */
const dcon = z.strictObject({ read: z.literal("N"), channel: orSetting(z.int().min(0).max(15)) });

export const poll = z
  .strictObject({
    name,
    everyMs: z.int().min(20).max(86_400_000),
    send: oneForm(sent).exactOptional(),
    modbus: modbus.exactOptional(),
    dcon: dcon.exactOptional(),
    timeoutMs: z.int().min(10).max(60_000).default(300),
    retries: z.int().min(0).max(10).default(2),
  })
  .refine(({ send, modbus, dcon }) => [send, modbus, dcon].filter(Boolean).length === 1, {
    error: "expected exactly one of send, modbus, dcon",
  });

/**
 * For `telpost probe --ask`: what may be asked of a device that nobody knows yet. Questions only: nothing that sets,
 * clears, starts or stops anything.
 */
export const probe = z.strictObject({
  /** Values for the polls where the settings have no default; used in probing only. */
  settings: keyed(name, plainValue).default({}),
  ask: z
    .array(
      z.strictObject({
        send: oneForm(sent),
        expect: expected,
        timeoutMs: z.int().min(10).max(2000).default(500),
      }),
    )
    .max(4)
    .default([]),
});

export type Transport = z.output<typeof transport>;
export type InitStep = z.output<typeof initStep>;
export type Poll = z.output<typeof poll>;
export type Probe = z.output<typeof probe>;
export type Expected = z.output<typeof expected>;
