import { assert } from "../base/assert.ts";
import type { DeviceSensorConfig } from "../config/device.ts";
import type { SerialSensorConfig } from "../config/schema.ts";
import type { SerialSettings } from "./line/serial-port.ts";
import type { PortName } from "./sensor/engine.ts";

/** How each line of a sensor is opened. */
export function lineSettings(sensor: SerialSensorConfig | DeviceSensorConfig): [PortName, SerialSettings][] {
  if (sensor.profile === "device") return deviceLines(sensor);
  const { port, baudRate, dataBits, parity, stopBits } = sensor;
  return [["main", { port, baudRate, dataBits, parity, stopBits }]];
}

function deviceLines({ device, ports, baudRate }: DeviceSensorConfig): [PortName, SerialSettings][] {
  const { transport } = device;
  assert(transport.kind === "serial", "a device with ports is serial");
  const { dataBits, parity, stopBits, commandBaudRate } = transport;
  const frame = { dataBits, parity, stopBits };
  const main: [PortName, SerialSettings] = ["main", { port: ports.main, baudRate, ...frame }];
  if (ports.command === undefined) return [main];
  return [main, ["command", { port: ports.command, baudRate: commandBaudRate ?? baudRate, ...frame }]];
}
