import { errnoError, lazily, libc } from "../../src/base/native/libc.ts";

const AF_INET = 2;
const SOCK_STREAM = 1;
const SOCK_CLOEXEC = 0x80000;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const LOOPBACK = [127, 0, 0, 1] as const;
/** struct sockaddr_in: family, port, address, padding (ip(7)). */
const ADDRESS_BYTES = 16;
const PORT_AT = 2;
const ADDRESS_AT = 4;

const native = lazily(() => {
  const library = libc();
  return {
    socket: library.func("int socket(int domain, int type, int protocol)"),
    setOption: library.func("int setsockopt(int fd, int level, int name, void *value, uint32_t bytes)"),
    bind: library.func("int bind(int fd, void *address, uint32_t bytes)"),
    nameOf: library.func("int getsockname(int fd, void *address, void *bytes)"),
  };
});

/**
 * A port of loopback on which nobody listens, and which is nobody else's until this process ends: it is bound, so that the
 * kernel gives it to none that asks for any, also while a broker on it is away; and who sets SO_REUSEADDR, as brokers do,
 * may listen on it.
 */
export function freePort(): number {
  const { socket, setOption, bind, nameOf } = native();
  const fd = checked("socket", socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const one = Buffer.alloc(4);
  one.writeInt32LE(1);
  checked("setsockopt", setOption(fd, SOL_SOCKET, SO_REUSEADDR, one, one.length));
  const address = Buffer.alloc(ADDRESS_BYTES);
  address.writeUInt16LE(AF_INET);
  address.set(LOOPBACK, ADDRESS_AT);
  checked("bind", bind(fd, address, address.length));
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(ADDRESS_BYTES);
  checked("getsockname", nameOf(fd, address, bytes));
  return address.readUInt16BE(PORT_AT);
}

function checked(syscall: string, result: number): number {
  if (result < 0) throw errnoError(syscall);
  return result;
}
