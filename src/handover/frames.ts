import type { z } from "zod";
import { TelpostError } from "../base/errors.ts";
import { MAX_FRAME_BYTES, PROTOCOL } from "./protocol.ts";

const HEADER_BYTES = 4;

/** One frame: big-endian u32 length, then UTF-8 JSON. */
export function encodeFrame(message: unknown): Buffer {
  const body = Buffer.from(JSON.stringify(message), "utf8");
  if (body.length > MAX_FRAME_BYTES) throw new TelpostError("handover.protocol", "own frame too large");
  const frame = Buffer.allocUnsafe(HEADER_BYTES + body.length);
  frame.writeUInt32BE(body.length, 0);
  body.copy(frame, HEADER_BYTES);
  return frame;
}

/** A hello of another major version need not fit our schema, so its version is judged first. */
function refuseOtherVersion(value: unknown): void {
  const { type, version } = (value ?? {}) as { type?: unknown; version?: { major?: unknown } };
  if (type !== "hello" || typeof version?.major !== "number" || version.major === PROTOCOL.major) return;
  throw new TelpostError("handover.version", `theirs ${version.major}, ours ${PROTOCOL.major}`);
}

/** Cuts a byte stream into checked messages; the other side is hostile, so length and shape are judged before use. */
export class FrameReader<T> {
  readonly #schema: z.ZodType<T>;
  #held: Buffer = Buffer.alloc(0);

  constructor(schema: z.ZodType<T>) {
    this.#schema = schema;
  }

  /** The messages completed by `chunk`. Throws handover.protocol on the first that does not fit: the connection is of no use then. */
  push(chunk: Buffer): T[] {
    this.#held = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    const messages: T[] = [];
    while (this.#held.length >= HEADER_BYTES) {
      const length = this.#held.readUInt32BE(0);
      if (length > MAX_FRAME_BYTES) throw new TelpostError("handover.protocol", "frame too large");
      if (this.#held.length < HEADER_BYTES + length) break;
      messages.push(this.#parse(this.#held.subarray(HEADER_BYTES, HEADER_BYTES + length)));
      this.#held = this.#held.subarray(HEADER_BYTES + length);
    }
    return messages;
  }

  #parse(body: Buffer): T {
    const value = parseJson(body);
    refuseOtherVersion(value);
    const result = this.#schema.safeParse(value);
    if (result.success) return result.data;
    // The issue's path says enough; its value is never shown.
    throw new TelpostError("handover.protocol", result.error.issues[0]?.path.join(".") || "shape");
  }
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    throw new TelpostError("handover.protocol", "not JSON");
  }
}
