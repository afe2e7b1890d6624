import type { LineBytes } from "../simulators/simulator.ts";
import type { Sees } from "./scene-truth.ts";

/** How one device of the demo is told about in the configuration, and what it makes of people. */
export interface DeviceSensor {
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly ports?: readonly LineBytes["port"][];
  /** A line is drawn for it where the others count by themselves. */
  readonly line?: boolean;
  readonly sees: Sees;
  /** How often it is asked, when it does not tell by itself. */
  readonly askedEverySeconds?: number;
}

export const CHIRP_FILE = "chirp.cfg";

/** As the maker's files begin and end; the simulated radar looks at no more than this. */
export const CHIRP = `% simulated
sensorStop
flushCfg
channelCfg 15 7 0
profileCfg 0 60.75 30.00 25.00 59.10 657930 0 54.71 1 96 2950.00 2 1 36
chirpCfg 0 0 0 0 0 0 0 1
frameCfg 0 2 48 0 55.00 1 0
sensorPosition 2 0 15
boundaryBox -4 4 0 8 0 3
sensorStart
`;

/** By profile, in the order in which they are shown. The id of a sensor is the name of its profile. */
export const DEVICE_SENSORS: Readonly<Record<string, DeviceSensor>> = {
  "hilink-ld2450": { line: true, sees: { flow: "both", present: 3 } },
  "ti-iwr6843": {
    line: true,
    ports: ["main", "command"],
    settings: { chirp: CHIRP_FILE },
    sees: { flow: "both", present: 30 },
  },
  "benewake-tfmini": { settings: { nearerThanMetres: 3.2 }, sees: { flow: "any" } },
  "icoms-tma-3b3": { sees: { flow: "both" } },
  "terabee-people-counter": { sees: { flow: "both", firstIsStart: true } },
  "omnipresense-ops243": { sees: { flow: "nearer" }, askedEverySeconds: 1 },
  "ebyte-e8xx-pulse": { settings: { e831: true }, sees: { flow: "both" }, askedEverySeconds: 5 },
  "modbus-counter": { settings: { firstRegister: 0 }, sees: { flow: "both" }, askedEverySeconds: 5 },
  "icpdas-dcon-counter": { sees: { flow: "both" }, askedEverySeconds: 5 },
  "sscma-camera": { sees: { present: 64 } },
  "dfrobot-c4001": { sees: { present: 1 } },
};

/** The output under which the passages of a device appear. */
export function flowOutput(id: string): string {
  return DEVICE_SENSORS[id]?.line ? `${id}-line` : id;
}
