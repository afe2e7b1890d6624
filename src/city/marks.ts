import { createHash } from "node:crypto";
import type { ReadRecord } from "../contract/windows.ts";
import type { WindowMark } from "./memory.ts";

/** Hashes that the memory keeps instead of what was in a message. */

/** Names the bytes of a message: the first 16 bytes of SHA-256, hexadecimal. */
export function hashOfBytes(payload: Uint8Array): string {
  return createHash("sha256").update(payload).digest("hex").slice(0, 32);
}

/** Names a window among those of its gateway that end at the same instant, and its record. 8 bytes each, hexadecimal. */
export function markOfRecord(record: ReadRecord): WindowMark {
  const { sensor, kind, seconds } = record;
  return { window: short(`${sensor} ${kind} ${seconds}`), value: short(canonical(record)) };
}

function short(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

/** JSON with sorted keys: one text for one value, whatever order the gateway wrote it in. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === "object" && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
