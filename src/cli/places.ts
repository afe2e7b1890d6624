import { join } from "node:path";
import { type Arguments, textFlag, type VerbOption } from "./verb.ts";

/** Where the two processes meet and keep things. */
export interface Places {
  /** Holds the handover socket and forward's control socket. */
  readonly runtime: string;
  /** On tmpfs: sense's crash copy and control socket. */
  readonly crash: string;
  /** On the card: the outbox. */
  readonly state: string;
}

export const PLACE_OPTIONS = {
  runtime: { type: "string", value: "DIR", help: "folder of the sockets (default /run/telpost)" },
  crash: {
    type: "string",
    value: "DIR",
    help: "folder of the crash copy, on tmpfs (default /run/telpost-sense)",
  },
  state: { type: "string", value: "DIR", help: "folder of the outbox (default /var/lib/telpost)" },
} as const satisfies Record<string, VerbOption>;

/** Where root keeps what to go back to: packages, the last good configuration, how trials ended. */
export const SAFE_FOLDER = "/var/lib/telpost-safe";

/** From the flag, else from the environment, else the place of an installed gateway. */
export function safeFolder(args: Arguments, env: NodeJS.ProcessEnv): string {
  return textFlag(args, "safe") ?? env.TELPOST_SAFE ?? SAFE_FOLDER;
}

/** For the processes: without it there is no last good configuration. */
export const SAFE_OPTION = {
  safe: { type: "string", value: "DIR", help: "folder of the last good configuration (default: none)" },
} as const satisfies Record<string, VerbOption>;

/** From the flags, else from the environment, else the places of an installed gateway. */
export function placesOf(args: Arguments, env: NodeJS.ProcessEnv): Places {
  return {
    runtime: textFlag(args, "runtime") ?? env.TELPOST_RUNTIME ?? "/run/telpost",
    crash: textFlag(args, "crash") ?? env.TELPOST_CRASH ?? "/run/telpost-sense",
    state: textFlag(args, "state") ?? env.TELPOST_STATE ?? "/var/lib/telpost",
  };
}

export const handoverSocket = (places: Places): string => join(places.runtime, "handover.sock");
export const forwardSocket = (places: Places): string => join(places.runtime, "forward.sock");
export const senseSocket = (places: Places): string => join(places.crash, "sense.sock");
export const walkSocket = (places: Places): string => join(places.crash, "walk", "walk.sock");
export const outboxFile = (places: Places): string => join(places.state, "outbox.db");
