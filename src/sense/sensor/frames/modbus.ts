import { copyOf, joined, kept, matchAt } from "./bytes.ts";
import { checkHolds } from "./checks.ts";
import { EMPTY, type Framed, type Framer, type Holding, type Pushed } from "./framer.ts";

/** The answer that the next bytes should bring. */
export interface ExpectedAnswer {
  /** The address of the asked device, 1 to 247. */
  readonly unit: number;
  /** The function code of the request: 1 to 6, 15 or 16. */
  readonly fc: number;
  /** Length of the whole answer, unit and CRC included: 5 + 2 per register of a read, 8 for a write. */
  readonly bytes: number;
  /** The request as it was sent, with its CRC: its echo on RS-485 is then known, and a write must be confirmed by it. */
  readonly request?: Uint8Array | undefined;
}

export interface ModbusState extends Holding {
  readonly expected: ExpectedAnswer | null;
  /** The echo of this request has come. */
  readonly echoed: boolean;
  /** The last request that could tell found that the line sends back what the gateway says. */
  readonly echoes: boolean;
  /** Bytes thrown away by a new request and not yet told. */
  readonly dropped: number;
}

export interface ModbusFramer extends Framer<ModbusState> {
  /**
   * A request was sent, or sent again: only its answer is a frame from now on. What is held belongs to an earlier one and is thrown
   * away; null expects nothing, for instance after a time-out.
   */
  expect(state: ModbusState, answer: ExpectedAnswer | null): ModbusState;
}

/** The name of the frame by which a device refuses a request: unit, function + 0x80, exception code, CRC. */
export const MODBUS_EXCEPTION = "modbus exception";

/**
 * Modbus RTU as the one who asks (Modbus over Serial Line V1.02, 2.5; Modbus Application Protocol V1.1b3, 6 and 7).
 * Silences between frames are not seen through a Linux tty, so an answer is known by unit, function, byte count and
 * CRC, wherever it ends: rubbish before it never makes it wait. One answer to a request; anything else is thrown away,
 * and `failed` counts what looked like the answer but for its CRC.
 *
 * An answer carries no number of its request: one that comes late, with the same unit, function and byte count, is taken
 * for the answer to the next request. Unless the line is known to echo: then nothing counts before the echo.
 * A write of one value cannot be told from its echo until a read has shown that the line echoes.
 */
export function modbusFramer(name = "modbus-rtu"): ModbusFramer {
  return {
    start: { held: EMPTY, expected: null, echoed: false, echoes: false, dropped: 0 },
    expect: (state, answer) => ({
      held: EMPTY,
      expected: answer,
      echoed: false,
      // An echo that failed to come: the line is not what it seemed.
      echoes: state.echoes && (state.expected?.request === undefined || state.echoed),
      dropped: state.dropped + state.held.length,
    }),
    push: (state, bytes) => read(name, state, joined(state.held, bytes)),
  };
}

/** @param all what is held, and what came behind it */
function read(name: string, before: ModbusState, all: Uint8Array): Pushed<ModbusState> {
  let state = before;
  const frames: Framed[] = [];
  let [from, skipped, aside, failed] = [0, before.dropped, 0, 0];
  for (let end = before.held.length + 1; end <= all.length && state.expected; end++) {
    const piece = whatEnds(state, state.expected, all.subarray(from, end));
    if (piece.is === "broken") failed++;
    if (piece.is === "broken" || piece.is === "nothing") continue;
    const begin = end - piece.size;
    skipped += begin - from;
    from = end;
    if (piece.is === "echo") aside += piece.size;
    else
      frames.push({ name: piece.is === "answer" ? name : MODBUS_EXCEPTION, frame: copyOf(all, begin, end) });
    state = behind(state, piece.is);
  }
  const keep = state.expected ? Math.min(all.length - from, longest(state.expected) - 1) : 0;
  const held = kept(all, all.length - keep);
  skipped += all.length - from - keep;
  return { state: { ...state, held, dropped: 0 }, frames, skipped, aside, failed, tooLong: 0 };
}

/** The echo of a write is known as one only where the line echoes, so any echo says that it does. */
function behind(state: ModbusState, is: "echo" | "answer" | "exception"): ModbusState {
  return is === "echo" ? { ...state, echoed: true, echoes: true } : { ...state, expected: null };
}

type Piece =
  | { readonly is: "echo" | "answer" | "exception"; readonly size: number }
  /** The answer, but for its CRC. */
  | { readonly is: "broken" }
  | { readonly is: "nothing" };

/** What ends with the last of these bytes. */
function whatEnds(state: ModbusState, expected: ExpectedAnswer, bytes: Uint8Array): Piece {
  const { request } = expected;
  const mayEcho = request !== undefined && !state.echoed && (state.echoes || !MIRRORED.includes(expected.fc));
  if (mayEcho && endsWith(bytes, request)) return { is: "echo", size: request.length };
  if (mayEcho && state.echoes) return { is: "nothing" };
  const exception = bytes.subarray(-EXCEPTION_BYTES);
  if (isException(expected, exception) && crcHolds(exception))
    return { is: "exception", size: EXCEPTION_BYTES };
  const answer = bytes.subarray(-expected.bytes);
  if (!isAnswer(expected, answer)) return { is: "nothing" };
  return crcHolds(answer) ? { is: "answer", size: answer.length } : { is: "broken" };
}

function isException({ unit, fc }: ExpectedAnswer, bytes: Uint8Array): boolean {
  return bytes.length === EXCEPTION_BYTES && bytes[0] === unit && bytes[1] === (fc | 0x80);
}

function isAnswer(expected: ExpectedAnswer, bytes: Uint8Array): boolean {
  const { unit, fc, request } = expected;
  if (bytes.length !== expected.bytes || bytes[0] !== unit || bytes[1] !== fc) return false;
  if (!WRITES.includes(fc)) return bytes[2] === bytes.length - AROUND_DATA_BYTES;
  return (
    request === undefined ||
    endsWith(bytes.subarray(0, CONFIRMED_BYTES), request.subarray(0, CONFIRMED_BYTES))
  );
}

/** Of everything that may come; a refusal is shorter than any answer. */
function longest(expected: ExpectedAnswer): number {
  return Math.max(expected.bytes, expected.request?.length ?? 0);
}

function crcHolds(bytes: Uint8Array): boolean {
  return checkHolds(CRC, bytes, 0, bytes.length);
}

function endsWith(bytes: Uint8Array, pattern: Uint8Array): boolean {
  const from = bytes.length - pattern.length;
  return from >= 0 && matchAt(bytes, from, pattern) === "yes";
}

const CRC = { algo: "crc16-modbus", from: 0, to: -2, at: -2 } as const;
const EXCEPTION_BYTES = 5;
/** Unit, function, byte count and CRC. */
const AROUND_DATA_BYTES = 5;
/** Unit, function, address, and value or quantity: what the answer to a write says again. */
const CONFIRMED_BYTES = 6;
const WRITES: readonly number[] = [5, 6, 15, 16];
/** Functions whose answer is the request itself: an echo looks the same. */
const MIRRORED: readonly number[] = [5, 6];
