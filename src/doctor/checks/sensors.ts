import { ERRORS } from "../../base/error-table.ts";
import type { ErrorCode } from "../../base/errors.ts";
import { type ContactState, type LightState, lightWords, type SensorState } from "../../model.ts";
import { check, failed, good, type Judgement, LIGHT, notKnown, type Patient, warning } from "../check.ts";
import { configOf } from "./files.ts";

/** How the sensors, contacts and the status light are, by the word of sense. What may be told of them is decided there (P9). */
export const sensors = check("sensors", {
  needs: ["configuration"],
  remote: true,
  observe: () => null,
  judge(_, patient) {
    const { sense } = patient;
    if (!sense.answers) return [notKnown("telpost-sense does not answer; see ports, frames and lines.")];
    return [
      ...sense.status.sensors.map((one) => sensorLine(one, patient)),
      // A process of the release before, during an update, does not tell.
      ...(sense.status.contacts ?? []).map(contactLine),
      ...lightLines(sense.status.light ?? null),
    ];
  },
});

function sensorLine({ id, link, errors, code }: SensorState, patient: Patient): Judgement {
  const subject = `sensor ${id}`;
  if (link === "up") return good(`It is connected. Errors today: ${errors}.`, subject);
  if (!isCode(code)) return notKnown("It has just been opened.", { subject });
  const [port = "PORT"] = portsOf(id, patient);
  const fill = { PORT: port, DEVICE: port };
  const cure = code === "device.silent" ? { cure: silentCure(port) } : {};
  return failed(code, port === "PORT" ? "" : `${port}.`, { subject, fill, ...cure });
}

/** A wrong baud rate is silence, too: to a running telpost only whole frames are a sign of life. */
const silentCure = (port: string) =>
  `Check its power and cable. If it has power, its profile or baud rate may be wrong: sudo systemctl stop telpost.target; telpost probe ${port}`;

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

/** Counting goes on without it. */
function lightLines(light: LightState | null): Judgement[] {
  if (!light) return [];
  if (light.sign !== null) return [good(`It shows ${lightWords(light.sign)}.`, LIGHT)];
  return isCode(light.code) ? [warning(light.code, "It stays dark.", { subject: LIGHT })] : [];
}

export function isCode(text: string | undefined): text is ErrorCode {
  return text !== undefined && Object.hasOwn(ERRORS, text);
}
