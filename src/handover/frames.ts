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
  /** Joined only when a frame is whole, so that single bytes cost no more than one large chunk. */
  #chunks: Buffer[] = [];
  #size = 0;
  /** Bytes after which the next frame is whole, or its header is. */
  #needed = HEADER_BYTES;

  constructor(schema: z.ZodType<T>) {
    this.#schema = schema;
  }

  /**
   * The messages completed by `chunk`, each judged when it is asked for.
   * @throws TelpostError handover.protocol, handover.version on the first that does not fit: the connection is of no
   * use then, and this reader neither
   */
  *push(chunk: Buffer): Generator<T> {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    while (this.#size >= this.#needed) {
      const held = this.#join();
      const length = held.readUInt32BE(0);
      if (length > MAX_FRAME_BYTES) throw new TelpostError("handover.protocol", "frame too large");
      const end = HEADER_BYTES + length;
      if (held.length < end) {
        this.#needed = end;
        return;
      }
      this.#keep(held.subarray(end));
      yield this.#parse(held.subarray(HEADER_BYTES, end));
    }
  }

  #join(): Buffer {
    const [first, ...others] = this.#chunks;
    const held = first && others.length === 0 ? first : Buffer.concat(this.#chunks);
    this.#chunks = [held];
    return held;
  }

  #keep(rest: Buffer): void {
    this.#chunks = rest.length > 0 ? [rest] : [];
    this.#size = rest.length;
    this.#needed = HEADER_BYTES;
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
