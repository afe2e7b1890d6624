import { FakeGpioChip } from "../kit/gpio-chip.ts";
import { FakeSysfsChip } from "../kit/sysfs-chip.ts";
import { gpioLineContract } from "./gpio-line.contract.ts";
import { gpioOutputContract } from "./gpio-output.contract.ts";

// On a chip of the kernel the same tests run in tests/virtual-gateway, there with onoff and epoll themselves.
gpioLineContract("GpioLine on a made chip", () => new FakeGpioChip());
gpioLineContract("SysfsLine on made files", () => new FakeSysfsChip(), "the latest");
gpioOutputContract("a line driven on a made chip", () => new FakeGpioChip());
