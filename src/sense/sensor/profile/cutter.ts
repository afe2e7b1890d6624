import { assert, unreachable } from "../../../base/assert.ts";
import type { BinaryFrame, Profile, ProfileSettings } from "../../../config/profile.ts";
import type { Awaited } from "../dialogue/dialogue.ts";
import { type BinaryFrameSpec, binaryFramer } from "../frames/binary.ts";
import { dconFramer } from "../frames/dcon.ts";
import type { Framer, Holding, Pushed } from "../frames/framer.ts";
import { jsonStreamFramer } from "../frames/json-stream.ts";
import { lineFramer } from "../frames/line.ts";
import { modbusFramer } from "../frames/modbus.ts";

/** A framer that keeps its own state. */
export interface Cutter {
  push(bytes: Uint8Array): Omit<Pushed<unknown>, "state">;
  /** What was asked, or null when nothing is awaited any more: an answer on a Modbus is known only by its question. */
  asked(request: Awaited | null): void;
  /** Bytes that are held. */
  readonly heldBytes: number;
}

/** The framer of the frames that a profile names: several kinds of binary frames, or one kind of another sort. */
export function cutterOf({ frames }: Profile, settings: ProfileSettings): Cutter {
  const [first] = frames;
  assert(first !== undefined, "a profile that is read has a frame");
  switch (first.kind) {
    case "binary":
      return running(binaryFramer(frames.filter(isBinary).map(specOf)));
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

function specOf({ name, sync, size, tail, check }: BinaryFrame): BinaryFrameSpec {
  return { name, sync, size, ...(tail && { tail }), ...(check && { check }) };
}

function running<State extends Holding>(framer: Framer<State>): Cutter {
  let state = framer.start;
  return {
    push(bytes) {
      const pushed = framer.push(state, bytes);
      state = pushed.state;
      return pushed;
    },
    asked: () => {},
    get heldBytes() {
      return state.held.length;
    },
  };
}

function modbus(name: string): Cutter {
  const framer = modbusFramer(name);
  let state = framer.start;
  return {
    push(bytes) {
      const pushed = framer.push(state, bytes);
      state = pushed.state;
      return pushed;
    },
    asked(request) {
      const expect = request?.expect;
      const answer =
        request && expect?.kind === "modbus"
          ? { unit: expect.unit, fc: expect.fc, bytes: expect.bytes, request: request.send }
          : null;
      state = framer.expect(state, answer);
    },
    get heldBytes() {
      return state.held.length;
    },
  };
}
