import { beats } from "../config/facts.ts";
import type { BinaryFrame, Frame, Profile } from "../config/profile.ts";
import type { SensorConfig, SerialSensorConfig } from "../config/schema.ts";
import { MODBUS_EXCEPTION } from "../sense/sensor/frames/modbus.ts";
import { beatFrames } from "../sense/sensor/profile/beat.ts";
import { MAGIC } from "../sense/sensor/ti/frames.ts";
import { steadyForm, UNNAMED } from "./ear.ts";
import type { FrameKind } from "./sniffed.ts";

/** What may be told of a sensor outside of a walk test: only what comes whether anybody passes or not (P9). */
export interface SniffPlan {
  readonly kinds: readonly FrameKind[];
  /** The frames that keep a beat; empty where they cannot be told from others, and only the conversation is told. */
  readonly beat: ReadonlySet<string>;
  /** Frames that may be passages never stand among those that fail. */
  readonly tellsErrors: boolean;
  /** It speaks when it is asked. */
  readonly isAsked: boolean;
  readonly nominalMs: number | null;
}

/** @returns null where whatever comes may be a passage */
export function planOf(sensor: SensorConfig): SniffPlan | null {
  return sensor.profile === "device" ? devicePlan(sensor.device) : linesPlan(sensor);
}

function linesPlan(sensor: SerialSensorConfig): SniffPlan | null {
  if (!beats(sensor) || steadyForm(sensor) === null) return null;
  const json = sensor.profile === "generic-jsonl";
  return {
    kinds: [{ name: UNNAMED.lines, header: json ? hex(Buffer.from("{")) : "", bytes: "a line each" }],
    beat: new Set([UNNAMED.lines]),
    tellsErrors: sensor.sends.every((form) => form === "tracks" || form === "present"),
    isAsked: false,
    nominalMs: null,
  };
}

function devicePlan(profile: Profile): SniffPlan | null {
  const { health, transport, engine, frames, poll } = profile;
  if (health.liveness === "none" || transport.kind !== "serial") return null;
  const nominalMs = health.nominalHz ? 1000 / health.nominalHz : null;
  const common = { isAsked: health.liveness === "poll", tellsErrors: true, nominalMs };
  if (engine === "ti-iwr6843") return { ...common, kinds: [TI], beat: new Set([UNNAMED.ti]) };
  const beat = beatFrames(profile);
  const isText = frames.some(({ kind }) => kind === "line" || kind === "json-stream");
  // Text of one kind: what a device says by itself cannot be told from its answers.
  if (isText && poll.length > 0) return { ...common, kinds: [], beat: new Set(), tellsErrors: false };
  if (beat.size === 0) return null;
  const answers = common.isAsked ? [MODBUS_EXCEPTION] : [];
  const kinds = frames.filter(({ name }) => beat.has(name)).map(kindOf);
  return { ...common, kinds, beat: new Set([...beat, ...answers]) };
}

const TI: FrameKind = { name: UNNAMED.ti, header: hex(MAGIC), bytes: "as many as it says at byte 12" };

function kindOf(frame: Frame): FrameKind {
  const { name } = frame;
  switch (frame.kind) {
    case "binary":
      return { name, header: hex(frame.sync), bytes: lengthOf(frame) };
    case "line":
      return { name, header: hex(Buffer.from(frame.start ?? "", "latin1")), bytes: `up to ${frame.max}` };
    case "json-stream":
      return { name, header: hex(Buffer.from("{")), bytes: `up to ${frame.max}` };
    case "modbus-rtu":
      return { name, header: "", bytes: "as many as were asked for" };
    case "dcon":
      return { name, header: hex(Buffer.from(">")), bytes: "up to 80" };
  }
}

function lengthOf({ size }: BinaryFrame): string {
  return typeof size === "number"
    ? String(size)
    : `${size.min} to ${size.max}, as it says at byte ${size.at}`;
}

/** As a manual writes it: AA FF 03 00. */
export function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).toUpperCase().padStart(2, "0")).join(" ");
}
