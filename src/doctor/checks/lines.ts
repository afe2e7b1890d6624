import type { StatusLightConfig } from "../../config/schema.ts";
import { contactSettings, type DrivenGpio, gpioSettings } from "../../sense/line-settings.ts";
import { check, failed, good, type Judgement, LIGHT, type Patient, type Subject, warning } from "../check.ts";
import type { ChipView } from "../machine.ts";
import { configOf } from "./files.ts";

/** GPIO lines of one sensor, of a contact, or of the status light. */
interface Wanted {
  readonly subject: string;
  readonly gpio: Pick<DrivenGpio, "chip" | "lines">;
  /** Without it nothing is counted less. */
  readonly isExtra?: boolean;
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
  const { sensors, contacts, statusLight } = configOf(patient);
  return [
    ...sensors.flatMap((sensor) => {
      const gpio = gpioSettings(sensor);
      return gpio ? [{ subject: `sensor ${sensor.id}`, gpio }] : [];
    }),
    ...contacts.map((one) => ({ subject: `contact ${one.id}`, gpio: contactSettings(one) })),
    ...(statusLight ? [lightOf(statusLight)] : []),
  ];
}

function lightOf({ gpio: { chip, line } }: StatusLightConfig): Wanted {
  return { subject: LIGHT, gpio: { chip, lines: { light: line } }, isExtra: true };
}

function lineFaults(
  { subject, gpio, isExtra }: Wanted,
  chips: readonly ChipView[],
  patient: Patient,
): Judgement[] {
  const chip = chips.find(({ label }) => label === gpio.chip);
  const say = isExtra ? warning : failed;
  if (!chip) return [chipFault(say, subject, gpio.chip, chips)];
  return Object.values(gpio.lines).flatMap((line) => {
    const info = typeof line === "number" ? chip.lines[line] : chip.lines.find(({ name }) => name === line);
    if (!info) return [say("device.no_line", `${gpio.chip} has no line ${line}.`, { subject })];
    if (info.consumer === null || (info.consumer === OURS && patient.sense.answers)) return [];
    const by = info.consumer === "" ? "somebody without a name" : info.consumer;
    return [say("device.line_busy", `Line ${line} of ${gpio.chip} is held by ${by}.`, { subject })];
  });
}

function chipFault(
  say: typeof failed,
  subject: string,
  wanted: string,
  chips: readonly ChipView[],
): Judgement {
  const closed = chips.filter(({ label }) => label === null);
  const labels = chips.flatMap(({ label }) => label ?? []);
  if (closed.length > 0)
    return say("device.denied", `${closed.map(({ path }) => path).join(", ")} may not be opened.`, {
      subject,
    });
  const there = labels.length > 0 ? `There are: ${labels.join(", ")}.` : "This machine has no GPIO chip.";
  return say("device.no_chip", `No ${wanted}. ${there}`, { subject });
}
