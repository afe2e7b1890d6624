/** Fewer bytes are copied sooner than room for more is looked after. */
const ROOM_FROM = 64;
/** At least so much of a buffer with room is held, or what is held moves to one of its own. */
const LEAST_SHARE = 1 / 4;
/** Where the room of a buffer begins. Only who holds the bytes right before it may write there. */
const rooms = new WeakMap<ArrayBufferLike, number>();

/**
 * Both in a row. The second one itself when the first is empty: not for keeping, see `kept`. Where `first` has room behind
 * it, the second is put there, so that a frame that comes byte by byte costs each byte once.
 */
export function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  if (first.length === 0) return second;
  const length = first.length + second.length;
  if (first.length >= ROOM_FROM) return inRoom(first, second, length);
  const both = new Uint8Array(length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

function inRoom(first: Uint8Array, second: Uint8Array, length: number): Uint8Array {
  const { buffer, byteOffset } = first;
  const free = rooms.get(buffer) === byteOffset + first.length && byteOffset + length <= buffer.byteLength;
  const whole = free
    ? new Uint8Array(buffer, byteOffset, length)
    : new Uint8Array(new ArrayBuffer(2 * length), 0, length);
  if (!free) whole.set(first);
  whole.set(second, first.length);
  rooms.set(whole.buffer, whole.byteOffset + length);
  return whole;
}

/**
 * The bytes from a place on, to be kept until more come: where they are if nothing much else is there, a copy otherwise.
 * What this keeps alive is at most four times as long.
 */
export function kept(bytes: Uint8Array, from: number): Uint8Array {
  const length = bytes.length - from;
  if (length < ROOM_FROM) return copyOf(bytes, from, bytes.length);
  const { buffer, byteOffset } = bytes;
  const own = rooms.get(buffer) === byteOffset + bytes.length && length >= buffer.byteLength * LEAST_SHARE;
  return own ? bytes.subarray(from) : copyOf(bytes, from, bytes.length);
}

/** A copy of [from, to). Not `slice`, which shares memory on a Buffer and would keep a large chunk alive. */
export function copyOf(bytes: Uint8Array, from: number, to: number): Uint8Array {
  return new Uint8Array(bytes.subarray(from, to));
}

/** Whether a pattern lies at a place; "maybe" where the bytes end before it does. */
export function matchAt(bytes: Uint8Array, at: number, pattern: Uint8Array): "yes" | "no" | "maybe" {
  for (let offset = 0; offset < pattern.length; offset++) {
    if (at + offset >= bytes.length) return "maybe";
    if (bytes[at + offset] !== pattern[offset]) return "no";
  }
  return "yes";
}

/** A text of Latin-1 characters, one byte each. */
export function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0) & 0xff);
}
