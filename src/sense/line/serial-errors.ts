import type { ErrorCode } from "../../base/errors.ts";

/**
 * serialport reports a failed opening as text only: strerror(3) of the C locale inside its own sentence
 * (bindings-cpp src/serialport_unix.cpp). Order matters: a lock that another holds reads "Resource temporarily unavailable".
 */
const OPENING: readonly (readonly [RegExp, ErrorCode])[] = [
  [/cannot lock port|device or resource busy/i, "device.busy"],
  [/permission denied|operation not permitted/i, "device.denied"],
  [/no such file|no such device|not a directory/i, "device.absent"],
  [/input\/output error/i, "device.io"],
  [/inappropriate ioctl|is a directory|baud rate|invalid|termios2/i, "device.refused"],
];

/** The code of a failed opening; device.io when nothing better is known. */
export function openingCode(failure: unknown): ErrorCode {
  if (failure instanceof TypeError) return "device.refused"; // An option that the binding's own checks refuse.
  const text = failure instanceof Error ? failure.message : String(failure);
  return OPENING.find(([pattern]) => pattern.test(text))?.[1] ?? "device.io";
}

/**
 * What a read or write of an unplugged terminal fails with: EIO on an adapter that was pulled and on a hung-up pty,
 * ENXIO and ENODEV when the driver let go first, EBADF as libuv's word for a poll that reports an error.
 */
const HANG_UP = new Set(["EIO", "ENXIO", "ENODEV", "EBADF"]);

/** The code of a failed read or write on an open device. */
export function lostCode(failure: unknown): ErrorCode {
  const { code } = failure as NodeJS.ErrnoException;
  return code !== undefined && HANG_UP.has(code) ? "device.gone" : "device.io";
}
