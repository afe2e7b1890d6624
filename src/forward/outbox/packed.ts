/**
 * How a payload is stored. A sealed message is base64url of base64url (RFC 7515, section 3.1, in RFC 7516, section 3.1):
 * 16 characters on the wire for 9 bytes of content. Stored decoded, the message of ten sensors fits one page of the
 * database, which is what decides about the wear of the card. The text comes back byte for byte. Pure.
 */

/** First byte: what follows is text, or the decoded parts between the dots. */
const TEXT = 0;
const PARTS = 1;
/** Before each part: whether it is raw bytes or packed itself, then its length (32 bits, little endian). */
const RAW = 0;
const PACKED = 1;
const PART_HEADER = 5;
/** A JWS has three parts, a JWE five. */
const DOTTED = /^[\w-]*(\.[\w-]*){2,4}$/;

/** The stored form of a text. */
export function pack(text: string): Buffer {
  const packed = DOTTED.test(text) ? packParts(text) : null;
  return packed ?? Buffer.concat([Buffer.of(TEXT), Buffer.from(text)]);
}

/** Null when a part is no canonical base64url, so that it would not come back as it was. */
function packParts(text: string): Buffer | null {
  const pieces: Buffer[] = [Buffer.of(PARTS)];
  for (const part of text.split(".")) {
    const bytes = Buffer.from(part, "base64url");
    if (bytes.toString("base64url") !== part) return null;
    const inner = packInner(bytes);
    const header = Buffer.alloc(PART_HEADER);
    header[0] = inner ? PACKED : RAW;
    header.writeUInt32LE((inner ?? bytes).length, 1);
    pieces.push(header, inner ?? bytes);
  }
  return Buffer.concat(pieces);
}

/** The JWE inside a JWS. Latin-1 maps bytes to characters one to one, and what is no base64url text does not match. */
function packInner(bytes: Buffer): Buffer | null {
  const text = bytes.toString("latin1");
  return DOTTED.test(text) ? packParts(text) : null;
}

/** The text of a stored form. */
export function unpack(packed: Buffer): string {
  if (packed[0] !== PARTS) return packed.toString("utf8", 1);
  const parts: string[] = [];
  for (let at = 1; at + PART_HEADER <= packed.length; ) {
    const end = at + PART_HEADER + packed.readUInt32LE(at + 1);
    const content = packed.subarray(at + PART_HEADER, end);
    parts.push(
      packed[at] === PACKED
        ? Buffer.from(unpack(content)).toString("base64url")
        : content.toString("base64url"),
    );
    at = end;
  }
  return parts.join(".");
}
