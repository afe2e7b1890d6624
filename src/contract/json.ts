const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * What JSON text in UTF-8 says. A byte order mark is no JSON (RFC 8259, section 8.1): two readers of the same bytes must
 * not differ about it. Throws on anything else than JSON.
 */
export function jsonOf(bytes: Uint8Array): unknown {
  return JSON.parse(utf8.decode(bytes));
}
