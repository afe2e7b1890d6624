import { FakeGpioChip } from "../kit/gpio-chip.ts";
import { gpioLineContract } from "./gpio-line.contract.ts";

// On a chip of the kernel the same tests run in tests/virtual-gateway.
gpioLineContract("GpioLine on a made chip", () => new FakeGpioChip());
