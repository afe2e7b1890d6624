import type { DevicePlace, DeviceSensorConfig } from "../config/device.ts";
import type { ContactConfig, SensorConfig } from "../config/schema.ts";
import { CONTACT_LINE } from "./contacts.ts";
import type { GpioSettings } from "./line/gpio-request.ts";
import type { SerialSettings } from "./line/serial-port.ts";
import type { PortName } from "./sensor/engine.ts";

type GpioPlace = Extract<DevicePlace, { kind: "gpio" }>;

/** How each serial line of a sensor is opened; none for a sensor on GPIO lines. */
export function lineSettings(sensor: SensorConfig): [PortName, SerialSettings][] {
  if (sensor.profile === "device") return deviceLines(sensor);
  const { port, baudRate, dataBits, parity, stopBits } = sensor;
  return [["main", { port, baudRate, dataBits, parity, stopBits }]];
}

function deviceLines({ device: { transport }, place }: DeviceSensorConfig): [PortName, SerialSettings][] {
  if (transport.kind !== "serial" || place.kind !== "serial") return [];
  const { dataBits, parity, stopBits, commandBaudRate } = transport;
  const { ports, baudRate } = place;
  const frame = { dataBits, parity, stopBits };
  const main: [PortName, SerialSettings] = ["main", { port: ports.main, baudRate, ...frame }];
  if (ports.command === undefined) return [main];
  return [main, ["command", { port: ports.command, baudRate: commandBaudRate ?? baudRate, ...frame }]];
}

/** How the GPIO lines of a sensor are asked for, and through what; undefined for a serial one. */
export function gpioSettings(sensor: SensorConfig): (GpioSettings & Pick<GpioPlace, "driver">) | undefined {
  return sensor.profile === "device" && sensor.place.kind === "gpio" ? sensor.place : undefined;
}

/** How the line of a contact is asked for. */
export function contactSettings({ gpio: { line, ...settings } }: ContactConfig): GpioSettings {
  return { ...settings, lines: { [CONTACT_LINE]: line } };
}

/** The lines a sensor hangs on: GPIO lines of one sensor are one. */
export function portsOf(sensor: SensorConfig): readonly PortName[] {
  const ports = lineSettings(sensor).map(([port]) => port);
  return ports.length > 0 ? ports : ["main"];
}
