import { SysfsLine } from "../../../src/sense/line/sysfs-line.ts";
import { gpioLineContract } from "../../contract/gpio-line.contract.ts";
import { SimulatedChip } from "./simulated-chip.ts";

gpioLineContract("SysfsLine on a chip of the kernel", () => new SimulatedChip(SysfsLine), "the latest");
