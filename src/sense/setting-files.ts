import { readFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { TelpostError } from "../base/errors.ts";
import type { DeviceSensorConfig } from "../config/device.ts";
import type { Config } from "../config/schema.ts";

/** A device's own configuration file is a few kilobytes. */
const MAX_CHARACTERS = 256 * 1024;

/**
 * The same configuration with the text of every file that a device's settings name, such as a radar's chirp file.
 * @throws TelpostError config.unreadable
 */
export function withSettingFiles(config: Config, folder: string): Config {
  const sensors = config.sensors.map((sensor) =>
    sensor.profile === "device" ? withTexts(sensor, folder) : sensor,
  );
  return { ...config, sensors };
}

function withTexts(sensor: DeviceSensorConfig, folder: string): DeviceSensorConfig {
  const settings = Object.entries(sensor.settings).map(([name, value]) => {
    const isFile = sensor.device.settings[name]?.type === "file" && typeof value === "string";
    return [name, isFile ? readText(isAbsolute(value) ? value : join(folder, value)) : value] as const;
  });
  return { ...sensor, settings: Object.fromEntries(settings) };
}

function readText(path: string): string {
  try {
    const text = readFileSync(path, "utf8");
    if (text.length <= MAX_CHARACTERS) return text;
  } catch (cause) {
    throw new TelpostError("config.unreadable", path, { cause });
  }
  throw new TelpostError("config.unreadable", `${path} is too large`);
}
