import { type ModbusReply, type ModbusRequest, readRow, serveModbus } from "./modbus.ts";
import { countUntil, type Passage, passagesOf } from "./scene.ts";
import { quietly, type Simulator, saying } from "./simulator.ts";

export interface EbyteOptions {
  readonly unit?: number;
  /** True for an E831-RTU, which has the registers 0x0053 to 0x0055; false for an E851-RTU, which has not. */
  readonly e831?: boolean;
  /** What register 0x0055 holds when power comes on: true clears a counter by reading it. */
  readonly clearsOnRead?: boolean;
  /** The height that the two inputs watch, in metres: input 1 counts in, input 2 out. */
  readonly y?: number;
}

/** What the registers hold. */
interface Memory {
  /** Passages that the counters do not show any more, by input. */
  readonly cleared: readonly [number, number];
  /** Set-up registers: edge (0x0053), filter in ms (0x0054), clear by reading (0x0055). */
  readonly setUp: ReadonlyMap<number, number>;
}

export interface EbyteState {
  readonly passages: readonly Passage[];
  readonly memory: Memory;
  readonly held: Uint8Array;
}

const COUNTS = 0x0030;
const CLEAR = 0x0040;
const EDGE = 0x0053;
const FILTER = 0x0054;
const CLEAR_BY_READING = 0x0055;
/** What may be written to a set-up register. */
const RANGES: ReadonlyMap<number, readonly [number, number]> = new Map([
  [EDGE, [0, 1]],
  [FILTER, [1, 20]],
  [CLEAR_BY_READING, [0, 1]],
]);

/**
 * Ebyte E831-RTU and E851-RTU: two pulse counters of 16 bits behind Modbus RTU (E851-RTU(4440-ETH) user manual 4.3.1,
 * E831-RTU(8080T-485) user manual 4.3.1). Without power the counters go to zero, and the set-up to what it was at first.
 */
export function ebytePulse(options: EbyteOptions = {}): Simulator<EbyteState> {
  const { unit = 1, e831 = true, clearsOnRead = false, y = 2 } = options;
  const setUp = new Map(
    e831
      ? [[EDGE, 0] as const, [FILTER, 10] as const, [CLEAR_BY_READING, clearsOnRead ? 1 : 0] as const]
      : [],
  );
  return {
    start(scene, atMs) {
      const passages = passagesOf(scene, y);
      return { passages, memory: { cleared: counted(passages, atMs), setUp }, held: new Uint8Array() };
    },
    answer(state, { bytes }, atMs) {
      const totals = counted(state.passages, atMs);
      const serve = (memory: Memory, request: ModbusRequest) => served(memory, request, totals);
      const { memory, held, answers } = serveModbus(unit, state, bytes, serve);
      return saying({ ...state, memory, held }, answers);
    },
    tick: quietly,
    dueMs: () => null,
  };
}

type Totals = readonly [number, number];

function counted(passages: readonly Passage[], atMs: number): Totals {
  const { in: entered, out: left } = countUntil(passages, atMs);
  return [entered, left];
}

function served(
  memory: Memory,
  request: ModbusRequest,
  totals: Totals,
): { memory: Memory; reply: ModbusReply } {
  if (request.fc === 6) return write(memory, request, totals);
  if (request.fc !== 3) return { memory, reply: "illegal function" };
  const reply = readRow(request, (addr) => register(memory, addr, totals));
  const clears = typeof reply !== "string" && memory.setUp.get(CLEAR_BY_READING) === 1;
  const read = (input: number) =>
    request.addr <= COUNTS + input && COUNTS + input < request.addr + request.word;
  return { memory: clears ? clear(memory, totals, read) : memory, reply };
}

function register({ cleared, setUp }: Memory, addr: number, totals: Totals): number | undefined {
  const input = addr - COUNTS;
  if (input !== 0 && input !== 1) return setUp.get(addr);
  return (totals[input] - cleared[input]) & 0xffff;
}

/** The clear register is a set of inputs, the lowest bit for input 1. */
function write(
  memory: Memory,
  { addr, word }: ModbusRequest,
  totals: Totals,
): { memory: Memory; reply: ModbusReply } {
  if (addr === CLEAR)
    return { memory: clear(memory, totals, (input) => (word & (1 << input)) !== 0), reply: "written" };
  const range = RANGES.get(addr);
  if (!range || !memory.setUp.has(addr)) return { memory, reply: "illegal address" };
  if (word < range[0] || word > range[1]) return { memory, reply: "illegal value" };
  return { memory: { ...memory, setUp: new Map([...memory.setUp, [addr, word]]) }, reply: "written" };
}

function clear(memory: Memory, totals: Totals, which: (input: 0 | 1) => boolean): Memory {
  const after = (input: 0 | 1) => (which(input) ? totals[input] : memory.cleared[input]);
  return { ...memory, cleared: [after(0), after(1)] };
}
