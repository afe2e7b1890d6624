import type { Socket } from "node:net";

/**
 * The server's side of the Network Block Device protocol, fixed newstyle, simple replies
 * (https://github.com/NetworkBlockDevice/nbd/blob/master/doc/proto.md). One export, whatever its name.
 */

/** Kinds of request. */
export const Ask = { read: 0, write: 1, disconnect: 2, flush: 3, trim: 4 } as const;

export interface Request {
  readonly ask: number;
  readonly cookie: bigint;
  readonly offset: number;
  readonly length: number;
  /** What a write writes. */
  readonly data: Buffer;
  /** Must be on the medium before the answer (FUA). */
  readonly durable: boolean;
}

const OPTION_MAGIC = Buffer.from("IHAVEOPT");
const OPTION_REPLY_MAGIC = 0x3e889045565a9n;
const REQUEST_MAGIC = 0x25609513;
const REPLY_MAGIC = 0x67446698;
const FIXED_NEWSTYLE_NO_ZEROES = 3;
/** Has flags, flush, FUA, trim. */
const EXPORT_FLAGS = 1 | 4 | 8 | 32;
const Option = { exportName: 1, abort: 2, info: 6, go: 7 } as const;
const ReplyType = { ack: 1, info: 3, unsupported: 0x80000001 } as const;
const DURABLE = 1;

/** Greets a client, then gives what it asks for until it leaves. */
export async function* negotiate(socket: Socket, size: number): AsyncGenerator<Request> {
  const bytes = new Bytes(socket);
  const hello = Buffer.from("NBDMAGICIHAVEOPT\0\0");
  hello.writeUInt16BE(FIXED_NEWSTYLE_NO_ZEROES, 16);
  socket.write(hello);
  if (!(await bytes.take(4))) return;
  if (!(await agree(socket, bytes, size))) return;
  while (true) {
    const head = await bytes.take(28);
    if (!head) return;
    if (head.readUInt32BE(0) !== REQUEST_MAGIC) throw new Error("not a request of the NBD protocol");
    const [ask, length] = [head.readUInt16BE(6), head.readUInt32BE(24)];
    if (ask === Ask.disconnect) return void socket.end();
    const data = ask === Ask.write ? await bytes.take(length) : Buffer.alloc(0);
    if (!data) return;
    const durable = (head.readUInt16BE(4) & DURABLE) !== 0;
    yield {
      ask,
      cookie: head.readBigUInt64BE(8),
      offset: Number(head.readBigUInt64BE(16)),
      length,
      data,
      durable,
    };
  }
}

/** Answers options until the client has chosen the export. @returns false when it left */
async function agree(socket: Socket, bytes: Bytes, size: number): Promise<boolean> {
  const about = Buffer.alloc(10);
  about.writeBigUInt64BE(BigInt(size));
  about.writeUInt16BE(EXPORT_FLAGS, 8);
  while (true) {
    const head = await bytes.take(16);
    if (!head) return false;
    if (!head.subarray(0, 8).equals(OPTION_MAGIC)) throw new Error("not an option of the NBD protocol");
    const option = head.readUInt32BE(8);
    if (!(await bytes.take(head.readUInt32BE(12)))) return false;
    const tell = (type: number, data: Buffer = Buffer.alloc(0)) =>
      socket.write(Buffer.concat([optionReply(option, type, data.length), data]));
    if (option === Option.exportName) {
      socket.write(about);
      return true;
    }
    if (option === Option.go || option === Option.info) {
      tell(ReplyType.info, Buffer.concat([Buffer.alloc(2), about]));
      tell(ReplyType.ack);
      if (option === Option.go) return true;
    } else if (option === Option.abort) {
      tell(ReplyType.ack);
      socket.end();
      return false;
    } else tell(ReplyType.unsupported);
  }
}

function optionReply(option: number, type: number, length: number): Buffer {
  const head = Buffer.alloc(20);
  head.writeBigUInt64BE(OPTION_REPLY_MAGIC);
  head.writeUInt32BE(option, 8);
  head.writeUInt32BE(type, 12);
  head.writeUInt32BE(length, 16);
  return head;
}

/** @param error errno of Linux, 0 for none @param data what was read */
export function reply(socket: Socket, { cookie }: Request, error: number, data?: Buffer): void {
  const head = Buffer.alloc(16);
  head.writeUInt32BE(REPLY_MAGIC);
  head.writeUInt32BE(error, 4);
  head.writeBigUInt64BE(cookie, 8);
  socket.write(data ? Buffer.concat([head, data]) : head);
}

/** The bytes of a socket, as many at a time as are wanted. */
class Bytes {
  readonly #source: AsyncIterator<Buffer>;
  #held: Buffer = Buffer.alloc(0);

  constructor(socket: Socket) {
    this.#source = socket[Symbol.asyncIterator]();
  }

  /** @returns so many bytes, or null when the other side has gone */
  async take(count: number): Promise<Buffer | null> {
    const parts = [this.#held];
    let have = this.#held.length;
    while (have < count) {
      const { value, done } = await this.#source.next().catch(() => ({ value: undefined, done: true }));
      if (done || !value) return null;
      parts.push(value);
      have += value.length;
    }
    const all = parts.length === 1 ? this.#held : Buffer.concat(parts);
    this.#held = all.subarray(count);
    return all.subarray(0, count);
  }
}
