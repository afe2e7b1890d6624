import { readRow, serveModbus } from "./modbus.ts";
import { countUntil, type Passage, passagesOf } from "./scene.ts";
import { quietly, type Simulator, saying } from "./simulator.ts";

export interface ModbusCounterOptions {
  readonly unit?: number;
  /** The first of the four registers, as on the wire. */
  readonly firstRegister?: number;
  /** 3: holding registers, 4: input registers. */
  readonly readFunction?: 3 | 4;
  /** The register with the small number holds the low half. */
  readonly lowWordFirst?: boolean;
  /** What the counter showed before the scene began. */
  readonly totals?: { readonly in: number; readonly out: number };
  /** The height that is watched, in metres. */
  readonly y?: number;
}

export interface ModbusCounterState {
  readonly passages: readonly Passage[];
  readonly held: Uint8Array;
}

/**
 * Any Modbus RTU counter with two totals of 32 bits in four registers, in first (Modbus Application Protocol V1.1b3, 6.3
 * and 6.4; order of words as in the Advantech ADAM-6051). Its totals stand on a battery of their own: a power cut costs
 * only the answers. It has nothing to write.
 */
export function modbusCounter(options: ModbusCounterOptions = {}): Simulator<ModbusCounterState> {
  const { unit = 1, firstRegister = 0, readFunction = 3, lowWordFirst = false, totals, y = 2 } = options;
  const registersAt = (passages: readonly Passage[], atMs: number) => {
    const { in: entered, out: left } = countUntil(passages, atMs);
    return [(totals?.in ?? 0) + entered, (totals?.out ?? 0) + left].flatMap((total) =>
      words(total, lowWordFirst),
    );
  };
  return {
    start: (scene) => ({ passages: passagesOf(scene, y), held: new Uint8Array() }),
    answer({ passages, held: before }, { bytes }, atMs) {
      const registers = registersAt(passages, atMs);
      const { held, answers } = serveModbus(
        unit,
        { memory: null, held: before },
        bytes,
        (memory, request) => ({
          memory,
          reply:
            request.fc === readFunction
              ? readRow(request, (addr) => registers[addr - firstRegister])
              : "illegal function",
        }),
      );
      return saying({ passages, held }, answers);
    },
    tick: quietly,
    dueMs: () => null,
  };
}

function words(total: number, lowWordFirst: boolean): readonly number[] {
  const [high, low] = [(total >>> 16) & 0xffff, total & 0xffff];
  return lowWordFirst ? [low, high] : [high, low];
}
