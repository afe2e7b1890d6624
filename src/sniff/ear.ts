import type { DeviceSensorConfig } from "../config/device.ts";
import type { BinaryFrame, Profile } from "../config/profile.ts";
import type { SensorConfig, SerialSensorConfig } from "../config/schema.ts";
import type { Reading } from "../model.ts";
import type { Decoder, Discard } from "../sense/sensor/decoder.ts";
import { binaryFramer } from "../sense/sensor/frames/binary.ts";
import { modbusFramer } from "../sense/sensor/frames/modbus.ts";
import * as genericCsv from "../sense/sensor/generic-csv.ts";
import * as genericJsonl from "../sense/sensor/generic-jsonl.ts";
import { contentOf } from "../sense/sensor/profile/content.ts";
import { cutterOf } from "../sense/sensor/profile/cutter.ts";
import { decodeTi, startOfTi } from "../sense/sensor/ti/stream.ts";
import { expectedAnswer } from "./modbus-request.ts";
import type { Failure, Fault } from "./sniffed.ts";

/** A whole frame: its kind, and its length in bytes where that is known. Nothing of what it says. */
export interface HeardFrame {
  readonly name: string;
  readonly bytes: number | null;
}

/** What some bytes were to the framer of a sensor. */
export interface Heard {
  readonly frames: readonly HeardFrame[];
  readonly failures: readonly Failure[];
  /** Bytes that belong to no frame. */
  readonly stray: number;
}

/**
 * Listens to the bytes of one sensor beside the engine that counts: cuts frames, and judges only what the line can have
 * damaged. Whether a number in a frame is plausible is no question here: that may be people's doing.
 */
export interface Ear {
  hear(chunk: Uint8Array): Heard;
  /** The gateway asked: an answer on a Modbus is known only by its question. */
  asked(question: Uint8Array): void;
}

/** What the frames of a sensor are called that have no name in a profile. */
export const UNNAMED = { ti: "people", lines: "line" } as const;

/** An ear for a sensor on a serial line; null for one on GPIO lines. */
export function earFor(sensor: SensorConfig): Ear | null {
  if (sensor.profile !== "device") return lineEar(sensor);
  const [first] = sensor.device.frames;
  if (sensor.device.engine === "ti-iwr6843") return tiEar();
  if (!first) return null;
  if (first.kind === "binary") return binaryEar(sensor.device);
  return first.kind === "modbus-rtu" ? modbusEar(first.name) : cutEar(sensor, first);
}

const deaf = () => {};

function binaryEar({ frames }: Profile): Ear {
  const failures: Failure[] = [];
  const specs = frames
    .filter((frame): frame is BinaryFrame => frame.kind === "binary")
    .map(({ name, sync, size, tail, check }) => {
      const onFailed = (why: Fault, at: number) => void failures.push({ frame: name, why, at });
      return { name, sync, size, tail, check, onFailed };
    });
  const framer = binaryFramer(specs);
  let state = framer.start;
  return {
    asked: deaf,
    hear(chunk) {
      const pushed = framer.push(state, chunk);
      state = pushed.state;
      return {
        frames: pushed.frames.map(({ name, frame }) => ({ name, bytes: frame.length })),
        failures: failures.splice(0),
        stray: pushed.skipped,
      };
    },
  };
}

/** Lines, JSON and DCON: their length follows what they say, so that a place in them means nothing. */
function cutEar({ device, settings }: DeviceSensorConfig, { name, kind }: Profile["frames"][number]): Ear {
  const cutter = cutterOf(device, settings, () => null);
  const broken = kind === "dcon" ? "check" : "cut";
  return {
    asked: deaf,
    hear(chunk) {
      const { frames, discarded, skipped } = cutter.push(chunk);
      const read = frames.map(({ frame }) => ({ frame, content: contentOf(kind, frame) }));
      const good = read.filter(({ content }) => typeof content !== "string");
      const failed = discarded.map((why) => (why === "too_long" ? why : broken));
      const unread = read.flatMap(({ content }) => (typeof content === "string" ? ["form" as const] : []));
      return {
        frames: good.map(({ frame }) => ({ name, bytes: frame.length })),
        failures: [...failed, ...unread].map((why) => ({ frame: name, why, at: null })),
        stray: skipped,
      };
    },
  };
}

function modbusEar(name: string): Ear {
  const framer = modbusFramer(name);
  let state = framer.start;
  return {
    asked(question) {
      state = framer.expect(state, expectedAnswer(question));
    },
    hear(chunk) {
      const pushed = framer.push(state, chunk);
      state = pushed.state;
      return {
        frames: pushed.frames.map((one) => ({ name: one.name, bytes: one.frame.length })),
        failures: Array.from({ length: pushed.failed }, () => ({ frame: name, why: "check", at: null })),
        stray: pushed.skipped,
      };
    },
  };
}

function tiEar(): Ear {
  let state = startOfTi;
  return {
    asked: deaf,
    hear(chunk) {
      const held = state.held.length - state.spent;
      const decoded = decodeTi(state, chunk);
      state = decoded.state;
      const { frames, frameBytes, discarded } = decoded;
      const rest = state.held.length - state.spent;
      const bytes = frames === 1 ? frameBytes : null;
      const failed = discarded.filter((why) => why === "wrong_form" || why === "not_parsable");
      return {
        frames: Array.from({ length: frames }, () => ({ name: UNNAMED.ti, bytes })),
        failures: failed.map(() => ({ frame: UNNAMED.ti, why: "form", at: null })),
        stray: Math.max(0, held + chunk.length - rest - frameBytes),
      };
    },
  };
}

/** What the line can have done to a line of text. */
const LINE_FAULTS: Partial<Record<Discard, Fault>> = {
  too_long: "too_long",
  not_text: "form",
  not_parsable: "form",
};

/** The form that stands in a line whether anybody passes or not; null where there is none. */
export function steadyForm({ profile, sends, classes }: SerialSensorConfig): Reading["type"] | null {
  // A row of CSV is one person's place.
  const steady = profile === "generic-jsonl" ? (["tracks", "present"] as const) : (["present"] as const);
  const form = steady.find((one) => sends.includes(one)) ?? null;
  return form === "present" && classes ? "presentByClass" : form;
}

function lineEar(sensor: SerialSensorConfig): Ear {
  const { sends, classes } = sensor;
  const form = steadyForm(sensor);
  if (sensor.profile === "generic-jsonl")
    return decoderEar(genericJsonl.decoder({ forms: sends, classes }), form);
  return decoderEar(genericCsv.decoder({ forms: sends, columns: sensor.columns, classes }), form);
}

function decoderEar<State>(decoder: Decoder<State>, form: Reading["type"] | null): Ear {
  let state = decoder.start;
  return {
    asked: deaf,
    hear(chunk) {
      const decoded = decoder.decode(state, chunk);
      state = decoded.state;
      const lines = decoded.readings.filter(({ type }) => type === form || form === null);
      return {
        frames: lines.map(() => ({ name: UNNAMED.lines, bytes: null })),
        failures: decoded.discarded.flatMap((why) => {
          const fault = LINE_FAULTS[why];
          return fault ? [{ frame: UNNAMED.lines, why: fault, at: null }] : [];
        }),
        stray: decoded.readings.length > 0 ? 0 : chunk.length,
      };
    },
  };
}
