import { ERRORS } from "../../base/error-table.ts";
import type { ErrorCode } from "../../base/errors.ts";
import type { ContactState, SensorState } from "../../model.ts";
import { check, failed, good, type Judgement, notKnown, type Patient, warning } from "../check.ts";
import { configOf } from "./files.ts";

/** How the sensors and contacts are, by the word of sense. What may be told of them is decided there (P9). */
export const sensors = check("sensors", {
  needs: ["configuration"],
  remote: true,
  observe: () => null,
  judge(_, patient) {
    const { sense } = patient;
    if (!sense.answers) return [notKnown("telpost-sense does not answer; see ports, frames and lines.")];
    return [
      ...sense.status.sensors.map((one) => sensorLine(one, patient)),
      ...sense.status.contacts.map(contactLine),
    ];
  },
});

/** Where bytes come and nothing in them is understood, silence is not what is wrong. */
const NOT_UNDERSTOOD: ReadonlySet<string> = new Set(["device.silent", "device.no_answer"]);

function sensorLine({ id, link, errors, code }: SensorState, patient: Patient): Judgement {
  const subject = `sensor ${id}`;
  if (link === "up") return good(`It is connected. Errors today: ${errors}.`, subject);
  if (!isCode(code)) return notKnown("It has just been opened.", { subject });
  const [port = "PORT"] = portsOf(id, patient);
  const fill = { PORT: port, DEVICE: port };
  if (errors === "many" && NOT_UNDERSTOOD.has(code))
    return failed("device.garbled", `${port} brings bytes.`, { subject, fill });
  return failed(code, port === "PORT" ? "" : port, { subject, fill });
}

function portsOf(id: string, patient: Patient): string[] {
  const sensor = configOf(patient).sensors.find((one) => one.id === id);
  if (!sensor) return [];
  if (sensor.profile !== "device") return [sensor.port];
  return sensor.place.kind === "serial" ? Object.values(sensor.place.ports) : [];
}

function contactLine({ id, use, condition, code }: ContactState): Judgement {
  const subject = `contact ${id}`;
  if (condition === "ok") return good(`No alarm of ${use}.`, subject);
  if (!isCode(code)) return notKnown("Its line is not read yet.", { subject });
  const say = condition === "alarm" ? warning : failed;
  return say(code, `It watches ${use}.`, { subject });
}

export function isCode(text: string | undefined): text is ErrorCode {
  return text !== undefined && Object.hasOwn(ERRORS, text);
}
