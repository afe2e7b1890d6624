import type { Failure } from "./classify.ts";

export type Protocol = "5" | "3.1.1";

/** What is known of the broker since the process started. */
export interface ProtocolMemory {
  readonly next: Protocol;
  /** MQTT 5 worked once: the broker speaks it, whatever a restart looked like from here. */
  readonly proven5: boolean;
  /** The configuration leaves the choice to us. */
  readonly auto: boolean;
}

/** MQTT 5 first, unless the configuration names a version. */
export function firstProtocol(configured: "auto" | Protocol): ProtocolMemory {
  return { next: configured === "auto" ? "5" : configured, proven5: false, auto: configured === "auto" };
}

/** A connection came up. */
export function protocolWorked(memory: ProtocolMemory): ProtocolMemory {
  return memory.next === "5" ? { ...memory, proven5: true } : memory;
}

/**
 * A connection failed before it was up: a broker that refuses version 5, or closes without an answer as aedes 1.2 does,
 * is tried with the other version next. A broker that once spoke 5 is never tried with less: a restart must not end there.
 */
export function protocolFailed(memory: ProtocolMemory, failure: Failure): ProtocolMemory {
  if (!memory.auto || memory.proven5 || !failure.protocolRefused) return memory;
  return { ...memory, next: memory.next === "5" ? "3.1.1" : "5" };
}
