import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { StatusLightConfig } from "../config/schema.ts";
import type { DeliveryState, LightState } from "../model.ts";
import type { Core } from "./core.ts";
import { driveGpio, type GpioOutput, type OutputSettings } from "./line/gpio-request.ts";
import { StatusLight } from "./status-light.ts";

export interface LightParts {
  readonly clock: Clock;
  readonly log: Log;
  /** Asks for the line; default: the kernel's character device. */
  readonly driveGpio?: ((settings: OutputSettings) => GpioOutput) | undefined;
  readonly clockSynced: () => boolean;
  /** Forward is there. */
  readonly connected: () => boolean;
}

/** The status light of a gateway, wired; without one in the configuration it does nothing. */
export interface Light {
  /** Forward says how delivery goes. */
  onDelivery(state: DeliveryState): void;
  /** Null without a light. */
  state(): LightState | null;
  start(): void;
  stop(): void;
}

const NO_LIGHT: Light = { onDelivery() {}, state: () => null, start() {}, stop() {} };
/** Forward tells three times as often: one that says nothing for so long hangs. */
const FRESH_MS = 15_000;

export function makeLight(
  { pipeline, sealing }: Core,
  config: StatusLightConfig | undefined,
  { clock, log, driveGpio: drive = driveGpio, clockSynced, connected }: LightParts,
): Light {
  if (!config) return NO_LIGHT;
  let told: { readonly state: DeliveryState; readonly atMs: number } | undefined;
  const delivery = () =>
    told && connected() && clock.monotonic() - told.atMs <= FRESH_MS ? told.state : null;
  const states = () => ({
    sensorsUp: pipeline.states().every(({ link }) => link === "up"),
    clockSynced: clockSynced(),
    delivery: delivery(),
    sealing: sealing.heldFor === null,
  });
  const light = new StatusLight({ clock, log, states, drive: () => drive(config.gpio) });
  return {
    onDelivery(state) {
      told = { state, atMs: clock.monotonic() };
    },
    state: () => light.state(),
    start: () => light.start(),
    stop: () => light.stop(),
  };
}
