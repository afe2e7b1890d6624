import { contactSettings, type DrivenGpio, gpioSettings } from "../../sense/line-settings.ts";
import { check, failed, good, type Judgement, type Patient, type Subject } from "../check.ts";
import type { ChipView } from "../machine.ts";
import { configOf } from "./files.ts";

/** GPIO lines of one sensor or contact. */
interface Wanted {
  readonly subject: string;
  readonly gpio: DrivenGpio;
}

/** How telpost itself holds lines. */
const OURS = "telpost";

/** GPIO chips and lines: are they there, and who holds them. Asks for none. */
export const lines = check<readonly ChipView[]>("lines", {
  needs: ["configuration"],
  observe: ({ machine }: Subject) => machine.chips(),
  judge(chips, patient) {
    const wanted = wantedOf(patient);
    if (wanted.length === 0) return [good("Nothing is on GPIO lines.")];
    const found = wanted.flatMap((one) => lineFaults(one, chips, patient));
    return found.length > 0 ? found : [good("The GPIO lines are there, and free for telpost.")];
  },
});

function wantedOf(patient: Patient): Wanted[] {
  const { sensors, contacts } = configOf(patient);
  return [
    ...sensors.flatMap((sensor) => {
      const gpio = gpioSettings(sensor);
      return gpio ? [{ subject: `sensor ${sensor.id}`, gpio }] : [];
    }),
    ...contacts.map((one) => ({ subject: `contact ${one.id}`, gpio: contactSettings(one) })),
  ];
}

function lineFaults({ subject, gpio }: Wanted, chips: readonly ChipView[], patient: Patient): Judgement[] {
  const chip = chips.find(({ label }) => label === gpio.chip);
  if (!chip) return [chipFault(subject, gpio.chip, chips)];
  return Object.values(gpio.lines).flatMap((line) => {
    const info = typeof line === "number" ? chip.lines[line] : chip.lines.find(({ name }) => name === line);
    if (!info) return [failed("device.no_line", `${gpio.chip} has no line ${line}.`, { subject })];
    if (info.consumer === null || (info.consumer === OURS && patient.sense.answers)) return [];
    const by = info.consumer === "" ? "somebody without a name" : info.consumer;
    return [failed("device.line_busy", `Line ${line} of ${gpio.chip} is held by ${by}.`, { subject })];
  });
}

function chipFault(subject: string, wanted: string, chips: readonly ChipView[]): Judgement {
  const closed = chips.filter(({ label }) => label === null);
  const labels = chips.flatMap(({ label }) => label ?? []);
  if (closed.length > 0)
    return failed("device.denied", `${closed.map(({ path }) => path).join(", ")} may not be opened.`, {
      subject,
    });
  const there = labels.length > 0 ? `There are: ${labels.join(", ")}.` : "This machine has no GPIO chip.";
  return failed("device.no_chip", `No ${wanted}. ${there}`, { subject });
}
