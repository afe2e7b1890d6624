import type { Clock, Timer } from "../base/clock.ts";
import { type ErrorCode, TelpostError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { LightSign, LightState } from "../model.ts";
import { type LightStates, type Phase, patternOf, signOf } from "./light/pattern.ts";
import type { GpioOutput } from "./line/gpio-request.ts";

export interface StatusLightOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Asks for the line; throws TelpostError. */
  readonly drive: () => GpioOutput;
  readonly states: () => LightStates;
}

/** A line that is not to be had is asked for again so often. */
const RETRY_MS = 10_000;

/**
 * The light for whoever stands on the ladder. States are looked at between turns, so that no count of blinks changes under
 * way, and each phase is waited for after the one before: a process that was busy shows a longer blink, never one less.
 */
export class StatusLight {
  readonly #options: StatusLightOptions;
  #output: GpioOutput | undefined;
  #sign: LightSign | null = null;
  #code: ErrorCode | undefined;
  #timer: Timer | undefined;

  constructor(options: StatusLightOptions) {
    this.#options = options;
  }

  start(): void {
    this.#turn();
  }

  /** Dark from now on. */
  stop(): void {
    this.#timer?.cancel();
    if (this.#output) this.#works(() => this.#output?.set(0));
    this.#letGo();
  }

  state(): LightState {
    return { sign: this.#sign, ...(this.#code && { code: this.#code }) };
  }

  #turn(): void {
    if (!this.#output && !this.#works(() => this.#open())) return this.#later();
    this.#sign = signOf(this.#options.states());
    this.#play(patternOf(this.#sign));
  }

  #open(): void {
    this.#output = this.#options.drive();
    this.#code = undefined;
    this.#options.log.info("light.up");
  }

  #play([phase, ...rest]: readonly Phase[]): void {
    if (!phase) return this.#turn();
    if (!this.#works(() => this.#output?.set(phase.level))) return this.#later();
    this.#after(phase.ms, () => this.#play(rest));
  }

  /** A light that cannot be driven, why ever, is told once, and changes nothing else: counting is worth more. */
  #works(deed: () => void): boolean {
    try {
      deed();
      return true;
    } catch (failure) {
      const code = failure instanceof TelpostError ? failure.code : "device.io";
      if (code !== this.#code) this.#options.log.warn("light.down", { code });
      this.#code = code;
      return false;
    }
  }

  #later(): void {
    this.#letGo();
    this.#after(RETRY_MS, () => this.#turn());
  }

  #letGo(): void {
    this.#output?.close();
    this.#output = undefined;
    this.#sign = null;
  }

  #after(ms: number, fn: () => void): void {
    this.#timer = this.#options.clock.after("light", ms, fn);
  }
}
