import { execFileSync } from "node:child_process";
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, describe, expect, test } from "vitest";
import { parseTimex, readClockSync } from "../../src/base/native/adjtimex.ts";
import { libc } from "../../src/base/native/libc.ts";
import { openPty, type Pty } from "../../src/base/native/pty.ts";
import { sdNotify } from "../../src/base/native/sd-notify.ts";
import { claimExclusive, keepDtrOnClose, releaseExclusive } from "../../src/base/native/tty.ts";
import { describeWith } from "../kit/programs.ts";
import { descriptorsOf } from "../kit/pty.ts";
import { addControlFlags, controlFlags, HUPCL } from "../kit/termios.ts";
import { aWhile, until } from "../kit/until.ts";

const native = new URL("../../src/base/native/", import.meta.url);
const READER = constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK;

const open: Pty[] = [];
const fds: number[] = [];
afterEach(() => {
  for (const fd of fds.splice(0)) closeSync(fd);
  for (const pty of open.splice(0)) pty.close();
});

function makePty(): { pty: Pty; fd: number } {
  const pty = openPty();
  open.push(pty);
  const fd = openSync(pty.path, READER);
  fds.push(fd);
  return { pty, fd };
}

test("importing the native modules does not load koffi", () => {
  const files = readdirSync(native).map((name) => pathToFileURL(join(native.pathname, name)).href);
  const program = `for (const file of ${JSON.stringify(files)}) await import(file);
    const { readFileSync } = await import("node:fs");
    console.log(/koffi/.test(readFileSync("/proc/self/maps", "utf8")));`;
  const out = execFileSync(process.execPath, ["--no-warnings", "--input-type=module", "-e", program]);
  expect(out.toString().trim()).toBe("false");
});

describe("a terminal", () => {
  /** TIOCGEXCL (asm-generic/ioctls.h): 1 while exclusive. */
  const isExclusive = (fd: number) => {
    const out = Buffer.alloc(4);
    const ioctl = libc().func("int ioctl(int fd, unsigned long request, void *out)");
    expect(ioctl(fd, 0x80045440, out)).toBe(0);
    return out.readInt32LE() === 1;
  };
  test("is exclusive from the claim to the release", () => {
    const { fd } = makePty();
    expect(isExclusive(fd)).toBe(false);
    claimExclusive(fd);
    expect(isExclusive(fd)).toBe(true);
    releaseExclusive(fd);
    expect(isExclusive(fd)).toBe(false);
  });

  test("keeps DTR on closing, and everything else as it was", () => {
    const { fd } = makePty();
    const without = controlFlags(fd);
    addControlFlags(fd, HUPCL);
    expect(controlFlags(fd)).toBe(without | HUPCL);
    keepDtrOnClose(fd);
    expect(controlFlags(fd)).toBe(without);
  });

  test("that is none is refused with the errno", () => {
    const fd = openSync("/dev/null", "r");
    fds.push(fd);
    expect(() => claimExclusive(fd)).toThrow(expect.objectContaining({ code: "ENOTTY", errno: 25 }));
    expect(() => keepDtrOnClose(fd)).toThrow(expect.objectContaining({ code: "ENOTTY" }));
    expect(() => claimExclusive(-1)).toThrow(expect.objectContaining({ code: "EBADF", errno: 9 }));
  });
});

describe("the clock's state", () => {
  const timex = (status: number, maxErrorUs: number) => {
    const bytes = Buffer.alloc(208);
    bytes.writeBigInt64LE(BigInt(maxErrorUs), 24);
    bytes.writeInt32LE(status, 40);
    return bytes;
  };

  test("is synced only when neither the return value nor the status says otherwise", () => {
    expect(parseTimex(0, timex(0x2001, 2500))).toEqual({ synced: true, maxErrorMs: 2.5 });
    expect(parseTimex(5, timex(0x2001, 2500)).synced).toBe(false);
    expect(parseTimex(0, timex(0x40, 16_000_000))).toEqual({ synced: false, maxErrorMs: 16_000 });
    expect(parseTimex(1, timex(0, 0)).synced).toBe(true); // TIME_INS: a leap second is coming.
  });

  test("is read without privilege and never throws", () => {
    const { synced, maxErrorMs } = readClockSync();
    expect(typeof synced).toBe("boolean");
    expect(maxErrorMs === null || maxErrorMs >= 0).toBe(true);
  });

  const program = `
    #include <stddef.h>
    #include <stdio.h>
    #include <sys/timex.h>
    int main() { printf("%zu %zu %zu %d %d", sizeof(struct timex), offsetof(struct timex, maxerror),
      offsetof(struct timex, status), TIME_ERROR, STA_UNSYNC); }`;
  describeWith(["gcc"], "as the C headers of this machine", () => {
    test("has the layout that is read", () => {
      const folder = mkdtempSync(join(tmpdir(), "telpost-timex-"));
      execFileSync("gcc", ["-x", "c", "-", "-o", join(folder, "layout")], { input: program });
      const out = execFileSync(join(folder, "layout")).toString();
      rmSync(folder, { recursive: true });
      expect(out).toBe("208 24 40 5 64");
    });
  });
});

describe("sd_notify", () => {
  const noSystemd = sdNotifyLibraryMissing();
  afterEach(() => {
    delete process.env.NOTIFY_SOCKET;
  });

  test("is false without NOTIFY_SOCKET", () => {
    delete process.env.NOTIFY_SOCKET;
    expect(sdNotify("READY=1")).toBe(false);
  });

  test("is false when nobody listens", () => {
    process.env.NOTIFY_SOCKET = join(tmpdir(), "telpost-nobody-listens.sock");
    expect(sdNotify("READY=1")).toBe(false);
  });

  test.skipIf(noSystemd)("reaches the socket word for word (needs libsystemd.so.0)", () => {
    const folder = mkdtempSync(join(tmpdir(), "telpost-notify-"));
    const { fd, path } = listen(join(folder, "notify.sock"));
    process.env.NOTIFY_SOCKET = path;
    expect(sdNotify("READY=1\nSTATUS=two sensors up")).toBe(true);
    const got = Buffer.alloc(256);
    const count = readSync(fd, got);
    expect(got.toString("utf8", 0, count)).toBe("READY=1\nSTATUS=two sensors up");
    rmSync(folder, { recursive: true });
  });

  function sdNotifyLibraryMissing(): boolean {
    return !execFileSync("sh", ["-c", "PATH=$PATH:/sbin ldconfig -p || true"]).includes("libsystemd.so.0");
  }

  /** A non-blocking Unix datagram socket, which Node itself does not offer. */
  function listen(path: string): { fd: number; path: string } {
    const address = Buffer.alloc(110);
    address.writeUInt16LE(1, 0); // AF_UNIX
    address.write(path, 2);
    const fd = libc().func("int socket(int domain, int type, int protocol)")(1, 2 | 0o4000, 0);
    fds.push(fd);
    expect(libc().func("int bind(int fd, void *address, uint32_t bytes)")(fd, address, address.length)).toBe(
      0,
    );
    return { fd, path };
  }
});

describe("a pseudo-terminal", () => {
  test("carries every byte value unchanged both ways", async () => {
    const { pty, fd } = makePty();
    const all = Buffer.from(Array.from({ length: 256 }, (_, value) => value));
    const heard: Uint8Array[] = [];
    pty.onData((bytes) => heard.push(bytes));
    writeSync(fd, all);
    pty.write(all);
    const got = Buffer.alloc(300);
    await until(() => Buffer.concat(heard).length >= 256, "the device hears");
    expect(Buffer.concat(heard).equals(all)).toBe(true);
    expect(got.subarray(0, readSync(fd, got)).equals(all)).toBe(true);
  });

  test("holds what the reader does not take yet, without blocking, and delivers it in order", async () => {
    const { pty, fd } = makePty();
    const flood = Buffer.alloc(2 ** 20);
    for (let at = 0; at < flood.length; at += 4) flood.writeUInt32LE(at, at);
    for (let at = 0; at < flood.length; at += 50_000) pty.write(flood.subarray(at, at + 50_000));
    const got: Buffer[] = [];
    const take = () => {
      const piece = Buffer.alloc(65_536);
      try {
        got.push(piece.subarray(0, readSync(fd, piece)));
      } catch {
        return false; // EAGAIN: nothing there yet.
      }
      return got.reduce((sum, one) => sum + one.length, 0) >= flood.length;
    };
    await until(take, "all of it arrives");
    expect(Buffer.concat(got).equals(flood)).toBe(true);
  });

  test("loses what nobody reads, before a reader came and after it went, when it is to be like a wire", async () => {
    const pty = openPty({ waitsForReader: false });
    open.push(pty);
    pty.write(Buffer.from("before"));
    closeSync(openSync(pty.path, READER));
    pty.write(Buffer.from("between"));
    const fd = openSync(pty.path, READER);
    fds.push(fd);
    pty.write(Buffer.from("now"));
    const got = Buffer.alloc(100);
    expect(got.toString("latin1", 0, readSync(fd, got))).toBe("now");
  });

  test("may be answered from within its listener, in order", async () => {
    const { pty, fd } = makePty();
    const heard: string[] = [];
    pty.onData((bytes) => {
      heard.push(Buffer.from(bytes).toString());
      pty.write(bytes);
    });
    for (const piece of ["a", "b", "c"]) {
      writeSync(fd, piece);
      await until(() => heard.join("").endsWith(piece), `hears ${piece}`);
    }
    // The last answer may still be on its way when its question was heard.
    let got = "";
    const take = () => {
      const bytes = Buffer.alloc(10);
      try {
        got += bytes.toString("utf8", 0, readSync(fd, bytes));
      } catch (failure) {
        if ((failure as NodeJS.ErrnoException).code !== "EAGAIN") throw failure;
      }
      return got.length >= 3;
    };
    await until(take, "all answers");
    expect(got).toBe("abc");
  });

  test("hangs up at the reader when it closes, and holds no descriptor after it", async () => {
    const descriptors = () => descriptorsOf(/^\/dev\/(pts\/|ptmx)/);
    const before = descriptors();
    const { pty, fd } = makePty();
    pty.close();
    pty.close();
    pty.write(Buffer.from("nobody"));
    expect(readSync(fd, Buffer.alloc(1))).toBe(0);
    expect(descriptors()).toBe(before + 1);
    closeSync(fds.pop() ?? fd);
    expect(descriptors()).toBe(before);
  });

  test("survives a reader that comes and goes", async () => {
    const { pty, fd } = makePty();
    const heard: string[] = [];
    pty.onData((bytes) => heard.push(Buffer.from(bytes).toString()));
    closeSync(fds.pop() ?? fd);
    await aWhile();
    const again = openSync(pty.path, READER);
    fds.push(again);
    writeSync(again, "back");
    await until(() => heard.join("") === "back", "the device hears the next reader");
  });
});
