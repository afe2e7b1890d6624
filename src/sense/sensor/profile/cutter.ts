import { assert, unreachable } from "../../../base/assert.ts";
import type { BinaryFrame, Profile, ProfileSettings } from "../../../config/profile.ts";
import type { Discard } from "../decoder.ts";
import type { Awaited } from "../dialogue/dialogue.ts";
import { type BinaryFrameSpec, binaryFramer } from "../frames/binary.ts";
import { dconFramer } from "../frames/dcon.ts";
import type { Framed, Framer, Holding, Pushed } from "../frames/framer.ts";
import { jsonStreamFramer } from "../frames/json-stream.ts";
import { lineFramer } from "../frames/line.ts";
import { modbusFramer } from "../frames/modbus.ts";

/** What came of some bytes. */
export interface Cut {
  readonly frames: readonly Framed[];
  /** One for each frame that began and failed. */
  readonly discarded: readonly Discard[];
  /** Bytes thrown away: rubbish, and frames that failed. */
  readonly skipped: number;
}

/** Why a frame cannot be one, or null. */
export type Doubt = (name: string, bytes: Uint8Array) => Discard | null;

/** A framer that keeps its own state. */
export interface Cutter {
  push(bytes: Uint8Array): Cut;
  /** What was asked, or null when nothing is awaited any more: an answer on a Modbus is known only by its question. */
  asked(request: Awaited | null): void;
}

/**
 * The framer of the frames that a profile names: several kinds of binary frames, or one kind of another sort.
 * @param doubt asked about binary frames that no check proves: one that cannot be is not taken for a frame, so that the
 *   good frame which begins inside it is found
 */
export function cutterOf({ frames }: Profile, settings: ProfileSettings, doubt: Doubt): Cutter {
  const [first] = frames;
  assert(first !== undefined, "a profile that is read has a frame");
  switch (first.kind) {
    case "binary":
      return binary(frames.filter(isBinary), doubt);
    case "line":
      return running(lineFramer(first));
    case "json-stream":
      return running(jsonStreamFramer(first));
    case "dcon":
      return running(dconFramer({ name: first.name, checksum: settings.checksum === true }));
    case "modbus-rtu":
      return modbus(first.name);
    default:
      return unreachable(first);
  }
}

function isBinary(frame: Profile["frames"][number]): frame is BinaryFrame {
  return frame.kind === "binary";
}

function binary(frames: readonly BinaryFrame[], doubt: Doubt): Cutter {
  const doubts: Discard[] = [];
  const accepts = (name: string) => (bytes: Uint8Array) => {
    const why = doubt(name, bytes);
    if (why) doubts.push(why);
    return why === null;
  };
  const specs = frames.map(({ name, sync, size, tail, check }): BinaryFrameSpec => {
    return { name, sync, size, tail, check, accept: check ? undefined : accepts(name) };
  });
  return running(binaryFramer(specs), () => doubts.splice(0));
}

function running<State extends Holding>(
  framer: Framer<State>,
  doubts: () => readonly Discard[] = () => [],
): Cutter {
  let state = framer.start;
  return {
    push(bytes) {
      const pushed = framer.push(state, bytes);
      state = pushed.state;
      return cutOf(pushed, doubts());
    },
    asked: () => {},
  };
}

function cutOf({ frames, failed, tooLong, skipped }: Pushed<unknown>, doubts: readonly Discard[]): Cut {
  if (failed === 0) return { frames, discarded: [], skipped };
  const known = [...doubts, ...Array.from({ length: tooLong }, (): Discard => "too_long")].slice(0, failed);
  const rest = Array.from({ length: failed - known.length }, (): Discard => "not_parsable");
  return { frames, discarded: [...known, ...rest], skipped };
}

function modbus(name: string): Cutter {
  const framer = modbusFramer(name);
  let state = framer.start;
  return {
    push(bytes) {
      const pushed = framer.push(state, bytes);
      state = pushed.state;
      return cutOf(pushed, []);
    },
    asked(request) {
      const expect = request?.expect;
      const answer =
        request && expect?.kind === "modbus"
          ? { unit: expect.unit, fc: expect.fc, bytes: expect.bytes, request: request.send }
          : null;
      state = framer.expect(state, answer);
    },
  };
}
