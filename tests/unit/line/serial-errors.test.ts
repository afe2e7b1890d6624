import { expect, test } from "vitest";
import { lostCode, openingCode } from "../../../src/sense/line/serial-errors.ts";

const at = "cannot open /dev/serial/by-id/usb-1a86";

test.each([
  [`Error: No such file or directory, ${at}`, "device.absent"],
  [`Error: No such device or address, ${at}`, "device.absent"],
  [`Error: No such device, ${at}`, "device.absent"],
  [`Error: Permission denied, ${at}`, "device.denied"],
  [`Error: Operation not permitted, ${at}`, "device.denied"],
  [`Error: Device or resource busy, ${at}`, "device.busy"],
  ["Error Resource temporarily unavailable Cannot lock port", "device.busy"],
  ["Error: Invalid argument || while setting custom baud rate of 1234567", "device.refused"],
  ["Error: Inappropriate ioctl for device setting custom baud rate of 9600", "device.refused"],
  ["Error: Input/output error setting custom baud rate of 9600", "device.io"],
  ["Error: Too many open files", "device.io"],
])("a failed opening that reads %j is %s", (text, code) => {
  expect(openingCode(new Error(text))).toBe(code);
});

test("an option that the binding refuses before it opens anything is device.refused", () => {
  expect(openingCode(new TypeError('"baudRate" is not a valid baudRate'))).toBe("device.refused");
});

test("a hang-up is device.gone and any other fault of an open device is device.io", () => {
  const codes = ["EIO", "ENXIO", "ENODEV", "EBADF", "EFAULT", "EINVAL"];
  const lost = codes.map((code) => lostCode(Object.assign(new Error(code), { code })));
  expect(lost).toEqual([
    "device.gone",
    "device.gone",
    "device.gone",
    "device.gone",
    "device.io",
    "device.io",
  ]);
  expect(lostCode(new Error("no code"))).toBe("device.io");
});
