/** Both in a row. The second one itself when the first is empty: not for keeping, see `copyOf`. */
export function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  if (first.length === 0) return second;
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
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
