import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { z } from "zod";
import type { Identity } from "../../contract/topics.ts";
import type { SealedMessage } from "../../model.ts";

/**
 * The portable form of sealed rows: NDJSON with a header, one message a line with its CRC-32, and a last line with their
 * number and the SHA-256 of everything before it. It holds sealed bytes only. Pure.
 */

const FORMAT = "outbox-export/1";

const level = z.string().regex(/^[a-z0-9-]{1,32}$/);
const header = z.object({
  telpost: z.literal(FORMAT),
  identity: z.object({ tenant: level, site: level, gateway: level }),
  at: z.iso.datetime(),
});
const message = z.object({
  epoch: z.string().regex(/^[0-9a-z]{16}$/),
  seq: z.int().min(0),
  end: z.iso.datetime(),
  lengths: z.array(z.int().min(1).max(86_400)).max(16),
  jws: z
    .string()
    .regex(/^[\w-]+\.[\w-]+\.[\w-]+$/)
    .max(256 * 1024),
  crc: z.int().min(0),
});
const trailer = z.object({ rows: z.int().min(0), sha256: z.string().length(64) });

export type ExportHeader = z.infer<typeof header>;
type Fields = Omit<z.infer<typeof message>, "crc">;

/** Writes the lines of one export, each with its line feed. */
export class PortableWriter {
  readonly #hash = createHash("sha256");
  #rows = 0;

  header(identity: Identity, nowMs: number): string {
    const { tenant, site, gateway } = identity;
    const at = new Date(nowMs).toISOString();
    return this.#line({ telpost: FORMAT, identity: { tenant, site, gateway }, at });
  }

  message({ epoch, seq, endMs, lengths, jws }: SealedMessage): string {
    this.#rows++;
    const fields = { epoch, seq, end: new Date(endMs).toISOString(), lengths: [...lengths], jws };
    return this.#line({ ...fields, crc: crcOf(fields) });
  }

  trailer(): string {
    return `${JSON.stringify({ rows: this.#rows, sha256: this.#hash.digest("hex") })}\n`;
  }

  #line(value: object): string {
    const line = `${JSON.stringify(value)}\n`;
    this.#hash.update(line);
    return line;
  }
}

/** Reads the lines of an export one after the other; a line that is not what it should be gives its complaint. */
export class PortableReader {
  readonly #hash = createHash("sha256");
  #header: ExportHeader | null = null;
  #rows = 0;
  #isWhole = false;

  get header(): ExportHeader | null {
    return this.#header;
  }

  /** The last line was there and everything agrees with it. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** The message of a line, null for header and last line, or what is wrong with it. */
  read(line: string): SealedMessage | null | string {
    const value = parsed(line);
    if (this.#isWhole) return "goes on behind its last line";
    if (!this.#header) return this.#readHeader(value, line);
    const last = trailer.safeParse(value);
    if (last.success) return this.#readTrailer(last.data);
    const one = message.safeParse(value);
    if (!one.success) return "is no sealed message";
    const { crc, ...fields } = one.data;
    if (crc !== crcOf(fields)) return "fails its checksum";
    this.#take(line);
    this.#rows++;
    const { epoch, seq, end, lengths, jws } = fields;
    return { epoch, seq, endMs: Date.parse(end), lengths, jws };
  }

  #readHeader(value: unknown, line: string): null | string {
    const found = header.safeParse(value);
    if (!found.success) return "is no header of an export";
    this.#header = found.data;
    this.#take(line);
    return null;
  }

  #readTrailer({ rows, sha256 }: z.infer<typeof trailer>): null | string {
    if (rows !== this.#rows || sha256 !== this.#hash.digest("hex"))
      return "does not agree with the lines before it";
    this.#isWhole = true;
    return null;
  }

  #take(line: string): void {
    this.#hash.update(`${line}\n`);
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined; // No JSON fits no schema.
  }
}

function crcOf({ epoch, seq, end, lengths, jws }: Fields): number {
  return crc32(JSON.stringify([epoch, seq, end, lengths, jws]));
}
