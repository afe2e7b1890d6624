import { dirname, resolve } from "node:path";
import { recordOutputs } from "../config/derived.ts";
import type { DeviceSensorConfig } from "../config/device.ts";
import { parseConfig, problemLine } from "../config/parse.ts";
import type { SensorConfig } from "../config/schema.ts";
import { catalogFor } from "./catalog.ts";
import { CONFIG_OPTION, configFile, readConfigText } from "./files.ts";
import { EXIT, type Verb } from "./verb.ts";

export const check: Verb = {
  usage: "--config FILE [--json]",
  options: {
    ...CONFIG_OPTION,
    json: { type: "boolean", help: "problems as JSON" },
  },
  details: "Each problem is one line: file:line:column path: what is wrong, and what to write instead.",
  examples: ["telpost check --config telpost.yaml", "telpost check --config telpost.yaml --json"],
  async run(args, io) {
    const file = configFile(args);
    const parsed = parseConfig(readConfigText(file), catalogFor(dirname(resolve(file))));
    const problems = parsed.ok ? [] : parsed.problems;
    if (args.flags.json) io.out(JSON.stringify({ file, problems }));
    else for (const problem of problems) io.out(problemLine(file, problem));
    if (!parsed.ok) return EXIT.config;
    if (!args.flags.json) {
      const { sensors, contacts, statusLight, privacy } = parsed.value;
      const outputs = recordOutputs(parsed.value).length;
      const watched = contacts.length > 0 ? `, ${contacts.length} contacts` : "";
      const shown = statusLight ? ", a status light" : "";
      io.out(
        `${file}: good. ${sensors.length} sensors, ${outputs} records a window, mechanism ${privacy.mechanism}${watched}${shown}.`,
      );
      for (const sensor of sensors) {
        if (isExperimental(sensor)) io.out(adviceFor(sensor));
        if (isOnOnoff(sensor)) io.out(lossesOf(sensor));
      }
    }
    return EXIT.ok;
  },
};

function isExperimental(sensor: SensorConfig): sensor is DeviceSensorConfig {
  return sensor.profile === "device" && sensor.device.status === "experimental";
}

function adviceFor({ id, device }: DeviceSensorConfig): string {
  return `sensor ${id}: ${device.id} is experimental: no frame of a real device was seen. Compare a day with a hand count.`;
}

function isOnOnoff(sensor: SensorConfig): boolean {
  return sensor.profile === "device" && sensor.place.kind === "gpio" && sensor.place.driver === "onoff";
}

/** In the numbers of tests/virtual-gateway/README.md. */
function lossesOf({ id }: SensorConfig): string {
  return [
    `sensor ${id}: gpio.driver onoff loses every edge but the last while telpost is busy, and need not notice:`,
    "of 900 edges in 2 s of standing still it heard 1, where the default driver heard 900.",
    "It needs a udev rule and a drop-in. Both: firmware-config/README.md, Two drivers for GPIO lines.",
  ].join(" ");
}
