import type { Clock } from "../base/clock.ts";
import type { Lifecycle } from "../base/lifecycle.ts";
import type { Log } from "../base/log.ts";
import { jitterBelow } from "../base/random.ts";
import type { SensorConfig } from "../config/schema.ts";
import type { Core } from "./core.ts";
import { GpioLine, type GpioLineOptions } from "./line/gpio-line.ts";
import type { Line } from "./line/port.ts";
import { SerialLine } from "./line/serial-line.ts";
import { SysfsLine } from "./line/sysfs-line.ts";
import { contactSettings, type DrivenGpio, gpioSettings, lineSettings } from "./line-settings.ts";
import type { LineTaps } from "./line-taps.ts";
import type { PortName } from "./sensor/engine.ts";

export interface LinesOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly taps: LineTaps;
  /** Asks for GPIO lines; default: the kernel's character device. */
  readonly requestGpio?: GpioLineOptions["request"];
}

/** Opens the lines of all sensors, then those of the contacts. */
export function startLines(core: Core, options: LinesOptions, lifecycle: Lifecycle): void {
  const { log, clock, taps } = options;
  for (const feed of core.feeds) {
    const { sensor } = feed;
    if (sensor.profile === "device" && sensor.device.status === "experimental")
      log.warn("sensor.experimental", { sensor: sensor.id, profile: sensor.device.id });
    const lines = linesOf(sensor, options);
    feed.connect({
      send: (outgoing) => {
        taps.sent(sensor.id, outgoing, clock.monotonic());
        lines.get(outgoing.port)?.write(outgoing.bytes);
      },
      drain: (beforeMs) => {
        for (const line of lines.values()) line.drain?.(beforeMs);
      },
      remembers: [...lines.values()].every(({ remembers = false }) => remembers),
    });
    for (const [port, line] of lines) {
      lifecycle.onStop(() => line.stop());
      line.start(taps.tapped(sensor.id, port, core.pipeline.listenerFor(feed, port)));
    }
  }
  startContacts(core, options, lifecycle);
}

/** After the sensors: where a contact was given a counting line by another name, the sensor has it. */
function startContacts({ contacts }: Core, options: LinesOptions, lifecycle: Lifecycle): void {
  lifecycle.onStop(() => contacts.stop());
  for (const { config, listener } of contacts.listeners()) {
    const line = gpioLine(contactSettings(config), options);
    lifecycle.onStop(() => line.stop());
    line.start(listener);
  }
}

/** By the driver that the configuration names. */
function gpioLine(settings: DrivenGpio, { clock, requestGpio }: LinesOptions): Line {
  if (settings.driver === "onoff") return new SysfsLine({ settings, clock, jitterBelow });
  return new GpioLine({ settings, clock, jitterBelow, ...(requestGpio && { request: requestGpio }) });
}

/** The lines a sensor hangs on: GPIO lines of one sensor are one. */
function linesOf(sensor: SensorConfig, options: LinesOptions): Map<PortName, Line> {
  const { clock } = options;
  const gpio = gpioSettings(sensor);
  if (gpio) return new Map([["main", gpioLine(gpio, options)]]);
  return new Map(
    lineSettings(sensor).map(([port, settings]) => [port, new SerialLine({ settings, clock, jitterBelow })]),
  );
}
