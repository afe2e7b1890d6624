import { lazily, libc } from "./libc.ts";

/**
 * struct timex of linux/timex.h where long has 64 bits (x64 and arm64 alike): 208 bytes; modes u32 at 0, maxerror
 * (microseconds, s64) at 24, status s32 at 40.
 */
const TIMEX = { bytes: 208, maxError: 24, status: 40 };
const TIME_ERROR = 5;
const STA_UNSYNC = 0x40;

/** What the kernel knows of its wall clock. `maxErrorMs` bounds the error, in milliseconds; null = unknown. */
export interface ClockSync {
  readonly synced: boolean;
  readonly maxErrorMs: number | null;
}

const UNKNOWN: ClockSync = { synced: false, maxErrorMs: null };

type Adjtimex = (timex: Uint8Array) => number;
const adjtimex = lazily<Adjtimex | undefined>(() => {
  if (process.arch !== "x64" && process.arch !== "arm64") return undefined;
  try {
    return libc().func("int adjtimex(void *timex)");
  } catch {
    return undefined; // No glibc: unknown, by contract.
  }
});

/**
 * Whether some time daemon, whichever it is, keeps the kernel's clock right (adjtimex(2) with modes = 0, which needs no
 * privilege). Never throws: what cannot be known is not synced.
 */
export function readClockSync(): ClockSync {
  const call = adjtimex();
  if (!call) return UNKNOWN;
  const timex = Buffer.alloc(TIMEX.bytes);
  const state = call(timex);
  if (state < 0) return UNKNOWN;
  return parseTimex(state, timex);
}

/** Reads a filled struct timex; `state` is the return value of adjtimex(2). */
export function parseTimex(state: number, timex: Buffer): ClockSync {
  const unsynced = state === TIME_ERROR || (timex.readInt32LE(TIMEX.status) & STA_UNSYNC) !== 0;
  return { synced: !unsynced, maxErrorMs: Number(timex.readBigInt64LE(TIMEX.maxError)) / 1000 };
}
