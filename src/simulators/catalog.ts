import { tfmini } from "./benewake-tfmini.ts";
import { c4001 } from "./dfrobot-c4001.ts";
import { ebytePulse } from "./ebyte-e8xx-pulse.ts";
import { ld2450 } from "./hilink-ld2450.ts";
import { icomsRadar } from "./icoms-tma-3b3.ts";
import { dconCounter } from "./icpdas-dcon-counter.ts";
import { modbusCounter } from "./modbus-counter.ts";
import { ops243 } from "./omnipresense-ops243.ts";
import type { Walker } from "./scene.ts";
import type { LineBytes, Simulated, Simulator } from "./simulator.ts";
import { sscmaCamera } from "./sscma-camera.ts";
import { terabeeCounter } from "./terabee-people-counter.ts";
import { tiIwr6843 } from "./ti-iwr6843.ts";

/** One device under power. Times are monotonic ms and never go back. */
export interface SimulatedDevice {
  /** The gateway wrote bytes, cut anyhow; returns what the device puts on its lines. */
  hear(heard: LineBytes, atMs: number): readonly LineBytes[];
  /** Time passed; returns what the device puts on its lines. */
  tick(atMs: number): readonly LineBytes[];
  /** When `tick` is wanted next, or null for a device that only answers. */
  readonly dueMs: number | null;
  /** Power went and came back. */
  reboot(atMs: number): void;
}

/** Switches a device on in front of a scene. */
export type PowerUp = (scene: readonly Walker[], atMs: number) => SimulatedDevice;

/** Every simulated device, by the id of the profile that reads it: one line each. */
export const SIMULATORS: Readonly<Record<string, PowerUp>> = {
  "benewake-tfmini": powered(tfmini),
  "dfrobot-c4001": powered(c4001),
  "ebyte-e8xx-pulse": powered(ebytePulse()),
  "hilink-ld2450": powered(ld2450),
  "icoms-tma-3b3": powered(icomsRadar()),
  "icpdas-dcon-counter": powered(dconCounter()),
  "modbus-counter": powered(modbusCounter()),
  "omnipresense-ops243": powered(ops243),
  "sscma-camera": powered(sscmaCamera()),
  "terabee-people-counter": powered(terabeeCounter()),
  "ti-iwr6843": powered(tiIwr6843(40)),
};

/** Keeps the state of a simulator, so that all devices look the same from outside. */
export function powered<State>(simulator: Simulator<State>): PowerUp {
  return (scene, atMs) => {
    let state = simulator.start(scene, atMs);
    const keep = (made: Simulated<State>) => {
      state = made.state;
      return made.send;
    };
    return {
      hear: (heard, at) => keep(simulator.answer(state, heard, at)),
      tick: (at) => keep(simulator.tick(state, at)),
      get dueMs() {
        return simulator.dueMs(state);
      },
      reboot: (at) => {
        state = simulator.start(scene, at);
      },
    };
  };
}
